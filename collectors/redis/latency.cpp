// LATENCY LATEST: arrays of event, unix time, milliseconds, most milliseconds ever; only with
// latency-monitor-threshold. LATENCY HISTOGRAM (Redis 7): "get" ["calls" 7 "histogram_usec" [1 3 2 7]], bounds in
// microseconds and cumulative counts. Time per command comes from INFO, section Commandstats.
#include <array>

#include "collectors/redis/command.h"
#include "collectors/redis/command_stats.h"

namespace exporter::redis::latency {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_latency_spike_last", "Unix time of the last latency spike.", {"event_name"}},
    {MetricType::gauge, "redis_latency_spike_duration_seconds", "Duration of the last latency spike.", {"event_name"}},
    {MetricType::histogram, "redis_commands_latencies_usec", "Latency of a command in microseconds."},
};
constexpr const MetricDesc& kHistogram = kMetrics[2];

class Latency final : public Command {
 public:
  explicit Latency(const Environment& environment)
      : off_(environment.options.flag("exclude-latency-histogram-metrics")) {}

  void ask(const ServerInfo& server, Requests& requests) override {
    if (off_) {
      return;
    }
    requests.ask({"LATENCY", "LATEST"});
    if (server.major() >= 7) {
      requests.ask({"LATENCY", "HISTOGRAM"});
      requests.ask_info();
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (replies.empty()) {
      return Outcome::no_data;
    }
    const Outcome latest = read_latest(replies[0], sink);
    if (replies.size() < 3 || read_histograms(replies[1], replies[2].text(), sink) != Outcome::ok) {
      return latest;
    }
    return Outcome::ok;
  }

 private:
  static Outcome read_latest(Reply events, Sink& sink) {
    if (!events.is(Reply::Type::array)) {
      return unusable(events, "LATENCY LATEST", sink);
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Reply event = events[i];
      if (!event[0].is(Reply::Type::text) || !event[1].is(Reply::Type::integer) || !event[2].is(Reply::Type::integer)) {
        sink.problem(Problem::parse, "LATENCY LATEST");
        continue;
      }
      sink.add(kMetrics[0], event[1].integer(), {event[0].text()});
      sink.add(kMetrics[1], static_cast<double>(event[2].integer()) / 1e3, {event[0].text()});
    }
    return Outcome::ok;
  }

  static Outcome read_histograms(Reply commands, std::string_view info, Sink& sink) {
    if (!commands.is(Reply::Type::array)) {
      return unusable(commands, "LATENCY HISTOGRAM", sink);
    }
    CommandStats stats(info);
    for (std::size_t i = 0; i + 1 < commands.size(); i += 2) {
      const Reply calls = array_value(commands[i + 1], "calls");
      const Reply buckets = array_value(commands[i + 1], "histogram_usec");
      if (commands[i].is(Reply::Type::text) && calls.is(Reply::Type::integer) && buckets.is(Reply::Type::array)) {
        write_histogram(commands[i].text(), calls.integer(), buckets, stats, sink);
      } else {
        sink.problem(Problem::parse, "LATENCY HISTOGRAM");
      }
    }
    return Outcome::ok;
  }

  static void write_histogram(std::string_view command, std::int64_t calls, Reply buckets, CommandStats& stats,
                              Sink& sink) {
    std::array<Label, 2> labels{{{"cmd", command}, {"le", {}}}};
    std::array<char, Value::kMaxText> bound{};
    for (std::size_t i = 0; i + 1 < buckets.size(); i += 2) {
      const auto* const end = Value(buckets[i].integer()).write(bound.data());
      labels[1].value = {bound.data(), static_cast<std::size_t>(end - bound.data())};
      sink.add_part(kHistogram, "_bucket", buckets[i + 1].integer(), labels);
    }
    labels[1].value = "+Inf";
    sink.add_part(kHistogram, "_bucket", calls, labels);
    auto numbers = stats.find(command);
    if (!numbers) {
      numbers = stats.find_container(command);
    }
    const std::span<const Label> label(labels.data(), 1);
    if (numbers) {
      sink.add_part(kHistogram, "_sum", numbers->usec, label);
    }
    sink.add_part(kHistogram, "_count", calls, label);
  }

  bool off_;
};

constexpr OptionDesc kOptions[] = {
    {"exclude-latency-histogram-metrics", OptionType::flag, "false",
     "Redis: send neither LATENCY LATEST nor LATENCY HISTOGRAM.", "REDIS_EXPORTER_EXCLUDE_LATENCY_HISTOGRAM_METRICS"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Latency>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.latency",
    .summary = "latency spikes and histograms per command",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::redis::latency
