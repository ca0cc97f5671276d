// Which files of a hardware monitor give which samples. Made when the chip appears or its files change; one thread.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/attributes.h"
#include "platform/dir.h"

namespace exporter::host {

// "temp1" of a chip.
struct HwmonSensor {
  std::string name;
  LabelBlock labels;
  std::optional<std::size_t> label_file;  // in HwmonPlan::files
  std::string label;
  LabelBlock named;  // empty while there is no label
};

// A file that gives a sample.
struct HwmonReading {
  std::size_t file = 0;
  std::size_t sensor = 0;
  FamilyId family;
  double scale = 1;
  enum class Kind { number, switched, frequency } kind = Kind::number;
  // Of a frequency, whose sensor is called by its label: empty without one, or where another has the same.
  LabelBlock frequency;
};

struct HwmonPlan {
  std::vector<std::string> files;
  std::vector<const char*> names;  // the same, for `attributes`
  std::vector<HwmonSensor> sensors;
  std::vector<HwmonReading> readings;
  std::optional<platform::Attributes> attributes;
};

// `device` may be invalid; of a sensor's property that both folders have, its file counts. `wanted` is asked for each
// sensor by name. `open_files` must outlive the plan, `sink` is the one the samples will go to.
std::unique_ptr<HwmonPlan> make_hwmon_plan(const platform::Dir& folder, const platform::Dir& device,
                                           const std::string& chip,
                                           const std::function<bool(const std::string&)>& wanted,
                                           platform::OpenFiles& open_files, Sink& sink);

// Labels of the frequencies, after the labels of their sensors changed.
void name_hwmon_frequencies(HwmonPlan& plan, const std::string& chip);

}  // namespace exporter::host
