// /sys/devices/system/edac/mc/mc<N>/{ce_count,ue_count,ce_noinfo_count,ue_noinfo_count}: corrected and uncorrected
// memory errors of a memory controller since boot; of its rows in csrow<M>/{ce_count,ue_count}, of a row's channels in
// csrow<M>/ch<K>_{ce_count,ue_count,dimm_label} (Documentation/admin-guide/ras.rst):
//   ce_count        3
//   ch0_dimm_label  mc#0csrow#0channel#0, or what the administrator wrote there
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/info_labels.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::edac {
namespace {

enum Metric : std::size_t { correctable, uncorrectable, row_ce, row_ue, channel_ce, channel_ue };

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_edac_correctable_errors_total", "Memory errors that were corrected.", {"controller"}},
    {MetricType::counter,
     "node_edac_uncorrectable_errors_total",
     "Memory errors that could not be corrected.",
     {"controller"}},
    {MetricType::counter,
     "node_edac_csrow_correctable_errors_total",
     "Memory errors of a row that were corrected; row unknown: the controller could not tell.",
     {"controller", "csrow"}},
    {MetricType::counter,
     "node_edac_csrow_uncorrectable_errors_total",
     "Memory errors of a row that could not be corrected; row unknown: the controller could not tell.",
     {"controller", "csrow"}},
    {MetricType::counter,
     "node_edac_channel_correctable_errors_total",
     "Memory errors of a row's channel that were corrected.",
     {"channel", "controller", "csrow", "dimm_label"}},
    {MetricType::counter,
     "node_edac_channel_uncorrectable_errors_total",
     "Memory errors of a row's channel that could not be corrected.",
     {"channel", "controller", "csrow", "dimm_label"}},
};
enum ChannelLabel : std::size_t { channel_label, controller_label, row_label, dimm_label };

enum ControllerFile : std::size_t { ce, ue, ce_noinfo, ue_noinfo };
constexpr const char* kControllerFiles[] = {"ce_count", "ue_count", "ce_noinfo_count", "ue_noinfo_count"};

// The files of a row: its own two, then three for each channel that the kernel can show.
constexpr const char* kRowFiles[] = {
    "ce_count",      "ue_count",                          // kControllerFiles' first two
    "ch0_ce_count",  "ch0_ue_count",  "ch0_dimm_label",   //
    "ch1_ce_count",  "ch1_ue_count",  "ch1_dimm_label",   //
    "ch2_ce_count",  "ch2_ue_count",  "ch2_dimm_label",   //
    "ch3_ce_count",  "ch3_ue_count",  "ch3_dimm_label",   //
    "ch4_ce_count",  "ch4_ue_count",  "ch4_dimm_label",   //
    "ch5_ce_count",  "ch5_ue_count",  "ch5_dimm_label",   //
    "ch6_ce_count",  "ch6_ue_count",  "ch6_dimm_label",   //
    "ch7_ce_count",  "ch7_ue_count",  "ch7_dimm_label",   //
    "ch8_ce_count",  "ch8_ue_count",  "ch8_dimm_label",   //
    "ch9_ce_count",  "ch9_ue_count",  "ch9_dimm_label",   //
    "ch10_ce_count", "ch10_ue_count", "ch10_dimm_label",  //
    "ch11_ce_count", "ch11_ue_count", "ch11_dimm_label",  //
    "ch12_ce_count", "ch12_ue_count", "ch12_dimm_label",  //
    "ch13_ce_count", "ch13_ue_count", "ch13_dimm_label",  //
    "ch14_ce_count", "ch14_ue_count", "ch14_dimm_label",  //
    "ch15_ce_count", "ch15_ue_count", "ch15_dimm_label",
};
constexpr std::size_t kFirstChannelFile = 2;
constexpr std::size_t kChannelFiles = 3;
constexpr std::size_t kMaxChannels = (std::size(kRowFiles) - kFirstChannelFile) / kChannelFiles;

// The digits of "mc<digits>" or "csrow<digits>"; empty for every other name.
std::string_view number_of(std::string_view name, std::string_view kind) {
  if (!name.starts_with(kind)) {
    return {};
  }
  const auto digits = name.substr(kind.size());
  return digits.find_first_not_of("0123456789") == std::string_view::npos ? digits : std::string_view{};
}

struct Channel {
  std::size_t first_file;
  InfoLabels labels;
};

struct Row {
  platform::Attributes attributes;
  LabelBlock labels;
  std::vector<Channel> channels;  // those it has; they stay as long as the row
};

struct Controller {
  platform::Attributes attributes;
  LabelBlock labels;
  LabelBlock unknown_row;
  platform::Devices<Row> rows;
};

// "mc#0csrow#1channel#0" as dashboards know it: "mc0_csrow1_channel0".
void tidy_label(std::string_view text, std::string& label) {
  label.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    if (rest.starts_with("csrow") || rest.starts_with("channel")) {
      label += '_';
    }
    if (text[i] != '#') {
      label += text[i];
    }
  }
}

