// Calls and time of one command, from INFO's Commandstats: "cmdstat_get:calls=2,usec=9,usec_per_call=4.50,..."
#pragma once
#include <optional>
#include <string_view>

namespace exporter::redis {

// Looks up commands in about the order in which the server lists them, so that all lookups together read the section
// about once.
class CommandStats {
 public:
  struct Numbers {
    double calls = 0;
    double usec = 0;
  };
  explicit CommandStats(std::string_view info);
  std::optional<Numbers> find(std::string_view command) noexcept;
  // The sum over the subcommands of a container command ("config" for "config|get", "config|set").
  std::optional<Numbers> find_container(std::string_view command) const noexcept;

 private:
  std::string_view section_;
  std::string_view rest_;
};

}  // namespace exporter::redis
