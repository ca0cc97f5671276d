// The PageGzip of each kind of page that is scraped again and again.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

#include "exporter/page_gzip.h"
#include "exporter/selection.h"

namespace exporter {

// One kind of page. Who does not get the lock at once compresses without it.
struct SharedPageGzip {
  std::mutex mutex;
  PageGzip gzip;
};

// Keeps those of the selections scraped last. Thread-safe.
class PageGzips {
 public:
  std::shared_ptr<SharedPageGzip> of(const Selection& selection);

 private:
  struct Kept {
    Selection selection;
    std::uint64_t used = 0;
    std::shared_ptr<SharedPageGzip> shared;  // none: never used
  };
  std::mutex mutex_;
  std::array<Kept, 4> kept_;
  std::uint64_t uses_ = 0;
};

}  // namespace exporter
