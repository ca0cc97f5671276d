// How the attributes of hardware monitors are called as metrics (Documentation/hwmon/sysfs-interface.rst):
//   temp1_crit   85000     node_hwmon_temp_crit_celsius{sensor="temp1"} 85
//   fan2_input   1098      node_hwmon_fan_rpm{sensor="fan2"} 1098
// Pure functions over text.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/metric.h"

namespace exporter::host {

// "temp1_crit" is type temp, number 1, property crit. Views into the name of the file.
struct HwmonAttribute {
  std::string_view type;
  std::uint32_t number = 0;  // 0 when there is none
  std::string_view property;
};

// Nothing when the file is not an attribute of a known type of sensor.
std::optional<HwmonAttribute> split_hwmon_attribute(std::string_view file) noexcept;

struct HwmonMetric {
  std::string name;
  double scale = 1;  // the unit of the file in the unit of the metric
  MetricType type = MetricType::gauge;
};

// `bare`: the sensor also has a file without property ("pwm1" beside "pwm1_input"), which has the short name then.
HwmonMetric hwmon_metric(const HwmonAttribute& attribute, bool bare);

// Lower case, every character outside [a-z0-9:_] as '_', none at either end.
std::string clean_hwmon_name(std::string_view text);

}  // namespace exporter::host
