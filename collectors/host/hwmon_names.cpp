#include "collectors/host/hwmon_names.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter::host {
namespace {

constexpr std::string_view kTypes[] = {
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion", "freq"};

constexpr std::string_view kDigits = "0123456789";

bool one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

// The suffix and scale that a type gives to its attributes, where the property does not decide otherwise.
void add_unit(HwmonMetric& metric, const HwmonAttribute& attribute) {
  const auto [type, number, property] = attribute;
  const auto unit = [&](std::string_view suffix, double scale) {
    metric.name += suffix;
    metric.scale = scale;
  };
  if (type == "in" || type == "cpu") {
    unit("_volts", 1e-3);
  } else if (type == "temp" && property != "type") {
    unit("_celsius", 1e-3);
  } else if (type == "curr") {
    unit("_amps", 1e-3);
  } else if (type == "energy") {
    unit("_joule_total", 1e-6);
    metric.type = MetricType::counter;
  } else if (type == "power" && property == "accuracy") {
    unit("", 1e-6);
  } else if (type == "power" &&
             one_of(property, {"average_interval", "average_interval_min", "average_interval_max"})) {
    unit("_seconds", 1e-3);
  } else if (type == "power") {
    unit("_watt", 1e-6);
  } else if (type == "humidity") {
    unit("", 1e-6);
  } else if (type == "fan" && one_of(property, {"input", "min", "max", "target"})) {
    unit("_rpm", 1);
  } else if (type == "freq" && property == "input") {
    unit("_freq_mhz", 1e-6);
  }
}

}  // namespace

std::optional<HwmonAttribute> split_hwmon_attribute(std::string_view file) noexcept {
  HwmonAttribute result;
  const auto digits = std::min(file.find_first_of(kDigits), file.size());
  const auto end = std::min(file.find_first_not_of(kDigits, digits), file.size());
  const auto rest = file.substr(end);
  result.type = file.substr(0, digits);
  if (rest.empty() || (rest.size() > 1 && rest[0] == '_')) {
    if (digits != end) {
      const auto number = platform::number<std::uint32_t>(file.substr(digits, end - digits));
      if (!number) {
        return std::nullopt;
      }
      result.number = *number;
    }
    result.property = rest.empty() ? rest : rest.substr(1);
  } else {
    // "in_voltage0-voltage1_raw": the digits belong to the property.
    const auto bar = result.type.rfind('_');
    if (bar == std::string_view::npos) {
      return std::nullopt;
    }
    result.type = file.substr(0, bar);
    result.property = file.substr(bar + 1);
  }
  if (std::find(std::begin(kTypes), std::end(kTypes), result.type) == std::end(kTypes)) {
    return std::nullopt;
  }
  return result;
}

HwmonMetric hwmon_metric(const HwmonAttribute& attribute, bool bare) {
  const auto [type, number, property] = attribute;
  if (type == "beep_enable") {
    return {"node_hwmon_beep_enabled"};
  }
  if (type == "vrm") {
    return {"node_hwmon_voltage_regulator_version"};
  }
  if (type == "update_interval") {
    return {"node_hwmon_update_interval_seconds", 1e-3};
  }
  HwmonMetric metric{"node_hwmon_" + std::string(type)};
  if (property == "input") {
    metric.name += bare ? "_input" : "";
  } else if (!property.empty()) {
    metric.name += '_' + clean_hwmon_name(property);
  }
  if (property == "beep") {
    metric.name += "_enabled";
  } else if (property != "fault" && property != "alarm") {
    add_unit(metric, attribute);
  }
  return metric;
}

std::string clean_hwmon_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xC0) {
      continue;  // the rest of a character whose first byte became '_'
    }
    const bool upper = c >= 'A' && c <= 'Z';
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':';
    name += upper ? static_cast<char>(c - 'A' + 'a') : fine ? c : '_';
  }
  const auto begin = std::min(name.find_first_not_of('_'), name.size());
  return name.substr(begin, name.find_last_not_of('_') + 1 - begin);
}

}  // namespace exporter::host
