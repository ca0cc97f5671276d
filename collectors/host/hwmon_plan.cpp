#include "collectors/host/hwmon_plan.h"

#include <sys/stat.h>

#include <map>
#include <set>

#include "collectors/host/hwmon_names.h"
#include "platform/dir_names.h"

namespace exporter::host {
namespace {

constexpr std::string_view kDevice = "device/";

using Files = std::map<std::string, std::string>;  // by property

// A regular file that somebody may read: not "power", which is a folder in every device, nor "temp1_reset_history".
bool readable_file(const platform::Dir& dir, const char* name) {
  struct stat status {};
  return ::fstatat(dir.fd(), name, &status, 0) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0444U) != 0;
}

void add_files(std::map<std::string, Files>& sensors, const platform::Dir& dir, std::string_view prefix,
               const std::function<bool(const std::string&)>& wanted) {
  platform::DirNames names;
  if (!dir.valid() || names.read(dir) != 0) {
    return;
  }
  for (const auto& entry : names.entries()) {
    const auto attribute = split_hwmon_attribute(entry.name);
    if (attribute && readable_file(dir, entry.name.data())) {
      const auto sensor = std::string(attribute->type) + std::to_string(attribute->number);
      if (wanted(sensor)) {
        sensors[sensor][std::string(attribute->property)] = std::string(prefix).append(entry.name);
      }
    }
  }
}

void add_sensor(HwmonPlan& plan, const std::string& chip, const std::string& name, const Files& files, Sink& sink) {
  HwmonSensor sensor;
  sensor.name = name;
  sensor.labels.append("chip", chip);
  sensor.labels.append("sensor", name);
  std::set<std::string> taken;
  for (const auto& [property, file] : files) {
    const std::size_t index = plan.files.size();
    plan.files.push_back(file);
    if (property == "label") {
      sensor.label_file = index;
      continue;
    }
    const auto attribute =
        *split_hwmon_attribute(std::string_view(file).substr(file.starts_with(kDevice) ? kDevice.size() : 0));
    const auto metric = hwmon_metric(attribute, files.count("") != 0);
    if (!taken.insert(metric.name).second) {
      continue;
    }
    HwmonReading reading;
    reading.file = index;
    reading.sensor = plan.sensors.size();
    reading.scale = metric.scale;
    if (attribute.type == "beep_enable") {
      reading.kind = HwmonReading::Kind::switched;
    } else if (attribute.type == "freq" && property == "input") {
      reading.kind = HwmonReading::Kind::frequency;
    }
    reading.family = sink.dynamic(metric.type, metric.name,
                                  "Attribute " + std::string(attribute.type) +
                                      (property.empty() ? "" : "<n>_" + property) + " of a hardware monitor.");
    plan.readings.push_back(std::move(reading));
  }
  plan.sensors.push_back(std::move(sensor));
}

}  // namespace

std::unique_ptr<HwmonPlan> make_hwmon_plan(const platform::Dir& folder, const platform::Dir& device,
                                           const std::string& chip,
                                           const std::function<bool(const std::string&)>& wanted,
                                           platform::OpenFiles& open_files, Sink& sink) {
  std::map<std::string, Files> sensors;
  add_files(sensors, folder, {}, wanted);
  add_files(sensors, device, kDevice, wanted);
  auto plan = std::make_unique<HwmonPlan>();
  for (const auto& [name, files] : sensors) {
    add_sensor(*plan, chip, name, files, sink);
  }
  for (const auto& file : plan->files) {
    plan->names.push_back(file.c_str());
  }
  platform::Dir own;
  folder.open_dir(".", own);
  plan->attributes.emplace(std::move(own), plan->names, open_files);
  return plan;
}

void name_hwmon_frequencies(HwmonPlan& plan, const std::string& chip) {
  std::set<std::string> taken;
  for (HwmonReading& reading : plan.readings) {
    if (reading.kind != HwmonReading::Kind::frequency) {
      continue;
    }
    reading.frequency.clear();
    const HwmonSensor& sensor = plan.sensors[reading.sensor];
    const auto name = clean_hwmon_name(sensor.label);
    if (!sensor.named.text().empty() && taken.insert(name).second) {
      reading.frequency.append("chip", chip);
      reading.frequency.append("sensor", name);
    }
  }
}

}  // namespace exporter::host
