// TCP sockets by state inside a container's network namespace.
//
// By sock_diag(7), asked from a socket in that namespace: 0.14 ms a namespace and family on a machine whose hash table
// of connections has 262144 places, since the kernel walks it for each namespace. That needs CAP_SYS_ADMIN and
// CAP_SYS_PTRACE. Without them /proc/<pid>/net/tcp and tcp6 (proc_net(5)) say the same at 3.9 ms each:
//    0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8123 1 ...
// Namespaces are shown once, as in the network collector.
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "collectors/container/processes.h"
#include "platform/host.h"
#include "platform/tcp_sockets.h"

namespace exporter::container::tcp {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_network_tcp_usage_total", "TCP sockets by state.", {"tcp_state"}, Naming::legacy},
    {MetricType::gauge,
     "container_network_tcp6_usage_total",
     "TCP sockets of IPv6 by state.",
     {"tcp_state"},
     Naming::legacy},
};
// By TcpState's numbers.
constexpr std::array<std::string_view, 12> kStates = {"",          "established", "synsent",  "synrecv",
                                                      "finwait1",  "finwait2",    "timewait", "close",
                                                      "closewait", "lastack",     "listen",   "closing"};
constexpr std::uint32_t kAllStates = ((1U << platform::kTcpStates) - 1) & ~1U;
constexpr std::chrono::milliseconds kTableTime{20};  // that a table may take at the end of a scrape's time

struct Family {
  std::uint8_t number;
  const char* table;
};
constexpr std::array<Family, 2> kFamilies{{{AF_INET, "net/tcp"}, {AF_INET6, "net/tcp6"}}};

using Counts = std::array<std::uint64_t, kStates.size()>;

void count(const platform::TcpSocket& socket, Counts& counts) {
  const auto state = socket.state == platform::TcpState::new_syn_recv ? platform::TcpState::syn_recv : socket.state;
  ++counts[static_cast<std::size_t>(state)];
}

class Tcp final : public Collector {
 public:
  explicit Tcp(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        namespaces_(environment.shared.get<NetworkNamespaces>(environment)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    const std::uint64_t here = inode_of("self/net/dev");
    const bool may_leave = !refused_ && inventory_.host().proc.open_file("thread-self/ns/net", home_) == 0;
    for (const auto& [container, pid] : namespaces_.owners(scrape)) {
      const bool ours = here != 0 && here == inode_of(ProcessPath(pid, "net/dev").text());
      const bool asked = ours || (may_leave && enter(pid));
      for (std::size_t i = 0; i < kFamilies.size(); ++i) {
        Counts counts{};
        if ((asked && ask(ours ? here_ : there_, kFamilies[i], counts)) ||
            read_table(pid, kFamilies[i], counts, scrape, sink)) {
          for (std::size_t state = 1; state < kStates.size(); ++state) {
            sink.add(kMetrics[i], counts[state], container->labels, {kStates[state]});
          }
        }
      }
      there_.close();  // or the namespace would outlive its container
    }
    return Outcome::ok;
  }

 private:
  std::uint64_t inode_of(const char* path) const noexcept {
    struct stat status {};
    return ::fstatat(inventory_.host().proc.fd(), path, &status, 0) == 0 ? status.st_ino : 0;
  }

  // False when the namespace cannot be entered.
  bool enter(std::int32_t pid) {
    platform::Fd file;
    if (refused_ || inventory_.host().proc.open_file(ProcessPath(pid, "ns/net").text(), file) != 0) {
      return false;
    }
    const int error = there_.open_in(file, home_);
    refused_ = error == EPERM || error == ENOSYS;  // stays so while this program runs
    return error == 0;
  }

  static bool ask(platform::TcpDump& dump, const Family& family, Counts& counts) {
    return dump.sockets(
               family.number, kAllStates, [&] { counts = {}; },
               [&](const platform::TcpSocket& socket) { count(socket, counts); }) == 0;
  }

  bool read_table(std::int32_t pid, const Family& family, Counts& counts, const Scrape& scrape, Sink& sink) const {
    if (std::chrono::steady_clock::now() + kTableTime > scrape.deadline) {
      sink.problem(Problem::deadline, family.table);
      return false;
    }
    counts = {};
    if (inventory_.host().proc.read(ProcessPath(pid, family.table).text(), scrape.buffer) != 0) {
      return false;  // it ended, or there is no IPv6
    }
    std::string_view text = scrape.buffer.text();
    platform::take(text, '\n');
    while (!text.empty()) {
      if (const auto socket = platform::parse_tcp_line(platform::take(text, '\n'))) {
        count(*socket, counts);
      } else {
        sink.problem(Problem::parse, family.table);
      }
    }
    return true;
  }

  Inventory& inventory_;
  NetworkNamespaces& namespaces_;
  platform::TcpDump here_;
  platform::TcpDump there_;
  platform::Fd home_;
  bool refused_ = false;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Tcp>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.tcp",
    .summary = "TCP sockets of containers by state",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::tcp
