// Neighbours of IPv4 by device: rtnetlink (RTM_GETNEIGH, see rtnetlink(7)), or /proc/net/arp (arp(7)):
//   192.0.2.1        0x1         0x2         02:00:00:00:00:05     *        eth0
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <string>
#include <unordered_map>

#include "collectors/host/filter_options.h"
#include "collectors/host/link_table.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/netlink.h"
#include "platform/regex.h"
#include "platform/text.h"

namespace exporter::host::arp {
namespace {

namespace netlink = platform::netlink;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_arp_entries", "IPv4 neighbours that the kernel knows on the device.", {"device"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.arp.device-include", OptionType::regex, "",
     "Devices whose neighbours to count, by name; not together with device-exclude."},
    {"collector.arp.device-exclude", OptionType::regex, "",
     "Devices whose neighbours not to count, by name; not together with device-include."},
    {"collector.arp.netlink", OptionType::flag, "true",
     "Ask the kernel by netlink instead of reading net/arp below --path.procfs."},
};

ndmsg of_ipv4() {
  ndmsg header{};
  header.ndm_family = AF_INET;
  return header;
}

platform::Filter filter_of(const Options& options) {
  const auto& include = options.text("collector.arp.device-include");
  const auto& exclude = options.text("collector.arp.device-exclude");
  if (!include.empty() && !exclude.empty()) {
    throw OptionError("options collector.arp.device-include and collector.arp.device-exclude exclude each other");
  }
  return filter_from(include, exclude);
}

class Arp final : public Collector {
 public:
  explicit Arp(const Environment& environment)
      : links_(environment.shared.get<LinkTable>()),
        filter_(filter_of(environment.options)),
        netlink_(environment.options.flag("collector.arp.netlink")),
        request_(RTM_GETNEIGH, of_ipv4()),
        file_(environment.host.proc, "net/arp") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    ++round_;
    const Outcome outcome = netlink_ ? from_netlink(sink) : from_text(scrape, sink);
    // One walk: that of a map of thousands costs more than all the rest.
    for (auto place = devices_.begin(); place != devices_.end();) {
      const Device& device = place->second;
      if (device.round != round_) {
        place = devices_.erase(place);
        continue;
      }
      if (device.kept) {
        sink.add(kMetrics[0], device.entries, device.labels);
      }
      ++place;
    }
    return outcome;
  }

 private:
  struct Device {
    bool kept = false;
    std::uint64_t entries = 0;
    LabelBlock labels;
    std::uint64_t round = 0;  // of the last scrape that saw it
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  void add(std::string_view name, std::uint64_t entries) {
    auto found = devices_.find(name);
    if (found == devices_.end()) {
      found = devices_.emplace(std::string(name), Device{filter_.keeps(name), 0, {kMetrics[0], {name}}}).first;
    }
    Device& device = found->second;
    device.entries = entries + (device.round == round_ ? device.entries : 0);
    device.round = round_;
  }

  // The kernel keeps neighbours in hash order: the devices come mixed.
  Outcome from_netlink(Sink& sink) {
    int error = socket_.dump(
        request_,
        [&] {
          for (auto& [link, count] : counts_) {
            count = 0;
          }
        },
        [&](const netlink::Message& message) {
          const auto neighbour = message.header<ndmsg>();
          if (message.type == RTM_NEWNEIGH && neighbour && neighbour->ndm_family == AF_INET &&
              (neighbour->ndm_state & NUD_NOARP) == 0) {
            ++counts_[neighbour->ndm_ifindex];
          }
        });
    if (error == 0 && !counts_.empty()) {
      // A link that vanished since has no name, and no neighbours.
      error = links_.each([&](const platform::Link& link) {
        const auto found = counts_.find(link.index);
        if (found != counts_.end() && found->second != 0) {
          add(link.name, found->second);
        }
      });
      std::erase_if(counts_, [](const auto& entry) { return entry.second == 0; });
    }
    if (error != 0) {
      sink.problem(Problem::io, "rtnetlink neighbours", error);
      return Outcome::failed;
    }
    return Outcome::ok;
  }

  Outcome from_text(const Scrape& scrape, Sink& sink) {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view rest = scrape.buffer.text();
    platform::take(rest, '\n');
    while (!rest.empty()) {
      std::string_view line = platform::take(rest, '\n');
      std::string_view device;
      for (int column = 0; column < 6; ++column) {
        device = platform::word(line);
      }
      if (device.empty()) {
        sink.problem(Problem::parse, file_.name());
      } else {
        add(device, 1);
      }
    }
    return Outcome::ok;
  }

  LinkTable::Reader links_;
  platform::Filter filter_;
  bool netlink_;
  netlink::Socket socket_{NETLINK_ROUTE};
  netlink::Request request_;
  platform::KeptFile file_;
  std::unordered_map<int, std::uint64_t> counts_;  // by the index of the link
  std::unordered_map<std::string, Device, Hash, std::equal_to<>> devices_;
  std::uint64_t round_ = 0;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Arp>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "arp",
    .summary = "IPv4 neighbours by device, by netlink or from /proc/net/arp",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,  // the rtnl lock is held for seconds where containers come and go
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .worker = "rtnl",
};

}  // namespace exporter::host::arp
