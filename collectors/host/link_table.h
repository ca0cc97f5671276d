// The links of this network namespace (rtnetlink, RTM_GETLINK), dumped once per scrape for all collectors that need
// them: the dump of 5000 links takes the kernel some milliseconds under the rtnl lock.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/link_dump.h"

namespace exporter::host {

// Made by Environment::shared and read through a Reader. Safe for several threads: collectors with a worker of their
// own read it beside those on the scrape's thread.
class LinkTable {
 public:
  // One for each collector. Functions call visit(const platform::Link&) for each link, in the kernel's order; what is
  // visited is valid during the call only, and other collectors wait meanwhile: do nothing in it that may block. They
  // return 0 or an errno value. Only new links allocate.
  class Reader {
   public:
    explicit Reader(LinkTable& table) : table_(&table) {}  // `table` must outlive this

    // The links of now. A collector never sees the same dump twice, and none that is older than the scrape: it takes
    // what another collector dumped just before, or dumps anew. (Scrape::generation cannot tell: workers and the
    // scrape's thread have numbers of their own.)
    template <class Visit>
    int each(Visit&& visit) {
      const std::lock_guard lock(table_->mutex_);
      if (seen_ == table_->number_ || table_->age() > kFresh) {
        table_->refresh();
      }
      seen_ = table_->number_;
      return table_->visit_all(visit);
    }
    // The links as they were dumped last, for a second look in the same scrape.
    template <class Visit>
    int again(Visit&& visit) {
      const std::lock_guard lock(table_->mutex_);
      return table_->visit_all(visit);
    }

   private:
    static constexpr std::chrono::milliseconds kFresh{250};  // all of one scrape ask within that time

    LinkTable* table_;
    std::uint64_t seen_ = 0;
  };

 private:
  // A link whose views point into `text`.
  struct Row {
    platform::Link link;
    std::string text;
  };

  template <class Visit>
  int visit_all(Visit& visit) {
    for (std::size_t i = 0; i < count_ && error_ == 0; ++i) {
      visit(static_cast<const platform::Link&>(rows_[i].link));
    }
    return error_;
  }
  std::chrono::steady_clock::duration age() const noexcept { return std::chrono::steady_clock::now() - taken_; }
  void refresh();
  static void keep(Row& row, const platform::Link& link);

  std::mutex mutex_;
  platform::LinkDump dump_;
  std::uint64_t number_ = 0;  // of the last dump
  std::chrono::steady_clock::time_point taken_;
  int error_ = 0;
  std::size_t count_ = 0;
  std::vector<Row> rows_;  // the first count_ are of the last dump; the others keep their memory
};

// Names by index, for messages that name a link by its number.
class LinkNames {
 public:
  void clear() noexcept { names_.clear(); }
  void add(int index, std::string_view name);
  // After the last add().
  void sort();
  // All of the links of now. Returns 0 or an errno value.
  int read(LinkTable::Reader& links);
  // Empty for a link that is not there; valid until the next change.
  std::string_view find(int index) const noexcept;

 private:
  struct Name {
    int index = 0;
    std::array<char, 16> text{};  // IFNAMSIZ, with its NUL
  };
  std::vector<Name> names_;
};

}  // namespace exporter::host
