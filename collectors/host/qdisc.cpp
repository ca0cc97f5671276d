// Queueing disciplines at the root of the network devices, by rtnetlink (RTM_GETQDISC, see rtnetlink(7) and tc(8)).
// --collector.qdisc.fixtures reads results.json of a folder instead:
//   [{"IfaceName": "eth0", "Kind": "fq_codel", "Bytes": 83, "Packets": 2, "Drops": 1, "Requeues": 0}]
#include <linux/rtnetlink.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "collectors/host/filter_options.h"
#include "collectors/host/link_table.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/json_records.h"
#include "platform/netlink.h"
#include "platform/regex.h"
#include "platform/text.h"
#include "platform/traffic_messages.h"

namespace exporter::host::qdisc {
namespace {

namespace netlink = platform::netlink;

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_qdisc_bytes_total", "Bytes sent.", {"device", "kind"}},
    {MetricType::counter, "node_qdisc_packets_total", "Packets sent.", {"device", "kind"}},
    {MetricType::counter, "node_qdisc_drops_total", "Packets dropped.", {"device", "kind"}},
    {MetricType::counter, "node_qdisc_requeues_total", "Packets put back into the queue.", {"device", "kind"}},
    {MetricType::counter, "node_qdisc_overlimits_total", "Packets held back by a limit.", {"device", "kind"}},
    {MetricType::gauge, "node_qdisc_current_queue_length", "Packets in the queue.", {"device", "kind"}},
    {MetricType::gauge, "node_qdisc_backlog", "Bytes in the queue.", {"device", "kind"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.qdisc.fixtures", OptionType::text, "",
     "Folder whose results.json to read instead of asking the kernel."},
    {"collector.qdisc.device-include", OptionType::regex, "",
     "Network devices to show, by name; not together with device-exclude."},
    {"collector.qdisc.device-exclude", OptionType::regex, "",
     "Network devices to leave out, by name; not together with device-include."},
    {.name = "collector.qdisk.device-include",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.qdisc.device-include.",
     .hidden = true},
    {.name = "collector.qdisk.device-exclude",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.qdisc.device-exclude.",
     .hidden = true},
};

platform::Filter filter_of(const Options& options) {
  const auto& include = either(options, "collector.qdisc.device-include", "collector.qdisk.device-include");
  const auto& exclude = either(options, "collector.qdisc.device-exclude", "collector.qdisk.device-exclude");
  if (!include.empty() && !exclude.empty()) {
    throw OptionError("options collector.qdisc.device-include and collector.qdisc.device-exclude exclude each other");
  }
  return filter_from(include, exclude);
}

std::uint64_t field(const platform::JsonRecord& record, std::string_view name) {
  const auto found = record.find(name);
  return found == record.end() ? 0 : platform::number<std::uint64_t>(found->second).value_or(0);
}

std::string_view text(const platform::JsonRecord& record, std::string_view name) {
  const auto found = record.find(name);
  return found == record.end() ? std::string_view{} : std::string_view(found->second);
}

class QdiscCollector final : public Collector {
 public:
  explicit QdiscCollector(const Environment& environment)
      : links_(environment.shared.get<LinkTable>()),
        filter_(filter_of(environment.options)),
        recorded_(!environment.options.text("collector.qdisc.fixtures").empty()),
        folder_(environment.options.text("collector.qdisc.fixtures")),
        file_(folder_, "results.json"),
        request_(RTM_GETQDISC, tcmsg{}) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const Outcome outcome = recorded_ ? from_file(scrape, sink) : from_netlink(sink);
    ++scrapes_;
    std::erase_if(devices_, [&](const auto& entry) { return entry.second.scrape + 1 != scrapes_; });
    return outcome;
  }

 private:
  struct Device {
    bool kept = false;
    std::uint64_t scrape = UINT64_MAX;
    std::string kind;
    LabelBlock labels;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };

