// SLOWLOG LEN: an integer. SLOWLOG GET 1: the newest entry, an array of id, unix time, microseconds, arguments, ...
// (https://redis.io/docs/latest/commands/slowlog-get/)
#include "collectors/redis/command.h"

namespace exporter::redis::slowlog {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_slowlog_length", "Entries in the slow log."},
    {MetricType::gauge, "redis_slowlog_last_id", "Id of the newest entry in the slow log; 0 when it is empty."},
    {MetricType::gauge, "redis_last_slow_execution_duration_seconds",
     "Duration of the newest entry in the slow log; 0 when it is empty."},
};

class Slowlog final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override {
    requests.ask({"SLOWLOG", "LEN"});
    requests.ask({"SLOWLOG", "GET", "1"});
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    const bool length = replies[0].is(Reply::Type::integer);
    if (length) {
      sink.add(kMetrics[0], replies[0].integer());
    }
    const Reply log = replies[1];
    if (!log.is(Reply::Type::array)) {
      const Outcome outcome = unusable(log, "SLOWLOG GET", sink);
      return length ? Outcome::ok : outcome;
    }
    const Reply id = log[0][0];
    const Reply duration = log[0][2];
    if (log.size() != 0 && (!id.is(Reply::Type::integer) || !duration.is(Reply::Type::integer))) {
      sink.problem(Problem::parse, "SLOWLOG GET");
      return length ? Outcome::ok : Outcome::failed;
    }
    sink.add(kMetrics[1], id.integer());
    sink.add(kMetrics[2], static_cast<double>(duration.integer()) / 1e6);
    return Outcome::ok;
  }
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Slowlog>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.slowlog",
    .summary = "length and newest entry of the slow log",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::slowlog
