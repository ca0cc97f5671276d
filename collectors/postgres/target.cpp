// A PostgreSQL server: the statements of all its collectors in one go over one kept connection.
//
// A kept connection that turns out to be dead (the server was restarted) is replaced within the scrape.
// statement_timeout and lock_timeout end on the server's side what the deadline ends on ours; when the deadline passes
// nevertheless, the connection is dropped, and what was read by then stands.
#include <atomic>
#include <string>

#include "collectors/postgres/probe.h"
#include "collectors/postgres/session.h"
#include "collectors/target_place.h"

namespace exporter::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using platform::Deadline;
using platform::PqConnection;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_up", "1 when the server answered, else 0."},
    {MetricType::gauge, "pg_exporter_last_scrape_duration_seconds", "Seconds the last scrape of the server took."},
    {MetricType::gauge, "pg_exporter_last_scrape_error", "1 when the server or one of its collectors failed, else 0."},
    {MetricType::counter, "pg_exporter_scrapes_total", "Scrapes of the server."},
    {MetricType::untyped,
     "pg_static",
     "1; the labels carry the server's version.",
     {"server", "short_version", "version"}},
};
constexpr const MetricDesc& kUp = kMetrics[0];
constexpr const MetricDesc& kDuration = kMetrics[1];
constexpr const MetricDesc& kError = kMetrics[2];
constexpr const MetricDesc& kScrapes = kMetrics[3];
constexpr const MetricDesc& kStatic = kMetrics[4];

// By SQLSTATE (PostgreSQL documentation, "Error Codes").
Problem kind_of(std::string_view sqlstate) {
  if (sqlstate == "42501") {
    return Problem::denied;
  }
  if (sqlstate == "57014" || sqlstate == "55P03") {  // query_canceled, lock_not_available
    return Problem::deadline;
  }
  return sqlstate.starts_with("42") ? Problem::missing : Problem::io;  // undefined table, column, function
}

class Server final : public Target {
 public:
  Server(Source source, const Environment& environment, std::span<const CollectorSpec* const> enabled)
      : session_(std::move(source), environment.host), place_(environment) {
    parts_.reserve(enabled.size());
    for (const auto* spec : enabled) {
      if (const auto* make = std::get_if<MakeQuery>(&spec->make)) {
        Part& part = parts_.emplace_back();
        part.spec = spec;
        part.query = (*make)(environment);
        part.statement.name = spec->name;
      }
    }
  }

  std::string_view address() const noexcept override { return session_.source().address; }

  Outcome collect(const Scrape& scrape, TargetPage& page) override {
    const auto start = Clock::now();
    ++scrapes_;
    const Outcome outcome = read_server({scrape.deadline, scrape.stop_fd}, page);
    if (outcome == Outcome::no_data) {
      return outcome;
    }
    bool error = outcome != Outcome::ok;
    for (const auto& run : page.runs) {
      error = error || (run.wanted && run.outcome == Outcome::failed);
    }
    page.self.add(kUp, outcome == Outcome::ok ? 1 : 0);
    page.self.add(kDuration, std::chrono::duration<double>(Clock::now() - start).count());
    page.self.add(kError, error ? 1 : 0);
    page.self.add(kScrapes, scrapes_.load());
    if (outcome == Outcome::ok) {
      place_.fill(session_.connection().descriptor(), {scrape.deadline, scrape.stop_fd}, scrape, page);
      page.self.add(kStatic, 1, {session_.info().server, session_.short_version(), session_.banner()});
      page.found =
          "PostgreSQL " + session_.short_version() + " at " + session_.info().server + " as " + session_.role();
    }
    return outcome;
  }

  void write_late(Sink& self) const override {
    self.add(kUp, 0);
    self.add(kError, 1);
    self.add(kScrapes, scrapes_.load());
  }

 private:
  struct Part {
    const CollectorSpec* spec = nullptr;
    std::unique_ptr<Query> query;
    platform::PqStatement statement;
    Run* run = nullptr;  // of the present scrape; null when there is nothing to ask
  };