  void write(Sink& sink, std::string_view name, const platform::Qdisc& qdisc) {
    auto found = devices_.find(name);
    if (found == devices_.end()) {
      found = devices_.emplace(std::string(name), Device{}).first;
      found->second.kept = filter_.keeps(name);
    }
    Device& device = found->second;
    if (!device.kept || device.scrape == scrapes_) {
      device.scrape = scrapes_;  // one root for a device: a second line would be the same series again
      return;
    }
    device.scrape = scrapes_;
    if (device.kind != qdisc.kind) {
      device.kind = qdisc.kind;
      device.labels = LabelBlock(kMetrics[0], {name, qdisc.kind});
    }
    const std::uint64_t values[] = {qdisc.bytes,      qdisc.packets,        qdisc.drops,       qdisc.requeues,
                                    qdisc.overlimits, qdisc.queued_packets, qdisc.queued_bytes};
    static_assert(std::size(values) == std::size(kMetrics));
    for (std::size_t i = 0; i < std::size(kMetrics); ++i) {
      sink.add(kMetrics[i], values[i], device.labels);
    }
  }

  Outcome from_netlink(Sink& sink) {
    int error = names_.read(links_);
    if (error == 0) {
      error = socket_.dump(
          request_, [&] { found_.clear(); }, [&](const netlink::Message& message) { take(message); });
    }
    if (error != 0) {
      sink.problem(Problem::io, "rtnetlink queueing disciplines", error);
      return Outcome::failed;
    }
    for (Found& found : found_) {
      found.qdisc.kind = found.kind.data();
      if (const auto name = names_.find(found.qdisc.link); !name.empty()) {
        write(sink, name, found.qdisc);
      }
    }
    return Outcome::ok;
  }

  // What is found is written after the dump only: it may have to start again.
  void take(const netlink::Message& message) {
    const auto qdisc = message.type == RTM_NEWQDISC ? platform::parse_qdisc(message.payload) : std::nullopt;
    if (qdisc && qdisc->root) {
      Found& found = found_.emplace_back();
      found.qdisc = *qdisc;
      qdisc->kind.copy(found.kind.data(), found.kind.size() - 1);
    }
  }

  Outcome from_file(const Scrape& scrape, Sink& sink) {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    if (text_ != scrape.buffer.text() || !records_) {
      text_ = scrape.buffer.text();
      records_ = platform::read_json_records(text_);
    }
    if (!records_) {
      sink.problem(Problem::parse, file_.name());
      return Outcome::failed;
    }
    for (const auto& record : *records_) {
      if (field(record, "Parent") == 0) {
        platform::Qdisc qdisc;
        qdisc.kind = text(record, "Kind");
        qdisc.bytes = field(record, "Bytes");
        qdisc.packets = field(record, "Packets");
        qdisc.drops = static_cast<std::uint32_t>(field(record, "Drops"));
        qdisc.requeues = static_cast<std::uint32_t>(field(record, "Requeues"));
        qdisc.overlimits = static_cast<std::uint32_t>(field(record, "Overlimits"));
        qdisc.queued_packets = static_cast<std::uint32_t>(field(record, "Qlen"));
        qdisc.queued_bytes = static_cast<std::uint32_t>(field(record, "Backlog"));
        write(sink, text(record, "IfaceName"), qdisc);
      }
    }
    return Outcome::ok;
  }

  struct Found {
    platform::Qdisc qdisc;
    std::array<char, 16> kind{};  // IFNAMSIZ: what qdisc.kind pointed to is gone after the dump
  };

  LinkTable::Reader links_;
  LinkNames names_;
  platform::Filter filter_;
  bool recorded_;
  platform::Dir folder_;
  platform::KeptFile file_;
  std::string text_;
  std::optional<std::vector<platform::JsonRecord>> records_;
  netlink::Socket socket_{NETLINK_ROUTE};
  netlink::Request request_;
  std::vector<Found> found_;
  std::uint64_t scrapes_ = 0;
  std::unordered_map<std::string, Device, Hash, std::equal_to<>> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) {
  return std::make_unique<QdiscCollector>(environment);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "qdisc",
    .summary = "queueing disciplines of network devices, by netlink",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // the rtnl lock is held for seconds where containers come and go
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .worker = "rtnl",
};

}  // namespace exporter::host::qdisc
