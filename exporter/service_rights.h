// What the systemd unit must allow so that the collectors that are on see everything: capabilities, and what the unit's
// sandbox forbids beside them (systemd.exec(5)).
#pragma once
#include <span>

#include "exporter/collector.h"

namespace exporter {

// A drop-in for resource_exporter.service, and how to install it. Without needs: an empty [Service] section, so that
// what was given before goes when the output takes its place.
Grants service_rights(const Options& options, std::span<const CollectorSpec* const> enabled,
                      std::span<const TargetSpec* const> targets);

}  // namespace exporter
