// The links of this network namespace (rtnetlink, RTM_GETLINK), dumped once per scrape for all collectors that need
// them: the dump of 5000 links takes the kernel some milliseconds under the rtnl lock.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/link_dump.h"

namespace exporter::host {

// Made by Environment::shared. Safe for several threads: workers and the scrape's thread use it side by side.
class LinkTable {
 public:
  // visit(const platform::Link&) for each link, in the kernel's order; `generation` is Scrape's, and the first caller
  // of a scrape pays for the dump. What is visited is valid during the call only, and other collectors wait meanwhile:
  // do nothing in it that may block. Returns 0 or an errno value, the same for all callers of a scrape.
  template <class Visit>
  int each(std::uint64_t generation, Visit&& visit) {
    const std::lock_guard lock(mutex_);
    refresh(generation);
    for (std::size_t i = 0; i < count_ && error_ == 0; ++i) {
      visit(static_cast<const platform::Link&>(rows_[i].link));
    }
    return error_;
  }

 private:
  // A link whose views point into `text`.
  struct Row {
    platform::Link link;
    std::string text;
  };

  void refresh(std::uint64_t generation);
  static void keep(Row& row, const platform::Link& link);

  std::mutex mutex_;
  platform::LinkDump dump_;
  std::uint64_t generation_ = 0;  // of the scrape that the rows are of; scrapes count from 1
  int error_ = 0;
  std::size_t count_ = 0;
  std::vector<Row> rows_;  // the first count_ are of the last dump; the others keep their memory
};

}  // namespace exporter::host
