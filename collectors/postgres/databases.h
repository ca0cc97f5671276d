// Which databases of a server are read: --include-databases and --exclude-databases.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exporter::postgres {

// Names are exact, but for '*', which stands for any text. Does not change once made.
class DatabaseFilter {
 public:
  DatabaseFilter() = default;
  // Comma-separated names; an empty `include` stands for all. What both name is left out.
  DatabaseFilter(std::string_view include, std::string_view exclude);

  // The empty name, of what belongs to no database, is always allowed.
  bool allows(std::string_view database) const noexcept;
  bool allows_all() const noexcept { return include_.empty() && exclude_.empty(); }

 private:
  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
};

}  // namespace exporter::postgres
