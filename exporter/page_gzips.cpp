#include "exporter/page_gzips.h"

#include <algorithm>

namespace exporter {

std::shared_ptr<SharedPageGzip> PageGzips::of(const Selection& selection) {
  const std::lock_guard lock(mutex_);
  auto kept = std::find_if(kept_.begin(), kept_.end(),
                           [&](const Kept& one) { return one.shared && one.selection == selection; });
  if (kept == kept_.end()) {
    kept = std::min_element(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
    kept->shared = std::make_shared<SharedPageGzip>();  // small until its second page
    kept->selection = selection;
  }
  kept->used = ++uses_;
  return kept->shared;
}

}  // namespace exporter
