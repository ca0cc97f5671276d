// /sys/class/power_supply/<name>: batteries, chargers and mains, one value a file, in millionths of the unit and tenths
// of a degree (Documentation/ABI/testing/sysfs-class-power). The firmware may be asked over a slow bus.
//   BAT0/energy_now  36580000
//   BAT0/status      Discharging
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/powersupply_metrics.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::powersupplyclass {
namespace {

constexpr const char* kClass = "class/power_supply";

double scale_of(std::size_t value) { return value < kFirstMillionths ? 1 : value < kFirstTenths ? 1e-6 : 0.1; }

constexpr OptionDesc kOptions[] = {
    {"collector.powersupply.ignored-supplies", OptionType::regex, "^$", "Power supplies to leave out, by name."},
};

struct Supply {
  platform::Attributes attributes;
  std::string name;
  LabelBlock labels;
  bool ignored;
  std::string texts;  // what `info` was made of
  LabelBlock info;
};

class PowerSupplyClass final : public Collector {
 public:
  explicit PowerSupplyClass(const Environment& environment)
      : ignored_(filter_from({}, environment.options.text("collector.powersupply.ignored-supplies"))),
        supplies_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return supplies_.none(); }
  Outcome outcome_of_nothing() override { return supplies_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      return Supply{{std::move(folder), kFiles, open_files_},
                    std::string(name),
                    {kMetrics[0], {name}},
                    !ignored_.keeps(name),
                    {},
                    {}};
    };
    bool complete = true;
    const int error = supplies_.each(make, [&](std::string_view, Supply& supply) {
      if (!supply.ignored && complete) {
        complete = add_info(supply, scrape, sink) && add_values(supply, scrape, sink);
      }
    });
    if (!complete) {
      sink.problem(Problem::deadline, kClass);
    }
    return error == 0 ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  // The texts of the labels one after the other, so that the block is made anew only when one changed.
  bool add_info(Supply& supply, const Scrape& scrape, Sink& sink) {
    texts_.clear();
    for (std::size_t i = kValues; i < std::size(kFiles); ++i) {
      if (late(scrape)) {
        return false;
      }
      texts_.append(text(supply, i, scrape, sink)) += '\n';
    }
    if (texts_ != supply.texts || supply.info.text().empty()) {
      supply.texts = texts_;
      supply.info.clear();
      supply.info.append("power_supply", supply.name);
      std::string_view rest = supply.texts;
      for (std::size_t i = kValues; i < std::size(kFiles); ++i) {
        if (const auto value = platform::take(rest, '\n'); !value.empty()) {
          supply.info.append(kFiles[i], value);
        }
      }
    }
    sink.add(kInfo, 1, supply.info);
    return true;
  }

  static bool add_values(Supply& supply, const Scrape& scrape, Sink& sink) {
    for (std::size_t i = 0; i < kValues; ++i) {
      if (late(scrape)) {
        return false;
      }
      const auto value_text = text(supply, i, scrape, sink);
      if (value_text.empty()) {
        continue;
      }
      const auto value = platform::number<std::int64_t>(value_text);
      if (!value) {
        sink.problem(Problem::parse, kFiles[i]);
      } else if (i < kFirstMillionths) {
        sink.add(kMetrics[i], *value, supply.labels);
      } else {
        sink.add(kMetrics[i], scaled(static_cast<double>(*value), scale_of(i)), supply.labels);
      }
    }
    return true;
  }

  // One line; empty when there is none, also while the battery is asleep or away.
  static std::string_view text(Supply& supply, std::size_t file, const Scrape& scrape, Sink& sink) {
    const int error = supply.attributes.read(file, scrape.buffer);
    if (error != 0 && error != EAGAIN) {
      attribute_unreadable(sink, kFiles[file], error);
    }
    std::string_view all = platform::trim(scrape.buffer.text());
    return platform::take(all, '\n');
  }

  static bool late(const Scrape& scrape) { return std::chrono::steady_clock::now() + kMargin >= scrape.deadline; }

  static constexpr std::chrono::milliseconds kMargin{50};  // of one question to the firmware

  platform::Filter ignored_;
  platform::OpenFiles open_files_;
  platform::Devices<Supply> supplies_;
  std::string texts_;
};

std::unique_ptr<Collector> make(const Environment& environment) {
  return std::make_unique<PowerSupplyClass>(environment);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "powersupplyclass",
    .summary = "batteries and chargers from /sys/class/power_supply",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::powersupplyclass
