// TCP sockets by state, from sock_diag(7), or with --no-collector.tcpstat.netlink from /proc/net/tcp and tcp6:
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
//    0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20361 1 0000000000000000
//
// Upstream adds the queues of listening sockets, which count connections, to the sums of octets; here they are left
// out of them. With --collector.tcpstat.listen-ports the sockets are also counted by the port that listens.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/tcp_sockets.h"
#include "platform/text.h"

namespace exporter::host::tcpstat {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_tcp_connection_states",
     "TCP sockets by state; rx_queued_bytes and tx_queued_bytes are octets that wait in them.",
     {"state"}},
    {MetricType::gauge,
     "node_tcp_port_connections",
     "TCP sockets on a local port that listens, by state.",
     {"port", "state"}},
    {MetricType::gauge,
     "node_tcp_port_accept_queue_length",
     "Connections that wait to be accepted on the port.",
     {"port"}},
    {MetricType::gauge,
     "node_tcp_port_accept_queue_limit",
     "How many connections may wait to be accepted on the port; more are refused or dropped.",
     {"port"}},
};
enum Index : std::size_t { kStates, kPort, kQueue, kQueueLimit };

constexpr OptionDesc kOptions[] = {
    {"collector.tcpstat.netlink", OptionType::flag, "true", "ask by netlink instead of reading /proc/net/tcp"},
    {"collector.tcpstat.listen-ports", OptionType::flag, "false", "count sockets by the local port that listens, too"},
};

constexpr std::size_t kMostPorts = 256;
constexpr std::uint32_t kAllStates = (1U << platform::kTcpStates) - 2;

// By number; sockets of state 12 are half-open ones, which the tables show as syn_recv.
constexpr std::array<std::string_view, platform::kTcpStates> kNames = {
    "",      "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait",
    "close", "close_wait",  "last_ack", "listen",   "closing",   "syn_recv"};

constexpr std::uint8_t kFamilies[] = {AF_INET, AF_INET6};

using Counts = std::array<std::uint64_t, platform::kTcpStates>;

std::size_t counted_as(platform::TcpState state) noexcept {
  return static_cast<std::size_t>(state == platform::TcpState::new_syn_recv ? platform::TcpState::syn_recv : state);
}

struct Port {
  std::uint16_t number = 0;
  std::uint64_t queue = 0;
  std::uint64_t queue_limit = 0;
  Counts counts{};
};

struct Total {
  Counts counts{};
  std::uint64_t received = 0;
  std::uint64_t to_send = 0;
  std::vector<Port> ports;  // by number
  bool too_many = false;

  void clear() {
    counts = {};
    received = to_send = 0;
    ports.clear();
    too_many = false;
  }
  std::vector<Port>::iterator place(std::uint16_t number) {
    return std::lower_bound(ports.begin(), ports.end(), number,
                            [](const Port& port, std::uint16_t wanted) { return port.number < wanted; });
  }
};