class Edac final : public Collector {
 public:
  explicit Edac(const Environment& environment) : sys_(environment.host.sys), controllers_(sys_, kFolder) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      const auto number = number_of(name, "mc");
      return Controller{{std::move(folder), kControllerFiles, open_files_},
                        {kMetrics[correctable], {number}},
                        {kMetrics[row_ce], {number, "unknown"}},
                        {sys_, std::string(kFolder) + '/' + std::string(name)}};
    };
    const auto is_controller = [](std::string_view name) { return !number_of(name, "mc").empty(); };
    const int error = controllers_.each(is_controller, make, [&](std::string_view name, Controller& controller) {
      add_controller(number_of(name, "mc"), controller, scrape.buffer, sink);
    });
    // A machine without such memory is no failure.
    return error == 0 || error == ENOENT ? Outcome::ok : unreadable(sink, kFolder, error);
  }

 private:
  static constexpr const char* kFolder = "devices/system/edac/mc";

  void add_controller(std::string_view number, Controller& controller, platform::ReadBuffer& buffer, Sink& sink) {
    add(correctable, controller.attributes, ce, controller.labels, buffer, sink);
    add(uncorrectable, controller.attributes, ue, controller.labels, buffer, sink);
    add(row_ce, controller.attributes, ce_noinfo, controller.unknown_row, buffer, sink);
    add(row_ue, controller.attributes, ue_noinfo, controller.unknown_row, buffer, sink);
    const auto is_row = [](std::string_view name) { return !number_of(name, "csrow").empty(); };
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      return make_row(number, number_of(name, "csrow"), std::move(folder));
    };
    // Of a controller that went away meanwhile there are no rows.
    (void)controller.rows.each(is_row, make, [&](std::string_view, Row& row) { add_row(row, buffer, sink); });
  }

  Row make_row(std::string_view controller, std::string_view number, platform::Dir&& folder) {
    std::vector<Channel> channels;
    for (std::size_t i = 0; i < kMaxChannels; ++i) {
      const std::size_t file = kFirstChannelFile + i * kChannelFiles;
      if (folder.exists(kRowFiles[file])) {
        Channel channel{file, InfoLabels(kMetrics[channel_ce])};
        channel.labels.set(channel_label, std::to_string(i));
        channel.labels.set(controller_label, controller);
        channel.labels.set(row_label, number);
        channels.push_back(std::move(channel));
      }
    }
    return {{std::move(folder), kRowFiles, open_files_}, {kMetrics[row_ce], {controller, number}}, std::move(channels)};
  }

  void add_row(Row& row, platform::ReadBuffer& buffer, Sink& sink) {
    add(row_ce, row.attributes, ce, row.labels, buffer, sink);
    add(row_ue, row.attributes, ue, row.labels, buffer, sink);
    for (Channel& channel : row.channels) {
      if (const int error = row.attributes.read(channel.first_file + 2, buffer)) {
        attribute_unreadable(sink, kRowFiles[channel.first_file + 2], error);
        label_ = "unknown";
      } else {
        tidy_label(platform::trim(buffer.text()), label_);
      }
      channel.labels.set(dimm_label, label_);
      const LabelBlock& labels = channel.labels.block();
      add(channel_ce, row.attributes, channel.first_file, labels, buffer, sink);
      add(channel_ue, row.attributes, channel.first_file + 1, labels, buffer, sink);
    }
  }

  static void add(Metric metric, platform::Attributes& attributes, std::size_t file, const LabelBlock& labels,
                  platform::ReadBuffer& buffer, Sink& sink) {
    add_attribute<std::uint64_t>(kMetrics[metric], attributes, file, labels, buffer, sink);
  }

  const platform::Dir& sys_;
  platform::OpenFiles open_files_;
  platform::Devices<Controller> controllers_;
  std::string label_;  // reused for each channel
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Edac>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "edac",
    .summary = "memory errors from /sys/devices/system/edac",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::edac
