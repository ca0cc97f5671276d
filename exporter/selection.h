// Which part of everything a scrape asks for.
#pragma once
#include <cstdint>
#include <vector>

#include "exporter/collector.h"

namespace exporter {

struct Selection {
  std::uint8_t modules = 0;      // bit per Module
  std::vector<bool> collectors;  // by index in Setup::collectors; empty: all of the modules

  static Selection of(Module module) { return {static_cast<std::uint8_t>(1U << static_cast<unsigned>(module)), {}}; }
  static Selection everything() { return {(1U << kModules) - 1, {}}; }

  bool has(Module module) const noexcept { return ((modules >> static_cast<unsigned>(module)) & 1U) != 0; }
  bool filtered() const noexcept { return !collectors.empty(); }
  bool wants(std::size_t collector) const noexcept { return !filtered() || collectors[collector]; }
  bool operator==(const Selection&) const = default;
};

}  // namespace exporter
