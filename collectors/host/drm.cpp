// /sys/class/drm/card<N>/device: graphics cards of the driver amdgpu, one value a file
// (Documentation/gpu/amdgpu/driver-misc.rst). The driver asks the card.
//   gpu_busy_percent     4
//   mem_info_vram_total  8573157376
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::drm {
namespace {

constexpr const char* kClass = "class/drm";

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_drm_gpu_busy_percent", "How busy the card is.", {"card"}},
    {MetricType::gauge, "node_drm_memory_gtt_size_bytes", "Memory of the machine that the card may use.", {"card"}},
    {MetricType::gauge, "node_drm_memory_gtt_used_bytes", "Memory of the machine that the card uses.", {"card"}},
    {MetricType::gauge, "node_drm_memory_vis_vram_size_bytes", "The card's memory that the CPU can reach.", {"card"}},
    {MetricType::gauge, "node_drm_memory_vis_vram_used_bytes", "Used memory that the CPU can reach.", {"card"}},
    {MetricType::gauge, "node_drm_memory_vram_size_bytes", "The card's own memory.", {"card"}},
    {MetricType::gauge, "node_drm_memory_vram_used_bytes", "Used memory of the card.", {"card"}},
    {MetricType::gauge,
     "node_drm_card_info",
     "Always 1; the labels describe the card.",
     {"card", "memory_vendor", "power_performance_level", "unique_id", "vendor"}},
};
constexpr const MetricDesc& kInfo = kMetrics[7];

// The files of the metrics but the last, then those of the labels of the last.
constexpr const char* kFiles[] = {
    "device/gpu_busy_percent",
    "device/mem_info_gtt_total",
    "device/mem_info_gtt_used",
    "device/mem_info_vis_vram_total",
    "device/mem_info_vis_vram_used",
    "device/mem_info_vram_total",
    "device/mem_info_vram_used",
    "device/mem_info_vram_vendor",
    "device/power_dpm_force_performance_level",
    "device/unique_id",
};
constexpr std::size_t kValues = 7;

// "card0", not "card0-HDMI-A-1" or "renderD128".
bool card(std::string_view name) {
  return name.size() > 4 && name.starts_with("card") &&
         name.find_first_not_of("0123456789", 4) == std::string_view::npos;
}

struct Card {
  platform::Attributes attributes;
  LabelBlock labels;
  bool amdgpu;
  std::string texts;  // what `info` was made of
  LabelBlock info;
};

class Drm final : public Collector {
 public:
  explicit Drm(const Environment& environment) : host_(environment.host), cards_(environment.host.sys, kClass) {}

  bool nothing_to_read() override {
    names_.read_kept(host_.sys, kClass);
    return std::none_of(names_.entries().begin(), names_.entries().end(),
                        [](const auto& entry) { return card(entry.name); });
  }
  Outcome outcome_of_nothing() override { return Outcome::ok; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      // "DRIVER=amdgpu" is a line of it.
      const bool amdgpu = folder.read("device/uevent", scrape.buffer) == 0 &&
                          scrape.buffer.text().find("DRIVER=amdgpu") != std::string_view::npos;
      return Card{{std::move(folder), kFiles, open_files_}, {kMetrics[0], {name}}, amdgpu, {}, {}};
    };
    bool late = false;
    const int error = cards_.each(card, make, [&](std::string_view name, Card& found) {
      if (!found.amdgpu) {
        return;
      }
      late = late || std::chrono::steady_clock::now() + kMargin >= scrape.deadline;
      if (!late) {
        add_info(name, found, scrape, sink);
        for (std::size_t i = 0; i < kValues; ++i) {
          add_value(i, found, scrape, sink);
        }
      }
    });
    if (late) {
      sink.problem(Problem::deadline, kClass);
    }
    return error == 0 || error == ENOENT ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  // Made anew only when a text changed.
  void add_info(std::string_view name, Card& found, const Scrape& scrape, Sink& sink) {
    texts_.clear();
    for (std::size_t i = kValues; i < std::size(kFiles); ++i) {
      texts_.append(text(i, found, scrape, sink)) += '\n';
    }
    if (texts_ != found.texts) {
      found.texts = texts_;
      std::string_view rest = found.texts;
      const auto memory = platform::take(rest, '\n');
      const auto level = platform::take(rest, '\n');
      const auto id = platform::take(rest, '\n');
      found.info = LabelBlock(kInfo, {name, memory, level, id, "amd"});
    }
    sink.add(kInfo, 1, found.info);
  }

  static void add_value(std::size_t file, Card& found, const Scrape& scrape, Sink& sink) {
    const auto value_text = text(file, found, scrape, sink);
    if (value_text.empty()) {
      return;
    }
    if (const auto value = platform::number<std::uint64_t>(value_text)) {
      sink.add(kMetrics[file], *value, found.labels);
    } else {
      sink.problem(Problem::parse, kFiles[file]);
    }
  }

  // One line; empty when there is none, also while the card sleeps (EPERM, EBUSY).
  static std::string_view text(std::size_t file, Card& found, const Scrape& scrape, Sink& sink) {
    const int error = found.attributes.read(file, scrape.buffer);
    if (error != 0 && error != EPERM && error != EBUSY) {
      attribute_unreadable(sink, kFiles[file], error);
    }
    std::string_view all = platform::trim(scrape.buffer.text());
    return platform::take(all, '\n');
  }

  static constexpr std::chrono::milliseconds kMargin{50};  // of one card

  const platform::Host& host_;
  platform::DirNames names_;
  platform::OpenFiles open_files_;
  platform::Devices<Card> cards_;
  std::string texts_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Drm>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "drm",
    .summary = "memory and load of AMD graphics cards from /sys/class/drm",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::drm
