// Network devices: state, settings and speed, from rtnetlink (RTM_GETLINK, see rtnetlink(7)) and the files of
// /sys/class/net/<device> (Documentation/ABI/testing/sysfs-class-net): "mtu" 1500, "operstate" up, "speed" 1000, ...
// With another --path.sysfs than /sys, which may show another network namespace than our own, from files only.
//
// With a worker of its own: "speed" and "duplex" take the rtnl lock, which the kernel holds for seconds on a node where
// containers come and go, and ask the driver, which may ask the firmware. All other values come without waiting.
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/host/filter_options.h"
#include "collectors/host/link_table.h"
#include "collectors/host/netclass_interface.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/attributes.h"
#include "platform/devices.h"
#include "platform/host.h"
#include "platform/netlink.h"
#include "platform/regex.h"
#include "platform/row_cache.h"

namespace exporter::host::netclass {
namespace {

namespace netlink = platform::netlink;

constexpr OptionDesc kOptions[] = {
    {"collector.netclass.ignored-devices", OptionType::regex, "^$", "Network devices to leave out, by name."},
    {"collector.netclass.ignore-invalid-speed", OptionType::flag, "false",
     "Leave out the speed where it is not known instead of showing a negative one."},
    {"collector.netclass.netlink", OptionType::flag, "false",
     "Show what link messages say as they say it, further names too; ignores --path.sysfs."},
    {"collector.netclass_rtnl.with-stats", OptionType::flag, "false",
     "With collector.netclass.netlink: show the counters of the devices too, as gauges; switch netdev off then."},
};

// In the order of platform::LinkStat.
constexpr const char* kStats[platform::kLinkStats] = {
    "node_network_receive_packets_total",
    "node_network_transmit_packets_total",
    "node_network_receive_bytes_total",
    "node_network_transmit_bytes_total",
    "node_network_receive_errors_total",
    "node_network_transmit_errors_total",
    "node_network_receive_dropped_total",
    "node_network_transmit_dropped_total",
    "node_network_multicast_total",
    "node_network_collisions_total",
    "node_network_receive_length_errors_total",
    "node_network_receive_over_errors_total",
    "node_network_receive_crc_errors_total",
    "node_network_receive_frame_errors_total",
    "node_network_receive_fifo_errors_total",
    "node_network_receive_missed_errors_total",
    "node_network_transmit_aborted_errors_total",
    "node_network_transmit_carrier_errors_total",
    "node_network_transmit_fifo_errors_total",
    "node_network_transmit_heartbeat_errors_total",
    "node_network_transmit_window_errors_total",
    "node_network_receive_compressed_total",
    "node_network_transmit_compressed_total",
    "node_network_receive_nohandler_total",
};

constexpr const char* kFolder = "class/net";
// Devices whose files are read anew at each scrape, in turn, besides those whose link changed: a machine with fewer
// devices is always exact, one with thousands sees what no link message tells (a bond's speed) some scrapes later.
constexpr std::size_t kTurn = 32;
// Devices whose folder and files stay open.
constexpr std::size_t kKeptOpen = 256;

class Netclass final : public Collector {
 public:
  explicit Netclass(const Environment& environment)
      : sys_(environment.host.sys),
        ignored_(filter_from({}, environment.options.text("collector.netclass.ignored-devices"))),
        ignore_invalid_speed_(environment.options.flag("collector.netclass.ignore-invalid-speed")),
        style_(environment.options.flag("collector.netclass.netlink") ? Style::message : Style::sysfs),
        stats_(style_ == Style::message && environment.options.flag("collector.netclass_rtnl.with-stats")),
        netlink_(style_ == Style::message || environment.host.sysfs == platform::Host{}.sysfs),
        links_(environment.shared.get<LinkTable>()),
        devices_(sys_, kFolder) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    return netlink_ ? from_netlink(scrape, sink) : from_files(scrape, sink);
  }

 private:
  struct Device {
    Interface interface;
    platform::Attributes attributes;
  };
  // What ethtool netlink (Documentation/networking/ethtool-netlink.rst) says of a device, also of one that is down.
  struct Mode {
    std::uint32_t link = 0;
    std::optional<std::uint32_t> speed;
    std::optional<std::uint8_t> duplex;
  };
  struct Row {
    Interface interface;
    std::optional<platform::Attributes> attributes;
    int link = 0;
    bool stale = true;  // the files are to be read as soon as may be
  };

  Outcome from_files(const Scrape& scrape, Sink& sink) {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      return Device{Interface(name, !ignored_.keeps(name)), {std::move(folder), kFiles, open_files_}};
    };
    const int error = devices_.each(make, [&](std::string_view, Device& device) {
      if (!device.interface.ignored() && device.interface.read_files(device.attributes, scrape.buffer, sink)) {
        device.interface.write(sink, style_, ignore_invalid_speed_);
      }
    });
    return error == 0 ? Outcome::ok : unreadable(sink, kFolder, error);
  }

  Outcome from_netlink(const Scrape& scrape, Sink& sink) {
    present_.clear();
    rows_.start();
    const int error = links_.each([&](const platform::Link& link) { take(sink, link); });
    rows_.finish();
    if (error != 0) {
      present_.clear();
      sink.problem(Problem::io, "rtnetlink links", error);
      return Outcome::failed;
    }
    // Other collectors may use the links again: from here on it may take time.
    read_lacking(scrape, sink);
    if (style_ == Style::message) {
      ask_modes(sink);
    }
    for (Row* row : present_) {
      row->interface.write(sink, style_, ignore_invalid_speed_);
    }
    return Outcome::ok;
  }