class Tcpstat final : public Collector {
 public:
  explicit Tcpstat(const Environment& environment)
      : netlink_(environment.options.flag("collector.tcpstat.netlink")),
        by_port_(environment.options.flag("collector.tcpstat.listen-ports")),
        table4_(environment.host.proc, "net/tcp"),
        table6_(environment.host.proc, "net/tcp6") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    total_.clear();
    if (const int error = netlink_ ? ask() : read(scrape, sink)) {
      return unreadable(sink, netlink_ ? "sock_diag" : table4_.name(), error);
    }
    if (total_.too_many) {
      sink.problem(Problem::limit, "listening ports");
    }
    for (std::size_t i = 1; i < kNames.size(); ++i) {
      if (total_.counts[i] != 0) {
        sink.add(kMetrics[kStates], total_.counts[i], {kNames[i]});
      }
    }
    sink.add(kMetrics[kStates], total_.received, {"rx_queued_bytes"});
    sink.add(kMetrics[kStates], total_.to_send, {"tx_queued_bytes"});
    for (const Port& port : total_.ports) {
      write(port, sink);
    }
    return Outcome::ok;
  }

 private:
  // Listening sockets first: which ports are to be counted is known before the others come. A kernel without IPv6 has
  // IPv4 all the same.
  int ask() {
    constexpr std::uint32_t kListening = 1U << static_cast<unsigned>(platform::TcpState::listen);
    for (const auto family : kFamilies) {
      const int error =
          by_port_ ? ask(family, kListening, [&](const platform::TcpSocket& socket) { add_port(socket); }) : 0;
      if (error != 0 && family == AF_INET) {
        return error;
      }
    }
    for (const auto family : kFamilies) {
      const int error = ask(family, kAllStates, [&](const platform::TcpSocket& socket) { add(socket); });
      if (error != 0 && family == AF_INET) {
        return error;
      }
    }
    return 0;
  }

  template <class Visit>
  int ask(std::uint8_t family, std::uint32_t states, Visit visit) {
    before_ = total_;
    // The set changed while it was dumped: what came so far is forgotten.
    return dump_.sockets(
        family, states, [&] { total_ = before_; }, visit);
  }

  int read(const Scrape& scrape, Sink& sink) {
    if (by_port_) {
      const int error = read(scrape, [&](const platform::TcpSocket& socket) {
        if (socket.state == platform::TcpState::listen) {
          add_port(socket);
        }
      });
      if (error != 0) {
        return error;
      }
    }
    bad_lines_ = 0;
    const int error = read(scrape, [&](const platform::TcpSocket& socket) { add(socket); });
    for (; bad_lines_ != 0; --bad_lines_) {
      sink.problem(Problem::parse, table4_.name());
    }
    return error;
  }

  template <class Visit>
  int read(const Scrape& scrape, Visit visit) {
    if (const int error = table4_.read(scrape.buffer)) {
      return error;
    }
    each_line(scrape.buffer.text(), visit);
    if (table6_.read(scrape.buffer) == 0) {
      each_line(scrape.buffer.text(), visit);
    }
    return 0;
  }

  template <class Visit>
  void each_line(std::string_view text, Visit visit) {
    platform::take(text, '\n');  // the heading
    while (!text.empty()) {
      if (const auto socket = platform::parse_tcp_line(platform::take(text, '\n'))) {
        visit(*socket);
      } else {
        ++bad_lines_;
      }
    }
  }

  // A port may listen on several addresses: their queues add up.
  void add_port(const platform::TcpSocket& socket) {
    auto place = total_.place(socket.port);
    if (place == total_.ports.end() || place->number != socket.port) {
      if (total_.ports.size() == kMostPorts) {
        total_.too_many = true;
        return;
      }
      place = total_.ports.insert(place, Port{socket.port, 0, 0, {}});
    }
    place->queue += socket.receive_queue;
    place->queue_limit += socket.send_queue;
  }

  void add(const platform::TcpSocket& socket) {
    const std::size_t state = counted_as(socket.state);
    ++total_.counts[state];
    if (socket.state != platform::TcpState::listen) {
      total_.received += socket.receive_queue;
      total_.to_send += socket.send_queue;
    }
    if (by_port_) {
      const auto place = total_.place(socket.port);
      if (place != total_.ports.end() && place->number == socket.port) {
        ++place->counts[state];
      }
    }
  }

  void write(const Port& port, Sink& sink) const {
    std::array<char, 8> text{};
    auto* const end = std::to_chars(text.data(), text.data() + text.size(), port.number).ptr;
    const std::string_view number(text.data(), static_cast<std::size_t>(end - text.data()));
    for (std::size_t i = 1; i < kNames.size(); ++i) {
      if (port.counts[i] != 0) {
        sink.add(kMetrics[kPort], port.counts[i], {number, kNames[i]});
      }
    }
    sink.add(kMetrics[kQueue], port.queue, {number});
    if (netlink_) {  // the table does not say
      sink.add(kMetrics[kQueueLimit], port.queue_limit, {number});
    }
  }

  bool netlink_;
  bool by_port_;
  platform::KeptFile table4_;
  platform::KeptFile table6_;
  platform::TcpDump dump_;
  std::size_t bad_lines_ = 0;  // of the last reading
  Total total_;
  Total before_;  // the dump that is under way
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Tcpstat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "tcpstat",
    .summary = "TCP sockets by state, and by listening port if asked for",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // a busy server has hundreds of thousands
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::tcpstat
