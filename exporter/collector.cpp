#include "exporter/collector.h"

namespace exporter {

std::string_view to_text(Module module) noexcept {
  switch (module) {
    case Module::node:
      return "node";
    case Module::container:
      return "container";
    case Module::postgres:
      return "postgres";
    case Module::redis:
      return "redis";
    case Module::merge:
      return "merge";
  }
  return "node";
}

}  // namespace exporter
