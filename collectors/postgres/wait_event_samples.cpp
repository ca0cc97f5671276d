// pg_stat_activity, sampled: what sessions do and wait for, many times between scrapes (PostgreSQL documentation,
// "pg_stat_activity", "Wait Event Types"; 9.6 and later):
//   "app", "Lock", "transactionid", "active", "2"
//
// Of client backends all but the idle ones count, of the server's own processes those that have something to do. Who
// waits for nothing runs, and shows as CPU. The exporter's own sessions are left out, and without pg_monitor those of
// other roles. Each sample counts a session once, so that rate() is the average number of such sessions times the
// samples per second, which is the rate of pg_wait_event_active_sessions_count.
#include <algorithm>
#include <array>

#include "collectors/histogram.h"
#include "collectors/postgres/query.h"
#include "collectors/postgres/sql_text.h"
#include "platform/text.h"

namespace exporter::postgres::wait_event_samples {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_wait_event_samples_total",
     "Samples in which a session was seen in this state and waiting for this; CPU: for nothing.",
     {"datname", "wait_event_type", "wait_event", "state"}},
    {MetricType::histogram, "pg_wait_event_active_sessions",
     "Sessions of the server that were active at a sample; the count is that of the samples."},
};
constexpr std::span kSums = std::span(kMetrics).first(1);
constexpr const MetricDesc& kActive = kMetrics[1];

constexpr double kUsual = 1;       // seconds
constexpr double kShortest = 0.1;  // a server is asked no more often

// The interval belongs to the host's sampler; the collector may be on without it.
double interval_from(const Options& options) {
  constexpr std::string_view name = "sampler.interval";
  return options.declared(name) && options.on(name) ? std::max(options.number(name), kShortest) : kUsual;
}

// How many sessions were active, and in how many samples.
class Active final : public Query {
 public:
  explicit Active(double interval) : interval_(interval) {}
  double sampling() const noexcept override { return interval_; }

  void statement(const ServerInfo& server, std::string& sql) const override {
    sql = server.version < 90600
              ? ""
              : "SELECT count(*) AS active, 1 AS samples FROM pg_stat_activity"
                " WHERE state = 'active' AND wait_event_type IS DISTINCT FROM 'Activity' AND " EXPORTER_NOT_OURS;
  }

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    const auto active = rows.find("active");
    const auto samples = rows.find("samples");
    if (active == Rows::kNone || samples == Rows::kNone) {
      sink.problem(Problem::missing, active == Rows::kNone ? "active" : "samples");
      return Outcome::failed;
    }
    Histogram histogram(kPowersOfTwo);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto sessions = platform::number<std::uint64_t>(rows.text(row, active));
      const auto times = platform::number<std::uint64_t>(rows.text(row, samples));
      if (sessions && times) {
        histogram.observe(static_cast<double>(*sessions), *times);
      } else {
        sink.problem(Problem::parse, "active sessions");
      }
    }
    std::array<Label, 1> bound;
    histogram.write(sink, kActive, bound, 0);
    return Outcome::ok;
  }

 private:
  const double interval_;
};

class WaitEventSamples final : public Query {
 public:
  explicit WaitEventSamples(double interval) : interval_(interval) {
    companions_.push_back(std::make_unique<Active>(interval));
  }

  double sampling() const noexcept override { return interval_; }
  std::span<const std::unique_ptr<Query>> companions() const noexcept override { return companions_; }
  void statement(const ServerInfo& server, std::string& sql) const override { sums_.statement(server, sql); }
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override {
    return sums_.read(server, rows, sink);
  }

 private:
  static std::string_view choose(int version) {
    return version < 90600
               ? ""
               : "SELECT coalesce(datname, '') AS datname, coalesce(wait_event_type, 'CPU') AS wait_event_type,"
                 " coalesce(wait_event, 'CPU') AS wait_event, coalesce(state, '') AS state, count(*) AS samples_total"
                 " FROM pg_stat_activity WHERE wait_event_type IS DISTINCT FROM 'Activity'"
                 " AND (state <> 'idle' OR state IS NULL AND datname IS NULL) AND " EXPORTER_NOT_OURS
                 " GROUP BY 1, 2, 3, 4";
  }

  const double interval_;
  View sums_{"pg_wait_event_", kSums, choose};
  std::vector<std::unique_ptr<Query>> companions_;
};

std::unique_ptr<Query> make(const Environment& environment) {
  return std::make_unique<WaitEventSamples>(interval_from(environment.options));
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "wait_event_samples",
    .summary = "what sessions wait for, sampled between scrapes; on with --sampler.interval",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
    .on_with = "sampler.interval",
};

}  // namespace exporter::postgres::wait_event_samples
