// Counters of network devices, by rtnetlink (RTM_GETLINK, IFLA_STATS64) or from /proc/net/dev (proc_net(5)):
//   eth0: 135015506    2728    0    0    0     0          0         0   125331    1569    0    0    0     0       0 0
// Addresses by rtnetlink (RTM_GETADDR).
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

#include "collectors/host/filter_options.h"
#include "collectors/host/link_table.h"
#include "collectors/host/netdev_metrics.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/link_dump.h"
#include "platform/regex.h"
#include "platform/text.h"

namespace exporter::host::netdev {
namespace {

using platform::LinkStat;

constexpr OptionDesc kOptions[] = {
    {"collector.netdev.device-include", OptionType::regex, "",
     "Network devices to show, by name; not together with device-exclude."},
    {"collector.netdev.device-exclude", OptionType::regex, "",
     "Network devices to leave out, by name; not together with device-include."},
    {.name = "collector.netdev.device-whitelist",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.netdev.device-include.",
     .hidden = true,
     .notice = "use collector.netdev.device-include"},
    {.name = "collector.netdev.device-blacklist",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.netdev.device-exclude.",
     .hidden = true,
     .notice = "use collector.netdev.device-exclude"},
    {"collector.netdev.address-info", OptionType::flag, "false",
     "Show the addresses of the devices as node_network_address_info."},
    {"collector.netdev.enable-detailed-metrics", OptionType::flag, "false",
     "Show the kernel's own counters instead of the sums that /proc/net/dev has."},
    {"collector.netdev.netlink", OptionType::flag, "true",
     "Ask the kernel by netlink instead of reading net/dev below --path.procfs."},
    {"collector.netdev.label-ifalias", OptionType::flag, "false", "Add the alias of the device as label ifalias."},
};

std::span<const Row> rows_for(bool netlink, bool detailed) {
  if (detailed) {
    return netlink ? std::span<const Row>(kDetails) : std::span<const Row>(kDetailsOfText);
  }
  return netlink ? std::span<const Row>(kSums) : std::span<const Row>(kSums).subspan(1);
}

platform::Filter filter_of(const Options& options) {
  const auto& include = either(options, "collector.netdev.device-include", "collector.netdev.device-whitelist");
  const auto& exclude = either(options, "collector.netdev.device-exclude", "collector.netdev.device-blacklist");
  if (!include.empty() && !exclude.empty()) {
    throw OptionError("options collector.netdev.device-include and collector.netdev.device-exclude exclude each other");
  }
  return filter_from(include, exclude);
}

class Netdev final : public Collector {
 public:
  explicit Netdev(const Environment& environment)
      : sys_(environment.host.sys),
        links_(environment.shared.get<LinkTable>()),
        filter_(filter_of(environment.options)),
        netlink_(environment.options.flag("collector.netdev.netlink")),
        addresses_(environment.options.flag("collector.netdev.address-info")),
        alias_(environment.options.flag("collector.netdev.label-ifalias")),
        rows_(rows_for(netlink_, environment.options.flag("collector.netdev.enable-detailed-metrics"))),
        file_(environment.host.proc, "net/dev") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const Outcome outcome = netlink_ ? from_netlink(scrape, sink) : from_text(scrape, sink);
    if (outcome == Outcome::ok && addresses_) {
      write_addresses(sink);
    }
    std::erase_if(devices_, [&](const auto& entry) { return entry.second.generation != scrape.generation; });
    return outcome;
  }

 private:
  struct Device {
    bool kept = false;
    bool labelled = false;
    std::uint64_t generation = 0;
    std::string alias;
    LabelBlock labels;
    std::unique_ptr<platform::KeptFile> alias_file;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct Found {
    int link = 0;
    unsigned prefix = 0;
    std::size_t size = 0;
    std::array<char, 16> octets{};
  };

  Device& device(const Scrape& scrape, std::string_view name) {
    auto found = devices_.find(name);
    if (found == devices_.end()) {
      found = devices_.emplace(std::string(name), Device{}).first;
      found->second.kept = filter_.keeps(name);
    }
    found->second.generation = scrape.generation;
    return found->second;
  }

  void label(Device& device, std::string_view name, std::string_view alias) {
    if (device.labelled && device.alias == alias) {
      return;
    }
    device.labelled = true;
    device.alias = alias;
    device.labels.clear();
    device.labels.append("device", name);
    if (alias_) {
      device.labels.append("ifalias", alias);
    }
  }

