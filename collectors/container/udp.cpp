// UDP sockets inside a container's network namespace: how many, what they dropped and what waits in their queues.
//
// /proc/<pid>/net/udp and udp6 (proc_net(5)); the kernel writes the queues as send:receive, which cAdvisor takes the
// other way round:
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
//  123: 00000000:0035 00000000:0000 07 00000000:00000100 00:00000000 00000000     0        0 12345 2 00000000 4
// Namespaces are shown once, as in the network collector.
#include <array>

#include "collectors/container/processes.h"
#include "platform/host.h"

namespace exporter::container::udp {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "container_network_udp_usage_total",
     "UDP sockets, datagrams they dropped and octets in their queues.",
     {"udp_state"},
     Naming::legacy},
    {MetricType::gauge,
     "container_network_udp6_usage_total",
     "UDP sockets of IPv6, datagrams they dropped and octets in their queues.",
     {"udp_state"},
     Naming::legacy},
};
constexpr std::array<const char*, 2> kTables = {"net/udp", "net/udp6"};

struct Totals {
  std::uint64_t sockets = 0;
  std::uint64_t dropped = 0;
  std::uint64_t received = 0;
  std::uint64_t to_send = 0;
};

bool add_line(std::string_view line, Totals& totals) {
  for (int skip = 0; skip < 4; ++skip) {
    platform::word(line);
  }
  std::string_view queues = platform::word(line);
  const auto to_send = platform::hex_number<std::uint32_t>(platform::take(queues, ':'));
  const auto received = platform::hex_number<std::uint32_t>(queues);
  for (int skip = 0; skip < 7; ++skip) {
    platform::word(line);
  }
  const auto dropped = platform::number<std::uint64_t>(platform::word(line));
  if (!to_send || !received || !dropped) {
    return false;
  }
  ++totals.sockets;
  totals.dropped += *dropped;
  totals.received += *received;
  totals.to_send += *to_send;
  return true;
}

class Udp final : public Collector {
 public:
  explicit Udp(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        namespaces_(environment.shared.get<NetworkNamespaces>(environment)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (const auto& [container, pid] : namespaces_.owners(scrape)) {
      for (std::size_t i = 0; i < kTables.size(); ++i) {
        if (inventory_.host().proc.read(ProcessPath(pid, kTables[i]).text(), scrape.buffer) == 0) {
          write(i, *container, scrape.buffer.text(), sink);
        }
      }
    }
    return Outcome::ok;
  }

 private:
  static void write(std::size_t table, const Container& container, std::string_view text, Sink& sink) {
    Totals totals;
    platform::take(text, '\n');
    while (!text.empty()) {
      if (!add_line(platform::take(text, '\n'), totals)) {
        sink.problem(Problem::parse, kTables[table]);
      }
    }
    sink.add(kMetrics[table], totals.sockets, container.labels, {"listen"});
    sink.add(kMetrics[table], totals.dropped, container.labels, {"dropped"});
    sink.add(kMetrics[table], totals.received, container.labels, {"rxqueued"});
    sink.add(kMetrics[table], totals.to_send, container.labels, {"txqueued"});
  }

  Inventory& inventory_;
  NetworkNamespaces& namespaces_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Udp>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.udp",
    .summary = "UDP sockets of containers and their queues",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::udp