  Outcome read_server(const Deadline& deadline, TargetPage& page) {
    for (;;) {
      const bool kept = session_.connection().is_open();
      if (!session_.log_in(deadline)) {
        if (session_.source().automatic && !session_.known()) {
          return Outcome::no_data;
        }
        page.reason = session_.reason();
        return Outcome::failed;
      }
      if (!kept) {
        for (auto& part : parts_) {
          part.statement.sql.clear();
          part.query->statement(session_.info(), part.statement.sql);
        }
      }
      answered_ = false;
      choose(page.runs);
      if (ask(deadline, page.self)) {
        page.reason.clear();
        return Outcome::ok;
      }
      const PqConnection& connection = session_.connection();
      if (!answered_ && kept && !connection.late()) {
        continue;  // the kept connection was dead; the second round has a fresh one
      }
      page.reason = connection.error();
      fail_rest(connection);
      return answered_ ? Outcome::ok : Outcome::failed;
    }
  }

  // Marks what is to be asked in this scrape.
  void choose(std::span<Run> runs) {
    for (auto& part : parts_) {
      part.run = nullptr;
    }
    for (auto& run : runs) {
      for (auto& part : parts_) {
        if (part.spec == run.spec && run.wanted && !part.statement.sql.empty()) {
          part.run = &run;
        }
      }
    }
  }

  // False when the connection was lost; parts that got no reply keep their run.
  bool ask(const Deadline& deadline, Sink& self) {
    bool settings = false;
    if (!session_.send_settings(deadline, settings)) {
      return false;
    }
    // A statement that fails makes the server skip those after it; these go out again. Each round answers at least one.
    do {
      again_ = false;
      for (auto& part : parts_) {
        if (part.run != nullptr && !session_.connection().send(part.statement)) {
          return false;
        }
      }
      if (!session_.connection().flush(deadline)) {
        return false;
      }
      if (settings) {
        if (!session_.receive_settings(deadline)) {
          return false;
        }
        settings = false;
        answered_ = true;
        if (session_.lacks_monitor()) {
          self.problem(Problem::denied, "much is hidden: run GRANT pg_monitor TO \"" + session_.role() + '"');
        }
      }
      for (auto& part : parts_) {
        if (part.run != nullptr && !receive(part, deadline)) {
          return false;
        }
      }
    } while (again_);
    return true;
  }

  bool receive(Part& part, const Deadline& deadline) {
    PqConnection& connection = session_.connection();
    const auto start = Clock::now();
    Run& run = *part.run;
    switch (connection.receive(part.statement, deadline)) {
      case PqConnection::Reply::lost:
        return false;
      case PqConnection::Reply::skipped:
        again_ = true;
        return true;
      case PqConnection::Reply::failed:
        run.outcome = Outcome::failed;
        run.sink.problem(kind_of(connection.sqlstate()), connection.error());
        break;
      case PqConnection::Reply::rows:
        run.outcome = part.query->read(session_.info(), connection.rows(), run.sink);
        break;
    }
    answered_ = true;
    // From the reply before to this one: the server works on one statement at a time.
    run.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    part.run = nullptr;
    return true;
  }

  void fail_rest(const PqConnection& connection) {
    for (auto& part : parts_) {
      if (part.run != nullptr) {
        part.run->outcome = Outcome::failed;
        part.run->sink.problem(connection.late() ? Problem::deadline : Problem::io, connection.error());
        part.run = nullptr;
      }
    }
  }

  Session session_;
  TargetPlace place_;
  std::vector<Part> parts_;
  bool answered_ = false;  // anything, in this scrape
  bool again_ = false;     // statements were skipped
  std::atomic<std::uint64_t> scrapes_{0};
};

std::vector<std::unique_ptr<Target>> make(const Environment& environment,
                                          std::span<const CollectorSpec* const> enabled) {
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
};

}  // namespace exporter::postgres
