// Paths of the scrape port that answer with servers to watch, for Prometheus' http_sd_config.
#pragma once
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "exporter/collector.h"

namespace exporter {

// Thread-safe. `environment` outlives it.
class Discoveries {
 public:
  // Of the modules that have a collector among `enabled`. Throws OptionError.
  Discoveries(const Environment& environment, std::span<const CollectorSpec* const> enabled,
              std::span<const TargetSpec* const> targets, int stop_fd);

  // Null when nothing is at this path.
  Discoverer* at(std::string_view path) const noexcept;
  int stop_fd() const noexcept { return stop_fd_; }

 private:
  struct Place {
    std::string_view path;
    std::unique_ptr<Discoverer> discoverer;
  };
  std::vector<Place> places_;
  const int stop_fd_;
};

}  // namespace exporter
