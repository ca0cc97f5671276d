// A PostgreSQL server as a target of scrapes: how it fares, and where it runs. What is read of it: readings.h.
// PgBouncer's admin console is one, too: what it is shows at the login, and until then the name of its database tells.
#include <algorithm>
#include <atomic>
#include <string>

#include "collectors/postgres/constant_labels.h"
#include "collectors/postgres/grants.h"
#include "collectors/postgres/probe.h"
#include "collectors/postgres/readings.h"
#include "collectors/target_place.h"

namespace exporter::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_up", "1 when the server answered, else 0."},
    {MetricType::gauge, "pg_exporter_last_scrape_duration_seconds", "Seconds the last scrape of the server took."},
    {MetricType::gauge, "pg_exporter_last_scrape_error", "1 when the server or one of its collectors failed, else 0."},
    {MetricType::counter, "pg_exporter_scrapes_total", "Scrapes of the server."},
    {MetricType::untyped,
     "pg_static",
     "1; the labels carry the server's version.",
     {"server", "short_version", "version"}},
    {MetricType::gauge,
     "resource_exporter_postgres_oldest_reading_seconds",
     "Age of the oldest values of a collector that were read between scrapes.",
     {"collector"}},
    {MetricType::gauge, "pgbouncer_up", "1 when the admin console of PgBouncer answered, else 0."},
};
constexpr const MetricDesc& kUp = kMetrics[0];
constexpr const MetricDesc& kDuration = kMetrics[1];
constexpr const MetricDesc& kError = kMetrics[2];
constexpr const MetricDesc& kScrapes = kMetrics[3];
constexpr const MetricDesc& kStatic = kMetrics[4];
constexpr const MetricDesc& kAge = kMetrics[5];
constexpr const MetricDesc& kBouncerUp = kMetrics[6];

ConnectionSettings settings_of(const Environment& environment) {
  const Options& options = environment.options;
  const auto most = options.integer("postgres.max-connections");
  if (most < 2) {
    throw OptionError("--postgres.max-connections=" + std::to_string(most) +
                      ": at least 2 are needed, one for scrapes and one for what is read between them");
  }
  return {.limits = {.age = std::chrono::duration<double>(options.number("postgres.connection-age")),
                     .databases = &environment.shared.get<DatabaseFilter>(options.text("include-databases"),
                                                                          options.text("exclude-databases"))},
          .most = static_cast<std::size_t>(most),
          .all_databases = options.flag("auto-discover-databases")};
}

class Server final : public Target {
 public:
  Server(Source source, const Environment& environment, std::span<const CollectorSpec* const> enabled)
      : address_(source.address),
        readings_(std::move(source), environment, enabled, settings_of(environment)),
        console_(readings_.session().info().service == Service::pgbouncer),
        place_(environment),
        timeout_(environment.options.number("collection-timeout")),
        labels_(read_constant_labels(environment.options.text("constantLabels"), kMetrics, enabled)) {}

  std::string_view address() const noexcept override { return address_; }
  std::string_view constant_labels() const noexcept override { return labels_; }

  Outcome collect(const Scrape& scrape, TargetPage& page) override {
    const auto start = Clock::now();
    ++scrapes_;
    const platform::Deadline deadline{
        std::min(scrape.deadline, start + std::chrono::duration_cast<Clock::duration>(timeout_)), scrape.stop_fd};
    const Outcome outcome = readings_.read(deadline, page);
    if (outcome == Outcome::no_data) {
      return outcome;
    }
    bool error = outcome != Outcome::ok || readings_.query_failed();
    for (const auto& run : page.runs) {
      error = error || (run.wanted && run.outcome == Outcome::failed);
    }
    const Session& session = readings_.session();
    if (outcome == Outcome::ok) {
      console_ = session.info().service == Service::pgbouncer;
    }
    page.self.add(console_ ? kBouncerUp : kUp, outcome == Outcome::ok ? 1 : 0);
    page.self.add(kDuration, std::chrono::duration<double>(Clock::now() - start).count());
    page.self.add(kError, error ? 1 : 0);
    page.self.add(kScrapes, scrapes_.load());
    readings_.visit_ages(
        [&](std::string_view collector, double seconds) { page.self.add(kAge, seconds, {collector}); });
    if (outcome == Outcome::ok) {
      place_.fill(session.connection().descriptor(), deadline, scrape, page);
      if (!console_) {
        page.self.add(kStatic, 1, {session.info().server, session.short_version(), session.banner()});
      }
      page.found = (console_ ? "PgBouncer " : "PostgreSQL ") + session.short_version() + " at " + session.address() +
                   " as " + session.role();
    }
    return outcome;
  }

  void write_late(Sink& self) const override {
    self.add(console_ ? kBouncerUp : kUp, 0);
    self.add(kError, 1);
    self.add(kScrapes, scrapes_.load());
  }

 private:
  const std::string address_;
  Readings readings_;
  std::atomic<bool> console_;  // of PgBouncer
  TargetPlace place_;
  const std::chrono::duration<double> timeout_;
  const std::string labels_;
  std::atomic<std::uint64_t> scrapes_{0};
};

std::vector<std::unique_ptr<Target>> make(const Environment& environment,
                                          std::span<const CollectorSpec* const> enabled) {
  const std::string& prefix = environment.options.text(kPrefix);
  if (!valid_name(prefix)) {
    throw OptionError("--metric-prefix: letters, digits and _ only, as in --metric-prefix=pg, not '" + prefix + "'");
  }
  // What is wrong is refused at start, also where only probes will need it.
  settings_of(environment);
  read_constant_labels(environment.options.text("constantLabels"), kMetrics, enabled);
  std::vector<std::unique_ptr<Target>> servers;
  for (auto& source : find_sources(environment.options)) {
    servers.push_back(std::make_unique<Server>(std::move(source), environment, enabled));
  }
  return servers;
}

}  // namespace

std::unique_ptr<Target> make_server(Source source, const Environment& environment,
                                    std::span<const CollectorSpec* const> enabled) {
  return std::make_unique<Server>(std::move(source), environment, enabled);
}

extern constinit const TargetSpec targets{
    .module = Module::postgres,
    .metrics = kMetrics,
    .options = kSourceOptions,
    .make = make,
    .probe = kProbe,
    .prefix = {.word = "pg", .option = kPrefix},
    .grants = grants_of,
    .rights = {.capabilities = "CAP_SYS_PTRACE", .with = "postgres.discover", .unless = "DATA_SOURCE_NAME"},
};

}  // namespace exporter::postgres
