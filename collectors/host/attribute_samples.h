// Samples made of sysfs attributes: one table says which file gives which metric.
#pragma once
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/attributes.h"
#include "platform/dir.h"
#include "platform/text.h"

namespace exporter::host {

// An attribute that cannot be read: nothing to say when the device has no value, else a counted problem.
inline void attribute_unreadable(Sink& sink, std::string_view name, int error) {
  if (!platform::no_value(error)) {
    sink.problem(error == EACCES || error == EPERM ? Problem::denied : Problem::io, name, error);
  }
}

// The attribute's text without the blanks around it, valid until `buffer` is read into again; empty when there is none.
inline std::string_view attribute_text(platform::Attributes& attributes, std::size_t index,
                                       platform::ReadBuffer& buffer, Sink& sink) {
  if (const int error = attributes.read(index, buffer)) {
    attribute_unreadable(sink, attributes.name(index), error);
    return {};
  }
  return platform::trim(buffer.text());
}

// `value` in another unit. Divides where that is exact: 3000000014 ns are 3.000000014 s, and not 3.0000000140000003.
inline double scaled(double value, double scale) { return scale >= 1 ? value * scale : value / std::round(1 / scale); }

// Writes the attribute as one sample of `metric`, multiplied by `scale`. T is std::uint64_t, std::int64_t or double.
// What is absent is left out; text that is no number is a counted problem. False when nothing was written.
template <class T>
bool add_attribute(const MetricDesc& metric, platform::Attributes& attributes, std::size_t index,
                   const LabelBlock& labels, platform::ReadBuffer& buffer, Sink& sink, double scale = 1) {
  const std::string_view text = attribute_text(attributes, index, buffer, sink);
  if (text.empty()) {
    return false;
  }
  const auto value = platform::number<T>(text);
  if (!value) {
    sink.problem(Problem::parse, attributes.name(index));
    return false;
  }
  if (scale == 1) {
    sink.add(metric, *value, labels);
  } else {
    sink.add(metric, scaled(static_cast<double>(*value), scale), labels);
  }
  return true;
}

}  // namespace exporter::host
