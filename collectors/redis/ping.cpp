// PING: "PONG". Asked alone, so that the time is that of one round trip.
#include <chrono>

#include "collectors/redis/command.h"

namespace exporter::redis::ping {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_exporter_last_scrape_ping_time_seconds", "Time from PING to its answer."},
};

class Ping final : public Command {
 public:
  Ping() { question_.ask({"PING"}); }

  void ask(const ServerInfo&, Requests&) override {}
  Outcome read(const ServerInfo&, std::span<const Reply>, Sink&) override { return Outcome::no_data; }
  Outcome ask_on(ServerInfo&, Dialogue& dialogue, Sink& sink, Outcome so_far) override {
    const auto start = std::chrono::steady_clock::now();
    if (!dialogue.exchange(question_) || dialogue.reply(0).is(Reply::Type::error)) {
      sink.problem(Problem::io, "PING");
      return so_far;
    }
    sink.add(kMetrics[0], std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return Outcome::ok;
  }

 private:
  Questions question_;
};

constexpr OptionDesc kOptions[] = {
    {"ping-on-connect", OptionType::flag, "false", "Redis: send PING and export its duration.",
     "REDIS_EXPORTER_PING_ON_CONNECT"},
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Ping>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.ping",
    .summary = "duration of a PING; on with --ping-on-connect",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "ping-on-connect",
};

}  // namespace exporter::redis::ping
