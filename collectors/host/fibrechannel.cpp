// /sys/class/fc_host/host<N>: what the Fibre Channel adapters say of themselves, one text a file, and their counters in
// statistics/, in hexadecimal (Documentation/scsi/scsi_fc_transport.rst):
//   port_name             0x1000e0071bce95f2
//   port_state            Online
//   statistics/rx_frames  0x2f4a0, or 0xffffffffffffffff for what the adapter does not count
// The drivers ask the adapter for each counter.
#include <optional>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/info_labels.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::fibrechannel {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_fibrechannel_dumped_frames_total", "Frames lost for lack of buffers.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_error_frames_total", "Frames received with an error.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_fcp_packet_aborts_total", "FCP packets aborted.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_invalid_crc_total", "Frames with a wrong checksum.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_invalid_tx_words_total", "Invalid words on the link.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_link_failure_total", "Failures of the link.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_loss_of_signal_total", "Losses of the signal.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_loss_of_sync_total", "Losses of synchronization.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_nos_total", "Not-operational sequences on the link.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_rx_frames_total", "Frames received.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_rx_words_total", "Words of 4 bytes received.", {"fc_host"}},
    {MetricType::counter,
     "node_fibrechannel_seconds_since_last_reset_total",
     "Seconds since the counters were reset.",
     {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_tx_frames_total", "Frames sent.", {"fc_host"}},
    {MetricType::counter, "node_fibrechannel_tx_words_total", "Words of 4 bytes sent.", {"fc_host"}},
    {MetricType::gauge,
     "node_fibrechannel_info",
     "Always 1; the labels describe the adapter's port.",
     {"dev_loss_tmo", "fabric_name", "fc_host", "port_id", "port_name", "port_state", "port_type", "speed",
      "supported_classes", "supported_speeds", "symbolic_name"}},
};

// The files of the counters, in the order of their metrics, then those of the info metric's labels.
constexpr const char* kFiles[] = {
    "statistics/dumped_frames",
    "statistics/error_frames",
    "statistics/fcp_packet_aborts",
    "statistics/invalid_crc_count",
    "statistics/invalid_tx_word_count",
    "statistics/link_failure_count",
    "statistics/loss_of_signal_count",
    "statistics/loss_of_sync_count",
    "statistics/nos_count",
    "statistics/rx_frames",
    "statistics/rx_words",
    "statistics/seconds_since_last_reset",
    "statistics/tx_frames",
    "statistics/tx_words",
    "dev_loss_tmo",
    "fabric_name",
    "port_id",
    "port_name",
    "port_state",
    "port_type",
    "speed",
    "supported_classes",
    "supported_speeds",
    "symbolic_name",
};
constexpr std::size_t kCounters = std::size(kMetrics) - 1;
constexpr const MetricDesc& kInfo = kMetrics[kCounters];
constexpr std::size_t kNameLabel = 2;
static_assert(std::size(kFiles) - kCounters == 10 && kInfo.labels[kNameLabel] == "fc_host");

constexpr std::uint64_t kNotCounted = UINT64_MAX;

struct Port {
  platform::Attributes attributes;
  InfoLabels info;
  LabelBlock labels;
};

// Writes the info metric. False when the port is in no known state: it has no counters then.
bool add_info(Port& port, platform::ReadBuffer& buffer, Sink& sink) {
  bool counts = false;
  for (std::size_t file = kCounters; file < std::size(kFiles); ++file) {
    const std::string_view name = kFiles[file];
    auto text = attribute_text(port.attributes, file, buffer, sink);
    if (name == "port_state") {
      counts = !text.empty() && text != "Unknown";
    }
    if ((name == "fabric_name" || name == "port_id" || name == "port_name") && text.starts_with("0x")) {
      text.remove_prefix(2);
    }
    const std::size_t label = file - kCounters;
    port.info.set(label < kNameLabel ? label : label + 1, text);
  }
  sink.add(kInfo, 1, port.info.block());
  return counts;
}

void add_counter(std::size_t counter, Port& port, platform::ReadBuffer& buffer, Sink& sink) {
  const auto text = attribute_text(port.attributes, counter, buffer, sink);
  if (text.empty()) {
    return;
  }
  const auto value =
      text.starts_with("0x") ? platform::hex_number<std::uint64_t>(text) : platform::number<std::uint64_t>(text);
  if (!value) {
    sink.problem(Problem::parse, kFiles[counter]);
  } else if (*value != kNotCounted) {
    sink.add(kMetrics[counter], *value, port.labels);
  }
}

class Fibrechannel final : public Collector {
 public:
  explicit Fibrechannel(const Environment& environment) : ports_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return ports_.none(); }
  Outcome outcome_of_nothing() override { return ports_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      Port port{{std::move(folder), kFiles, open_files_}, InfoLabels(kInfo), {kMetrics[0], {name}}};
      port.info.set(kNameLabel, name);
      return port;
    };
    const int error = ports_.each(make, [&](std::string_view, Port& port) {
      const bool counts = add_info(port, scrape.buffer, sink);
      for (std::size_t i = 0; i < kCounters; ++i) {
        if (counts) {
          add_counter(i, port, scrape.buffer, sink);
        } else {
          // As node_exporter shows a port that is switched off.
          sink.add(kMetrics[i], 0, port.labels);
        }
      }
    });
    return error == 0 ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  static constexpr const char* kClass = "class/fc_host";

  platform::OpenFiles open_files_;
  platform::Devices<Port> ports_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Fibrechannel>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "fibrechannel",
    .summary = "Fibre Channel adapters from /sys/class/fc_host",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::fibrechannel
