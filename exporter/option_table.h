// All options there are, the program's and the collectors': what the command line takes and the help, the manual page
// and the completion of shells show.
#pragma once
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "exporter/options.h"

namespace exporter {

// The help of hidden options that are accepted for the originals' sake only.
inline constexpr std::string_view kNoEffect = "No effect";

struct OptionRow {
  OptionDesc desc;
  std::string group;  // heading of the help
  // redis_exporter and cAdvisor take options as Go's flag package does, where the last one counts and --x=false is how
  // to switch off; those of node_exporter and postgres_exporter are given once, and switches without a value.
  bool last_counts;
  std::vector<std::string> given;  // filled by CLI11
  int flag_count = 0;
};

class OptionTable {
 public:
  OptionTable();
  OptionTable(const OptionTable&) = delete;
  OptionTable& operator=(const OptionTable&) = delete;

  // Those of a group follow each other.
  const std::vector<std::unique_ptr<OptionRow>>& rows() const noexcept { return rows_; }

 private:
  void add_module(Module module);
  void add(const OptionDesc& desc, std::string group, bool last_counts);

  std::vector<std::unique_ptr<OptionRow>> rows_;
  std::list<std::string> names_;  // what the rows' descriptions view
  std::list<std::string> help_;
};

}  // namespace exporter
