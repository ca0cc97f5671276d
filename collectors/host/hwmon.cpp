// /sys/class/hwmon/hwmon<N>: the sensors of a chip, one value a file, and for older drivers those of its `device`
// folder (Documentation/hwmon/sysfs-interface.rst):
//   name          coretemp
//   temp1_label   Package id 0
//   temp1_input   48000
// hwmon_names.h says how they are called. A read may ask the hardware over a slow bus: up to a second for a sensor.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/hwmon_names.h"
#include "collectors/host/hwmon_plan.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::hwmon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kClass = "class/hwmon";

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_hwmon_chip_names", "Always 1; what the driver calls the chip.", {"chip", "chip_name"}},
    {MetricType::gauge,
     "node_hwmon_sensor_label",
     "Always 1; what the driver or the board calls the sensor.",
     {"chip", "sensor", "label"}},
};
constexpr const MetricDesc& kChipNames = kMetrics[0];
constexpr const MetricDesc& kSensorLabel = kMetrics[1];

constexpr OptionDesc kOptions[] = {
    {"collector.hwmon.chip-include", OptionType::regex, "", "Chips to show, by the label chip."},
    {"collector.hwmon.chip-exclude", OptionType::regex, "", "Chips to leave out, by the label chip."},
    {"collector.hwmon.sensor-include", OptionType::regex, "", "Sensors to show, by \"chip;sensor\"."},
    {"collector.hwmon.sensor-exclude", OptionType::regex, "", "Sensors to leave out, by \"chip;sensor\"."},
};

struct Chip {
  platform::Dir folder;
  platform::Dir device;   // of older drivers' attributes; may be invalid
  std::string entry;      // "hwmon3"
  std::string base;       // from the device, "platform_coretemp_0"
  std::string name_file;  // "coretemp"
  std::string chip;       // the label
  bool shown = false;
  LabelBlock named;  // empty when there is no name
  std::string listing;
  std::unique_ptr<HwmonPlan> plan;
};

// Also when the device sleeps (EPERM of a graphics card, ENETDOWN of a radio) or has no value yet (EAGAIN).
bool silent(int error) {
  return platform::no_value(error) || error == EAGAIN || error == EPERM || error == ENETDOWN || error == EISDIR;
}

// The last two parts of the device's path, "platform_coretemp_0": they do not depend on the order of the drivers.
std::string name_of_device(const std::string& link) {
  std::error_code error;
  const auto path = std::filesystem::canonical(link, error);
  if (error) {
    return {};
  }
  const auto device = clean_hwmon_name(path.filename().string());
  const auto bus = clean_hwmon_name(path.parent_path().filename().string());
  return bus.empty() || device.empty() ? device : bus + "_" + device;
}