  void write(Sink& sink, const Device& device, const platform::LinkStats& stats) const {
    for (const Row& row : rows_) {
      std::uint64_t sum = 0;
      for (std::uint32_t left = row.counters; left != 0; left &= left - 1) {
        sum += stats[static_cast<std::size_t>(std::countr_zero(left))];
      }
      sink.add(*row.metric, sum, device.labels);
    }
  }

  Outcome from_netlink(const Scrape& scrape, Sink& sink) {
    const int error = links_.each([&](const platform::Link& link) {
      Device& entry = device(scrape, link.name);
      if (entry.kept && link.has_stats) {
        label(entry, link.name, alias_ ? link.alias : std::string_view{});
        write(sink, entry, link.stats);
      }
    });
    if (error != 0) {
      sink.problem(Problem::io, "rtnetlink links", error);
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
    platform::take(rest, '\n');
    while (!rest.empty()) {
      std::string_view line = platform::take(rest, '\n');
      // Aliases of old kernels ("eth0:1") contain colons: the last one ends the name.
      const auto colon = line.rfind(':');
      const auto name = platform::trim(line.substr(0, colon));
      platform::LinkStats stats{};
      bool whole = colon != std::string_view::npos && !name.empty();
      line.remove_prefix(whole ? colon + 1 : 0);
      for (const LinkStat column : kColumns) {
        const auto value = platform::number<std::uint64_t>(platform::word(line));
        whole = whole && value;
        stats[static_cast<std::size_t>(column)] = value.value_or(0);
      }
      if (!whole) {
        sink.problem(Problem::parse, file_.name());
        continue;
      }
      Device& entry = device(scrape, name);
      if (entry.kept) {
        label(entry, name, alias_ ? read_alias(entry, name) : std::string_view{});
        write(sink, entry, stats);
      }
    }
    return Outcome::ok;
  }

  // The text of net/dev is still being read from the scrape's buffer: this needs its own.
  std::string_view read_alias(Device& device, std::string_view name) {
    if (!device.alias_file) {
      device.alias_file = std::make_unique<platform::KeptFile>(sys_, "class/net/" + std::string(name) + "/ifalias");
    }
    return device.alias_file->read_once(alias_buffer_) == 0 ? platform::trim(alias_buffer_.text()) : std::string_view{};
  }

  void write_addresses(Sink& sink) {
    addresses_found_.clear();
    int error = dump_.addresses([&] { addresses_found_.clear(); },
                                [&](const platform::Address& address) {
                                  auto& found = addresses_found_.emplace_back();
                                  found.link = address.link;
                                  found.prefix = address.prefix;
                                  found.size = address.octets.size();
                                  address.octets.copy(found.octets.data(), found.octets.size());
                                });
    const auto by_link = [](const Found& a, const Found& b) { return a.link < b.link; };
    std::sort(addresses_found_.begin(), addresses_found_.end(), by_link);
    if (error == 0) {
      const auto write_all = [&](const platform::Link& link) {
        const auto [begin, end] =
            std::equal_range(addresses_found_.begin(), addresses_found_.end(), Found{link.index, 0, 0, {}}, by_link);
        std::for_each(begin, end, [&](const Found& found) { write_address(sink, link, found); });
      };
      error = netlink_ ? links_.again(write_all) : links_.each(write_all);
    }
    if (error != 0) {
      sink.problem(Problem::io, "rtnetlink addresses", error);
    }
  }

  static void write_address(Sink& sink, const platform::Link& link, const Found& found) {
    const std::string_view octets{found.octets.data(), found.size};
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(found.size == 4 ? AF_INET : AF_INET6, octets.data(), text.data(), text.size());
    std::array<char, 4> mask{};
    auto* const end = std::to_chars(mask.data(), mask.data() + mask.size(), found.prefix).ptr;
    sink.add(kAddressInfo, 1,
             {text.data(),
              link.name,
              {mask.data(), static_cast<std::size_t>(end - mask.data())},
              platform::scope_of({found.link, found.prefix, octets})});
  }

  const platform::Dir& sys_;
  LinkTable::Reader links_;
  platform::Filter filter_;
  bool netlink_;
  bool addresses_;
  bool alias_;
  std::span<const Row> rows_;
  platform::KeptFile file_;
  platform::ReadBuffer alias_buffer_;
  platform::LinkDump dump_;
  std::unordered_map<std::string, Device, Hash, std::equal_to<>> devices_;
  std::vector<Found> addresses_found_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Netdev>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "netdev",
    .summary = "counters and addresses of network devices, by netlink or from /proc/net/dev",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,  // the rtnl lock is held for seconds where containers come and go
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .worker = "rtnl",
};

}  // namespace exporter::host::netdev
