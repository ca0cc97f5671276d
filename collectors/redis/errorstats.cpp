// INFO, section Errorstats (Redis 6.2): "errorstat_NOAUTH:count=3"
#include "collectors/redis/command.h"

namespace exporter::redis::errorstats {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "redis_errors_total", "Error replies by the first word of the error.", {"err"}},
};
constexpr std::string_view kPrefix = "errorstat_";
// Scripts may make up any first word; the server itself stops at 128 kinds.
constexpr std::size_t kMostErrors = 512;

class Errorstats final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    std::string_view rest = info_section(replies[0].text(), "Errorstats");
    std::string_view field;
    std::string_view list;
    std::size_t errors = 0;
    while (next_field(rest, field, list)) {
      if (!field.starts_with(kPrefix)) {
        continue;
      }
      if (++errors > kMostErrors) {
        sink.problem(Problem::limit, "Errorstats");
        break;
      }
      std::string_view name;
      std::string_view text;
      Value value = 0;
      if (next_item(list, name, text) && name == "count" && parse_value(text, 1, value)) {
        sink.add(kMetrics[0], value, {field.substr(kPrefix.size())});
      } else {
        sink.problem(Problem::parse, field);
      }
    }
    return Outcome::ok;
  }
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Errorstats>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.errorstats",
    .summary = "error replies by kind from INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::errorstats
