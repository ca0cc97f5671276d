// INFO, section Commandstats: "cmdstat_get:calls=2,usec=9,usec_per_call=4.50,rejected_calls=0,failed_calls=0"
#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis::commandstats {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "redis_commands_total", "Calls of a command.", {"cmd"}},
    {MetricType::counter, "redis_commands_duration_seconds_total", "Time spent in a command.", {"cmd"}},
    {MetricType::counter, "redis_commands_rejected_calls_total", "Calls refused before they ran.", {"cmd"}},
    {MetricType::counter, "redis_commands_failed_calls_total", "Calls that failed while they ran.", {"cmd"}},
};

constexpr Item kItems[] = {
    {"calls", kMetrics[0], 1},
    {"usec", kMetrics[1], 1e6},
    {"rejected_calls", kMetrics[2], 1},  // these two since Redis 6.2
    {"failed_calls", kMetrics[3], 1},
};
constexpr std::string_view kPrefix = "cmdstat_";

class Commandstats final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    std::string_view rest = info_section(replies[0].text(), "Commandstats");
    std::string_view field;
    std::string_view list;
    while (next_field(rest, field, list)) {
      if (field.starts_with(kPrefix)) {
        add_items(list, kItems, field.substr(kPrefix.size()), sink);
      }
    }
    return Outcome::ok;
  }
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Commandstats>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.commandstats",
    .summary = "calls and time per command from INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::commandstats