  void take(Sink& sink, const platform::Link& link) {
    Row& row = rows_.at(link.name, [&] { return Row{Interface(link.name, !ignored_.keeps(link.name)), {}}; });
    if (row.interface.ignored()) {
      return;
    }
    if (row.link != link.index) {
      row.link = link.index;
      row.attributes.reset();  // another device under the name: the folder is that of the old one
    }
    if (row.interface.take(link, style_)) {
      row.stale = true;
    }
    present_.push_back(&row);
    if (stats_ && link.has_stats) {
      for (std::size_t i = 0; i < platform::kLinkStats; ++i) {
        sink.add(sink.dynamic(MetricType::gauge, kStats[i], "Counter of the device, see rtnl_link_stats64."),
                 link.stats[i], row.interface.labels());
      }
    }
  }

  void read_lacking(const Scrape& scrape, Sink& sink) {
    const std::size_t turn = std::min(kTurn, present_.size());
    for (std::size_t i = 0; i < turn; ++i) {
      present_[(next_ + i) % present_.size()]->stale = true;
    }
    next_ = present_.empty() ? 0 : (next_ + turn) % present_.size();
    for (std::size_t i = 0; i < present_.size(); ++i) {
      Row& row = *present_[i];
      if (row.stale) {
        // What is not read in time keeps its values, and is read at the next scrape that has time.
        if (std::chrono::steady_clock::now() >= scrape.deadline) {
          return;
        }
        read_lacking(scrape, sink, row, i < kKeptOpen);
      }
    }
  }

  void read_lacking(const Scrape& scrape, Sink& sink, Row& row, bool keep) {
    if (!row.attributes) {
      const std::string path = std::string(kFolder) + "/" + row.interface.name();
      platform::Dir folder;
      if (sys_.open_dir(path.c_str(), folder) != 0) {
        return;  // vanished since the dump, or not shown by this sysfs
      }
      row.attributes.emplace(std::move(folder), kLacking, open_files_);
    }
    row.interface.read_lacking(*row.attributes, scrape.buffer, sink, style_);
    row.stale = false;
    if (!keep) {
      row.attributes.reset();
    }
  }

  void ask_modes(Sink& sink) {
    modes_.clear();
    std::uint16_t family = 0;
    int error = ethtool_.family(ETHTOOL_GENL_NAME, family);
    if (error == 0) {
      netlink::Request request(family, genlmsghdr{ETHTOOL_MSG_LINKMODES_GET, ETHTOOL_GENL_VERSION, 0});
      // Else the kernel writes out the name of each mode.
      request.begin(ETHTOOL_A_LINKMODES_HEADER)
          .put_number<std::uint32_t>(ETHTOOL_A_HEADER_FLAGS, ETHTOOL_FLAG_COMPACT_BITSETS)
          .end();
      error = ethtool_.dump(
          request, [&] { modes_.clear(); }, [&](const netlink::Message& message) { take(message); });
    }
    if (error != 0 && error != ENOENT) {  // ENOENT: a kernel before 5.6, which shows no modes this way
      sink.problem(Problem::io, "ethtool link modes", error);
    }
    const auto by_link = [](const Mode& a, const Mode& b) { return a.link < b.link; };
    std::sort(modes_.begin(), modes_.end(), by_link);
    for (Row* row : present_) {
      const Mode wanted{static_cast<std::uint32_t>(row->link), {}, {}};
      const auto found = std::lower_bound(modes_.begin(), modes_.end(), wanted, by_link);
      const Mode& mode = found != modes_.end() && found->link == wanted.link ? *found : wanted;
      row->interface.take_mode(mode.speed, mode.duplex);
    }
  }

  void take(const netlink::Message& message) {
    Mode& mode = modes_.emplace_back();
    netlink::each_attribute(message.behind(sizeof(genlmsghdr)), [&](const netlink::Attribute& attribute) {
      if (attribute.type == ETHTOOL_A_LINKMODES_SPEED) {
        mode.speed = attribute.as<std::uint32_t>();
      } else if (attribute.type == ETHTOOL_A_LINKMODES_DUPLEX) {
        mode.duplex = attribute.as<std::uint8_t>();
      } else if (attribute.type == ETHTOOL_A_LINKMODES_HEADER) {
        netlink::each_attribute(attribute.payload, [&](const netlink::Attribute& inner) {
          if (inner.type == ETHTOOL_A_HEADER_DEV_INDEX) {
            mode.link = inner.as<std::uint32_t>().value_or(0);
          }
        });
      }
    });
  }

  const platform::Dir& sys_;
  platform::Filter ignored_;
  bool ignore_invalid_speed_;
  Style style_;
  bool stats_;
  bool netlink_;
  LinkTable::Reader links_;
  platform::OpenFiles open_files_;
  platform::Devices<Device> devices_;
  platform::RowCache<Row> rows_;
  std::vector<Row*> present_;  // rows of this scrape that are shown
  netlink::Socket ethtool_{NETLINK_GENERIC};
  std::vector<Mode> modes_;
  std::size_t next_ = 0;  // of present_, whose turn it is
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Netclass>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "netclass",
    .summary = "state, settings and speed of network devices, by netlink and from /sys/class/net",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .worker = "rtnl",
};

}  // namespace exporter::host::netclass
