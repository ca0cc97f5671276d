// INFO, section Latencystats (Redis 7): "latency_percentiles_usec_get:p50=0.001,p99=1.003,p99.9=4.015"; calls and time
// of the command come from section Commandstats.
#include <array>

#include "collectors/redis/command.h"
#include "collectors/redis/command_stats.h"

namespace exporter::redis::latencystats {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::summary, "redis_latency_percentiles_usec",
     "Latency of a command in microseconds; the quantile is in percent."},
};
constexpr std::string_view kPrefix = "latency_percentiles_usec_";

class Latencystats final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    std::string_view rest = info_section(replies[0].text(), "Latencystats");
    if (rest.empty()) {
      return Outcome::no_data;
    }
    CommandStats stats(replies[0].text());
    std::string_view field;
    std::string_view list;
    while (next_field(rest, field, list)) {
      if (field.starts_with(kPrefix)) {
        read_command(field.substr(kPrefix.size()), list, stats, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  static void read_command(std::string_view command, std::string_view list, CommandStats& stats, Sink& sink) {
    const auto numbers = stats.find(command);
    if (!numbers) {
      return;  // a summary without its count would mislead
    }
    std::string_view percent;
    std::string_view text;
    while (next_item(list, percent, text)) {
      Value value = 0;
      if (!percent.starts_with('p') || !parse_value(text, 1, value)) {
        sink.problem(Problem::parse, command);
        continue;
      }
      const std::array<Label, 2> labels{{{"cmd", command}, {"quantile", percent.substr(1)}}};
      sink.add_part(kMetrics[0], {}, value, labels);
    }
    const std::array<Label, 1> label{{{"cmd", command}}};
    sink.add_part(kMetrics[0], "_sum", numbers->usec, label);
    sink.add_part(kMetrics[0], "_count", numbers->calls, label);
  }
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Latencystats>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.latencystats",
    .summary = "latency percentiles per command from INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::latencystats
