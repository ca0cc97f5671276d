#include "exporter/collector.h"

#include <string>

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

bool only_named(const Options& options, Module module) {
  constexpr std::string_view kBare = "collector.disable-defaults";
  const std::string own = "module." + std::string(to_text(module));  // merge has none: all of it is named
  return (options.given(kBare) && options.flag(kBare)) || (options.given(own) && !options.flag(own));
}

}  // namespace exporter
