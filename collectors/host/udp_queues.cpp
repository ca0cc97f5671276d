// Bytes in the queues of all UDP sockets: /proc/net/udp and /proc/net/udp6, a line per socket (proc_net(5)):
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
//   50: 00000000:0016 00000000:0000 07 00000015:00000000 00:00000000 00000000     0        0 2740 2 ffff88003d3af3c0 0
#include <array>
#include <cerrno>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::udp_queues {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_udp_queues", "Memory held by the queues of all UDP sockets, in bytes.", {"ip", "queue"}},
};

constexpr std::size_t kQueues = 4;  // the word of a line, from 0, that holds both lengths

class UdpQueues final : public Collector {
 public:
  explicit UdpQueues(const Environment& environment)
      : files_{Sockets{{environment.host.proc, "net/udp"}, "v4"}, Sockets{{environment.host.proc, "net/udp6"}, "v6"}} {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool any = false;
    for (Sockets& sockets : files_) {
      const int error = sockets.file.read(scrape.buffer);
      any = any || error == 0;
      if (error == 0) {
        write(sockets, scrape.buffer.text(), sink);
      } else {  // a kernel without IPv6 lacks the second file
        unreadable(sink, sockets.file.name(), error);
      }
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  struct Sockets {
    platform::KeptFile file;
    std::string_view ip;
  };

  static void write(const Sockets& sockets, std::string_view rest, Sink& sink) {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    platform::take(rest, '\n');  // the header
    while (!rest.empty()) {
      std::string_view line = platform::take(rest, '\n');
      for (std::size_t i = 0; i < kQueues; ++i) {
        platform::word(line);
      }
      auto queues = platform::word(line);
      const auto tx = platform::hex_number<std::uint32_t>(platform::take(queues, ':'));
      const auto rx = platform::hex_number<std::uint32_t>(queues);
      if (!tx || !rx) {
        sink.problem(Problem::parse, sockets.file.name());
        continue;
      }
      sent += *tx;
      received += *rx;
    }
    sink.add(kMetrics[0], sent, {sockets.ip, "tx"});
    sink.add(kMetrics[0], received, {sockets.ip, "rx"});
  }

  std::array<Sockets, 2> files_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<UdpQueues>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "udp_queues",
    .summary = "bytes queued by UDP sockets from /proc/net/udp and /proc/net/udp6",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::udp_queues