class Hwmon final : public Collector {
 public:
  explicit Hwmon(const Environment& environment)
      : host_(environment.host),
        chip_filter_(filter_from(environment.options.text("collector.hwmon.chip-include"),
                                 environment.options.text("collector.hwmon.chip-exclude"))),
        sensor_filter_(filter_from(environment.options.text("collector.hwmon.sensor-include"),
                                   environment.options.text("collector.hwmon.sensor-exclude"))),
        chips_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return chips_.none(); }
  Outcome outcome_of_nothing() override { return chips_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    present_.clear();
    bool changed = false;
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      changed = true;
      return make_chip(name, std::move(folder), scrape.buffer);
    };
    if (const int error = chips_.each(make, [&](std::string_view, Chip& chip) { present_.push_back(&chip); })) {
      return unreadable(sink, kClass, error);
    }
    if (changed || present_.size() != known_) {
      known_ = present_.size();
      name_chips();
    }
    // The slowest read so far is what the next one may take.
    slowest_ /= 2;
    now_ = Clock::now();
    for (Chip* const chip : present_) {
      if (chip->shown && !collect_chip(*chip, scrape, sink)) {
        sink.problem(Problem::deadline, chip->chip);
        break;
      }
    }
    return Outcome::ok;
  }

 private:
  Chip make_chip(std::string_view name, platform::Dir&& folder, platform::ReadBuffer& buffer) const {
    Chip chip;
    chip.folder = std::move(folder);
    chip.entry = name;
    if (chip.folder.read("name", buffer) == 0) {
      chip.name_file = platform::trim(buffer.text());
    }
    chip.folder.open_dir("device", chip.device);
    if (chip.device.valid()) {
      chip.base = name_of_device(host_.sysfs + "/" + kClass + "/" + chip.entry + "/device");
    }
    for (const auto& other : {chip.name_file, chip.entry}) {
      if (chip.base.empty()) {
        chip.base = clean_hwmon_name(other);
      }
    }
    return chip;
  }

  // Several chips of one device ("platform_asus_nb_wmi") are told apart by their names, or else by their entries.
  void name_chips() {
    std::unordered_map<std::string, int> bases;
    std::map<std::pair<std::string, std::string>, int> names;
    for (const Chip* const chip : present_) {
      ++bases[chip->base];
      ++names[{chip->base, chip->name_file}];
    }
    std::set<std::string> taken;
    for (Chip* const chip : present_) {
      std::string label = chip->base;
      if (bases[chip->base] > 1) {
        const auto own = clean_hwmon_name(chip->name_file);
        label += '_' + (own.empty() || names[{chip->base, chip->name_file}] > 1 ? clean_hwmon_name(chip->entry) : own);
      }
      if (!taken.insert(label).second) {
        label = chip->base + '_' + clean_hwmon_name(chip->entry);
        taken.insert(label);
      }
      if (label != chip->chip) {
        chip->plan.reset();
        chip->chip = std::move(label);
        chip->shown = !chip->chip.empty() && chip_filter_.keeps(chip->chip);
        chip->named.clear();
        if (const auto name = clean_hwmon_name(chip->name_file); !name.empty()) {
          chip->named = LabelBlock(kChipNames, {chip->chip, name});
        }
      }
    }
  }

  // False when the time is up.
  bool collect_chip(Chip& chip, const Scrape& scrape, Sink& sink) {
    list(chip);
    if (!chip.plan || listing_ != chip.listing) {
      chip.listing = listing_;
      const auto wanted = [&](const std::string& sensor) { return sensor_filter_.keeps(chip.chip + ";" + sensor); };
      chip.plan = make_hwmon_plan(chip.folder, chip.device, chip.chip, wanted, open_files_, sink);
    }
    if (!chip.named.text().empty()) {
      sink.add(kChipNames, 1, chip.named);
    }
    HwmonPlan& plan = *chip.plan;
    return read_labels(chip, plan, scrape, sink) && read_values(plan, scrape, sink);
  }

  // The names of the files, in `listing_`: attributes come and go, as those of a core that is switched off.
  void list(const Chip& chip) {
    listing_.clear();
    for (const auto* const dir : {&chip.folder, &chip.device}) {
      if (dir->valid() && names_.read(*dir) == 0) {
        for (const auto& entry : names_.entries()) {
          listing_.append(entry.name) += '\n';
        }
      }
      listing_ += '/';
    }
  }

  // Drivers may change a label with the source of the sensor.
  bool read_labels(const Chip& chip, HwmonPlan& plan, const Scrape& scrape, Sink& sink) {
    bool changed = false;
    for (HwmonSensor& sensor : plan.sensors) {
      if (!sensor.label_file) {
        continue;
      }
      if (late(scrape)) {
        return false;
      }
      const int error = read(plan, *sensor.label_file, scrape, sink);
      std::string_view label = scrape.buffer.text();
      while (label.ends_with('\n')) {
        label.remove_suffix(1);
      }
      if (error != 0) {
        changed = changed || !sensor.named.text().empty();
        sensor.named.clear();
        continue;
      }
      if (label != sensor.label || sensor.named.text().empty()) {
        changed = true;
        sensor.label = label;
        sensor.named = LabelBlock(kSensorLabel, {chip.chip, sensor.name, label});
      }
      sink.add(kSensorLabel, 1, sensor.named);
    }
    if (changed) {
      name_hwmon_frequencies(plan, chip.chip);
    }
    return true;
  }

  bool read_values(HwmonPlan& plan, const Scrape& scrape, Sink& sink) {
    for (const HwmonReading& reading : plan.readings) {
      const bool frequency = reading.kind == HwmonReading::Kind::frequency;
      if (frequency && reading.frequency.text().empty()) {
        continue;
      }
      if (late(scrape)) {
        return false;
      }
      if (read(plan, reading.file, scrape, sink) != 0) {
        continue;
      }
      const auto text = platform::trim(scrape.buffer.text());
      const LabelBlock& labels = frequency ? reading.frequency : plan.sensors[reading.sensor].labels;
      if (reading.kind == HwmonReading::Kind::switched) {
        sink.add(reading.family, text == "1" ? 1 : 0, labels);
      } else if (const auto value = platform::lenient_number(text)) {
        // Text that is no number belongs to other programs ("thermistor").
        sink.add(reading.family, reading.scale == 1 ? *value : scaled(*value, reading.scale), labels);
      }
    }
    return true;
  }

  int read(HwmonPlan& plan, std::size_t file, const Scrape& scrape, Sink& sink) {
    const int error = plan.attributes->read(file, scrape.buffer);
    const auto end = Clock::now();
    slowest_ = std::max(slowest_, end - now_);
    now_ = end;
    if (error != 0 && !silent(error)) {
      attribute_unreadable(sink, plan.attributes->name(file), error);
    }
    return error;
  }

  bool late(const Scrape& scrape) const { return now_ + slowest_ + kMargin >= scrape.deadline; }

  static constexpr std::chrono::milliseconds kMargin{5};  // to hand over what there is

  const platform::Host& host_;
  platform::Filter chip_filter_;
  platform::Filter sensor_filter_;
  platform::OpenFiles open_files_;
  platform::Devices<Chip> chips_;
  platform::DirNames names_;
  std::vector<Chip*> present_;  // valid until the next walk
  std::size_t known_ = 0;
  std::string listing_;
  Clock::time_point now_;
  Clock::duration slowest_{};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Hwmon>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "hwmon",
    .summary = "temperatures, fans, voltages and the like from /sys/class/hwmon",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::hwmon
