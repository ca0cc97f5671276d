#include "collectors/all.h"

namespace exporter {

#define COLLECTOR(room, name)      \
  namespace room::name {           \
  extern const CollectorSpec spec; \
  }
#define TARGETS(room)              \
  namespace room {                 \
  extern const TargetSpec targets; \
  }
#include "collectors/list.inc"
#undef COLLECTOR
#undef TARGETS

std::span<const ListedCollector> all_collectors() noexcept {
  static constexpr ListedCollector kAll[] = {
#define COLLECTOR(room, name) {#room, &room::name::spec},
#define TARGETS(room)
#include "collectors/list.inc"
#undef COLLECTOR
#undef TARGETS
  };
  return kAll;
}

std::span<const TargetSpec* const> all_target_specs() noexcept {
  static constexpr const TargetSpec* kAll[] = {
#define COLLECTOR(room, name)
#define TARGETS(room) &room::targets,
#include "collectors/list.inc"
#undef COLLECTOR
#undef TARGETS
      nullptr,  // an array needs an element; not part of the span
  };
  return {kAll, std::size(kAll) - 1};
}

}  // namespace exporter
