// Bonds and the devices that belong to them (Documentation/networking/bonding.rst), by rtnetlink or from
//   /sys/class/net/bonding_masters                            bond0
//   /sys/class/net/bond0/bonding/slaves                       eth0 eth1
//   /sys/class/net/bond0/lower_eth0/bonding_slave/mii_status  up      (slave_eth0 before Linux 3.9)
// Reading these files waits for the rtnl lock, which the kernel may hold for long: with a worker of its own, which a
// machine without the bonding driver never gets.
#include <linux/if_bonding.h>

#include <array>
#include <string>
#include <vector>

#include "collectors/host/link_table.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::bonding {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_bonding_slaves", "Devices that belong to the bond.", {"master"}},
    {MetricType::gauge, "node_bonding_active", "Devices of the bond whose link is up.", {"master"}},
};

constexpr const char* kMasters = "class/net/bonding_masters";

class Bonding final : public Collector {
 public:
  explicit Bonding(const Environment& environment)
      : sys_(environment.host.sys),
        netlink_(environment.host.sysfs == platform::Host{}.sysfs),
        links_(environment.shared.get<LinkTable>()),
        bonds_known_(sys_, kMasters),
        masters_file_(sys_, kMasters) {}

  bool nothing_to_read() override { return !bonds_known_.there(); }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (nothing_to_read()) {
      return Outcome::no_data;
    }
    return netlink_ ? from_netlink(sink) : from_files(scrape, sink);
  }

 private:
  struct Slave {
    std::array<platform::KeptFile, 2> status;  // under its name of today and its old one
  };
  struct Master {
    LabelBlock labels;
    platform::KeptFile slaves;
    platform::RowCache<Slave> members;
  };
  struct Bond {
    int index = 0;
    std::uint64_t slaves = 0;
    std::uint64_t active = 0;
    std::array<char, 16> name{};
  };

  static void write(Sink& sink, const LabelBlock& labels, std::uint64_t slaves, std::uint64_t active) {
    sink.add(kMetrics[0], slaves, labels);
    sink.add(kMetrics[1], active, labels);
  }

  Outcome from_netlink(Sink& sink) {
    bonds_.clear();
    int error = links_.each([&](const platform::Link& link) {
      if (link.bond) {
        link.name.copy(bonds_.emplace_back(Bond{.index = link.index}).name.data(), 15);
      }
    });
    if (error == 0) {
      error = links_.again([&](const platform::Link& link) {
        for (Bond& bond : bonds_) {
          if (link.bond_state && bond.index == link.master) {
            ++bond.slaves;
            bond.active += *link.bond_state == BOND_LINK_UP ? 1 : 0;
          }
        }
      });
    }
    if (error != 0) {
      sink.problem(Problem::io, "rtnetlink links", error);
      return Outcome::failed;
    }
    for (const Bond& bond : bonds_) {
      sink.add(kMetrics[0], bond.slaves, {bond.name.data()});
      sink.add(kMetrics[1], bond.active, {bond.name.data()});
    }
    return Outcome::ok;
  }

  Outcome from_files(const Scrape& scrape, Sink& sink) {
    if (const int error = masters_file_.read_once(scrape.buffer)) {
      return unreadable(sink, kMasters, error);
    }
    // The buffer is read into again for each bond.
    names_.assign(scrape.buffer.text());
    masters_.start();
    std::string_view rest = names_;
    for (auto name = platform::word(rest); !name.empty(); name = platform::word(rest)) {
      read_master(scrape, sink, name);
    }
    masters_.finish();
    return Outcome::ok;
  }

  void read_master(const Scrape& scrape, Sink& sink, std::string_view name) {
    Master& master = masters_.at(name, [&] {
      return Master{{kMetrics[0], {name}}, {sys_, folder_of(name) + "bonding/slaves"}, {}};
    });
    if (const int error = master.slaves.read_once(scrape.buffer)) {
      unreadable(sink, master.slaves.name(), error);
      return;
    }
    members_.assign(scrape.buffer.text());
    std::uint64_t slaves = 0;
    std::uint64_t active = 0;
    master.members.start();
    std::string_view rest = members_;
    for (auto member = platform::word(rest); !member.empty(); member = platform::word(rest)) {
      Slave& slave = master.members.at(member, [&] {
        const std::string file = std::string(member) + "/bonding_slave/mii_status";
        return Slave{{platform::KeptFile{sys_, folder_of(name) + "lower_" + file},
                      platform::KeptFile{sys_, folder_of(name) + "slave_" + file}}};
      });
      ++slaves;
      active += up(slave, scrape, sink) ? 1 : 0;
    }
    master.members.finish();
    write(sink, master.labels, slaves, active);
  }

  static std::string folder_of(std::string_view device) { return "class/net/" + std::string(device) + "/"; }

  static bool up(Slave& slave, const Scrape& scrape, Sink& sink) {
    int error = 0;
    for (auto& file : slave.status) {
      error = file.read_once(scrape.buffer);
      if (error == 0) {
        return platform::trim(scrape.buffer.text()) == "up";
      }
    }
    unreadable(sink, slave.status.front().name(), error);
    return false;
  }

  const platform::Dir& sys_;
  bool netlink_;
  LinkTable::Reader links_;
  std::vector<Bond> bonds_;
  platform::KeptPresence bonds_known_;
  platform::KeptFile masters_file_;
  std::string names_;
  std::string members_;
  platform::RowCache<Master> masters_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Bonding>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "bonding",
    .summary = "devices of bonds and how many of them are up",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
    .worker = "rtnl",
};

}  // namespace exporter::host::bonding
