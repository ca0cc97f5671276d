// /proc/net/softnet_stat: a line per CPU, 32-bit hexadecimal counters (net/core/net-procfs.c, softnet_seq_show):
//   00000ac1 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
//   00000001
#include <array>
#include <cerrno>
#include <charconv>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::softnet {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_softnet_processed_total", "Packets taken from the network by the CPU.", {"cpu"}},
    {MetricType::counter, "node_softnet_dropped_total", "Packets dropped because the backlog was full.", {"cpu"}},
    {MetricType::counter,
     "node_softnet_times_squeezed_total",
     "Rounds that ended with packets left, by budget or time.",
     {"cpu"}},
    {MetricType::counter, "node_softnet_cpu_collision_total", "Collisions on the device lock while sending.", {"cpu"}},
    {MetricType::counter, "node_softnet_received_rps_total", "Wake-ups by another CPU to take packets (RPS).", {"cpu"}},
    {MetricType::counter,
     "node_softnet_flow_limit_count_total",
     "Packets dropped because their flow was over its limit.",
     {"cpu"}},
    {MetricType::gauge, "node_softnet_backlog_len", "Packets waiting in the backlog.", {"cpu"}},
};

// The column of each metric, counted from 0. 3 to 7 are always zero.
constexpr std::array<std::size_t, std::size(kMetrics)> kColumns = {0, 1, 2, 8, 9, 10, 11};
constexpr std::size_t kLeast = 9;  // columns of the oldest kernels
constexpr std::size_t kCpuColumn = 12;
constexpr std::size_t kMost = 13;

class Softnet final : public Collector {
 public:
  explicit Softnet(const Environment& environment) : file_(environment.host.proc, "net/softnet_stat") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      if (error == ENOENT) {
        return Outcome::no_data;
      }
      return unreadable(sink, file_.name(), error);
    }
    std::string_view rest = scrape.buffer.text();
    for (std::uint32_t row = 0; !rest.empty(); ++row) {
      write(row, platform::take(rest, '\n'), sink);
    }
    return Outcome::ok;
  }

 private:
  void write(std::uint32_t row, std::string_view line, Sink& sink) const {
    // Columns that an older kernel does not have count as 0, as everywhere in this family.
    std::array<std::uint32_t, kMost> columns{};
    std::size_t count = 0;
    for (auto text = platform::word(line); !text.empty() && count < kMost; text = platform::word(line)) {
      const auto value = platform::hex_number<std::uint32_t>(text);
      if (!value) {
        sink.problem(Problem::parse, file_.name());
        return;
      }
      columns[count++] = *value;
    }
    if (count < kLeast) {
      sink.problem(Problem::parse, file_.name());
      return;
    }
    // CPUs that are offline have no line, so the row number is only the next best.
    const std::uint32_t cpu = count > kCpuColumn ? columns[kCpuColumn] : row;
    std::array<char, 12> text{};
    auto* const end = std::to_chars(text.data(), text.data() + text.size(), cpu).ptr;
    const std::string_view label(text.data(), static_cast<std::size_t>(end - text.data()));
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      sink.add(kMetrics[i], columns[kColumns[i]], {label});
    }
  }

  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Softnet>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "softnet",
    .summary = "packet processing per CPU from /proc/net/softnet_stat",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::softnet
