// --constantLabels: labels that every series of the servers carries.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "exporter/collector.h"

namespace exporter::postgres {

// `text` is name=value,name=value. Returns label text as Sink::set_constant_labels() takes it. Throws OptionError with
// the pair that is none, or whose name a metric of `metrics` or of the collectors has already.
std::string read_constant_labels(std::string_view text, std::span<const MetricDesc> metrics,
                                 std::span<const CollectorSpec* const> enabled);

}  // namespace exporter::postgres
