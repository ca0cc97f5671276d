#include "platform/pq_library.h"

#include "platform/shared_library.h"

namespace platform {
namespace {

struct Loaded {
  SharedLibrary file;
  PqLibrary functions;
  std::string wrong;

  Loaded() {
    // The name of every release since 2006; PQenterPipelineMode is there since 14.
    wrong = file.open("libpq.so.5");
    if (!wrong.empty()) {
      wrong = "libpq, PostgreSQL's client library, is needed (Debian's package libpq5): " + wrong;
      return;
    }
#define PLATFORM_PQ_FIND(name)                                                                      \
  if (!file.find(#name, functions.name)) {                                                          \
    wrong = "libpq is too old: it lacks " #name " (version 14 or later is needed, package libpq5)"; \
    functions = {};                                                                                 \
    return;                                                                                         \
  }
    PLATFORM_PQ_FUNCTIONS(PLATFORM_PQ_FIND)
#undef PLATFORM_PQ_FIND
  }
};

// Never unloaded: connections may be closed at the very end.
const Loaded& loaded() {
  static const Loaded& library = *new Loaded;
  return library;
}

}  // namespace

const std::string& load_pq() { return loaded().wrong; }
const PqLibrary& pq() noexcept { return loaded().functions; }

}  // namespace platform
