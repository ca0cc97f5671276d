// A PostgreSQL server: the statements of all its collectors, over a few kept connections.
//
// The main connection, of the database in the DSN, asks what one database can tell of the server. What every database
// must tell of itself is asked there, too, on a kept connection to each of a few others, and between scrapes in the
// rest (rounds.h). All connections are written to before any is read.
//
// statement_timeout and lock_timeout end on the server's side what the deadline ends on ours; when the deadline passes
// nevertheless, the connection is dropped, and what was read by then stands.
#include <algorithm>
#include <atomic>
#include <string>

#include "collectors/postgres/batch.h"
#include "collectors/postgres/probe.h"
#include "collectors/postgres/rounds.h"
#include "collectors/target_place.h"

namespace exporter::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using platform::Deadline;

constexpr auto kFirstRound = std::chrono::milliseconds(1000);  // a first page waits so long for what is read between

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
};
constexpr const MetricDesc& kUp = kMetrics[0];
constexpr const MetricDesc& kDuration = kMetrics[1];
constexpr const MetricDesc& kError = kMetrics[2];
constexpr const MetricDesc& kScrapes = kMetrics[3];
constexpr const MetricDesc& kStatic = kMetrics[4];
constexpr const MetricDesc& kAge = kMetrics[5];

// The databases that may be read, and which is the main connection's own: "app", "postgres".
class DatabaseList final : public Query {
 public:
  void statement(const ServerInfo& /*server*/, std::string& sql) const override {
    // A connection limit of -2 marks a database whose DROP was cut short: nobody can connect.
    sql =
        "SELECT datname, current_database() AS own FROM pg_database WHERE datallowconn AND NOT datistemplate"
        " AND datconnlimit <> -2 AND has_database_privilege(oid, 'CONNECT') ORDER BY datname";
  }
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& /*sink*/) override {
    if (rows.columns() < 2 || rows.rows() == 0) {
      return Outcome::failed;
    }
    own_ = rows.text(0, 1);
    std::size_t count = 0;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto name = rows.text(row, 0);
      if (name == own_ || (server.databases != nullptr && !server.databases->allows(name))) {
        continue;
      }
      if (count == others_.size()) {
        others_.emplace_back();
      }
      others_[count++] = name;
    }
    others_.resize(count);
    return Outcome::ok;
  }
  const std::string& own() const noexcept { return own_; }
  std::span<const std::string> others() const noexcept { return others_; }

 private:
  std::string own_;
  std::vector<std::string> others_;
};

// Settings of all connections to a server.
struct Connections {
  Session::Limits limits;
  std::size_t most = 3;
  bool all_databases = true;
};

class Server final : public Target {
 public:
  Server(Source source, const Environment& environment, std::span<const CollectorSpec* const> enabled,
         const Connections& connections)
      : source_(std::move(source)), host_(environment.host), connections_(connections), place_(environment) {
    parts_.reserve(enabled.size());
    for (const auto* spec : enabled) {
      if (const auto* make = std::get_if<MakeQuery>(&spec->make)) {
        Part& part = parts_.emplace_back();
        part.spec = spec;
        part.query = (*make)(environment);
      }
    }
    build();
  }

  std::string_view address() const noexcept override { return source_.address; }

  Outcome collect(const Scrape& scrape, TargetPage& page) override {
    const auto start = Clock::now();
    ++scrapes_;
    const Outcome outcome = read_server({scrape.deadline, scrape.stop_fd}, page);
    if (outcome == Outcome::no_data) {
      return outcome;
    }
    bool error = outcome != Outcome::ok || query_failed_;
    for (const auto& run : page.runs) {
      error = error || (run.wanted && run.outcome == Outcome::failed);
    }
    page.self.add(kUp, outcome == Outcome::ok ? 1 : 0);
    page.self.add(kDuration, std::chrono::duration<double>(Clock::now() - start).count());
    page.self.add(kError, error ? 1 : 0);
    page.self.add(kScrapes, scrapes_.load());
    if (outcome == Outcome::ok) {
      const Session& session = main_->session();
      place_.fill(session.connection().descriptor(), {scrape.deadline, scrape.stop_fd}, scrape, page);
      page.self.add(kStatic, 1, {session.info().server, session.short_version(), session.banner()});
      page.found = "PostgreSQL " + session.short_version() + " at " + session.info().server + " as " + session.role();
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
    Run* run = nullptr;  // of the present scrape; null when it is not wanted
    double oldest = -1;  // age of what was read between scrapes; negative: none
    bool outdated = false;
  };
  // A statement of a batch or of the rounds.
  struct Item {
    std::size_t part = 0;
    Query* query = nullptr;  // null: the list of databases
  };
  // A kept connection to another database.
  struct Other {
    explicit Other(const Server& server) : batch(server.source_, server.host_, server.connections_.limits) {
      for (const auto& item : server.other_items_) {
        batch.add(*item.query, server.parts_[item.part].spec->name);
      }
    }
    Batch batch;
    bool sent = false;
  };

  // Hands replies to the collectors.
  class Reader final : public Batch::Replies {
   public:
    Reader(Server& server, std::span<const Item> items, const Batch& batch, Sink& self)
        : server_(server), items_(items), batch_(batch), self_(self) {}

    void rows(std::size_t item, const Rows& rows) override {
      if (items_[item].query == nullptr) {
        server_.list_.read(batch_.session().info(), rows, self_);
        return;
      }
      server_.read(items_[item], batch_.session().info(), rows);
      auto& run = *server_.parts_[items_[item].part].run;
      // From the reply before to this one: the server works on one statement at a time.
      const auto now = Clock::now();
      run.seconds += std::chrono::duration<double>(now - before_).count();
      before_ = now;
    }

    void failed(std::size_t item, Problem kind, std::string_view why) override {
      if (items_[item].query == nullptr) {
        self_.problem(kind, why);
      } else {
        server_.fail(items_[item], kind, batch_.session().database(), why);
      }
      before_ = Clock::now();
    }

   private:
    Server& server_;
    std::span<const Item> items_;
    const Batch& batch_;
    Sink& self_;
    Clock::time_point before_ = Clock::now();
  };

  // Hands what was read between scrapes to the collectors.
  class Older final : public Rounds::Visitor {
   public:
    explicit Older(Server& server) : server_(server) {}
    void show(const Rounds::Shown& shown) override {
      const Item& item = server_.rounds_items_[shown.item];
      Part& part = server_.parts_[item.part];
      if (part.run == nullptr) {
        return;
      }
      const auto start = Clock::now();
      if (shown.rows != nullptr) {
        server_.read(item, server_.main_->session().info(), *shown.rows);
        part.oldest = std::max(part.oldest, shown.age.count());
      }
      if (!shown.why.empty()) {
        server_.fail(item, shown.problem, shown.database, shown.why);
      }
      part.run->seconds += std::chrono::duration<double>(Clock::now() - start).count();
    }

   private:
    Server& server_;
  };

  // All connections with what is asked on them.
  void build() {
    main_items_.clear();
    other_items_.clear();
    rounds_items_.clear();
    main_ = std::make_unique<Batch>(source_, host_, connections_.limits);
    rounds_ = std::make_unique<Rounds>(source_, host_, connections_.limits);
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      add(part, *parts_[part].query);
      for (const auto& companion : parts_[part].query->companions()) {
        add(part, *companion);
      }
    }
    main_items_.push_back({});
    main_->add(list_, "databases");
  }

  // New statements of a collector: rare enough to begin with new connections.
  void rebuild_where_outdated() {
    bool any = false;
    for (auto& part : parts_) {
      part.outdated = part.query->outdated();
      any = any || part.outdated;
    }
    if (!any) {
      return;
    }
    others_.clear();
    rounds_.reset();  // its thread uses the queries
    main_.reset();
    for (auto& part : parts_) {
      if (part.outdated) {
        part.query->renew();
      }
    }
    build();
  }

  void add(std::size_t part, Query& query) {
    const std::string_view name = parts_[part].spec->name;
    if (query.interval() <= 0) {
      main_items_.push_back({part, &query});
      main_->add(query, name);
    }
    if (query.interval() <= 0 && query.scope() == Scope::database) {
      other_items_.push_back({part, &query});
    }
    if (query.interval() > 0 || query.scope() == Scope::database) {
      rounds_items_.push_back({part, &query});
      rounds_->add(query, name);
    }
  }

  Outcome read_server(const Deadline& deadline, TargetPage& page) {
    rebuild_where_outdated();
    choose(page.runs);
    want(*main_, main_items_);
    if (!main_->send(deadline)) {
      if (source_.automatic && !main_->session().known()) {
        return Outcome::no_data;
      }
      page.reason = main_->session().reason();
      return Outcome::failed;
    }
    for (auto& other : others_) {
      send(*other, deadline);
    }
    Reader reader(*this, main_items_, *main_, page.self);
    if (!main_->receive(deadline, reader)) {
      page.reason = main_->session().reason();
      for (auto& other : others_) {
        other->batch.session().connection().close();  // replies are on their way
      }
      return Outcome::failed;
    }
    page.reason.clear();
    if (!main_->session().connection().is_open()) {
      page.reason = main_->session().reason();
    } else if (main_->session().lacks_monitor()) {
      page.self.problem(Problem::denied, "much is hidden: run GRANT pg_monitor TO \"" + main_->session().role() + '"');
    }
    read_others(deadline, page.self);
    read_rounds(deadline, page.self);
    for (const auto& part : parts_) {
      if (part.run != nullptr) {
        part.query->finish(part.run->sink);
        if (part.run->outcome == Outcome::no_data) {
          part.run->outcome = Outcome::ok;  // the server's version has nothing to ask for: no reason to alert
        }
      }
    }
    return Outcome::ok;
  }

  // Marks what is to be asked in this scrape.
  void choose(std::span<Run> runs) {
    query_failed_ = false;
    for (auto& part : parts_) {
      part.run = nullptr;
      part.oldest = -1;
    }
    for (auto& run : runs) {
      for (auto& part : parts_) {
        if (part.spec == run.spec && run.wanted) {
          part.run = &run;
          run.outcome = part.query->begin(run.sink);
        }
      }
    }
  }

  void want(Batch& batch, std::span<const Item> items) {
    for (std::size_t item = 0; item < items.size(); ++item) {
      batch.want(item, items[item].query == nullptr || parts_[items[item].part].run != nullptr);
    }
  }

  void send(Other& other, const Deadline& deadline) {
    want(other.batch, other_items_);
    other.sent = other.batch.send(deadline);
    if (!other.sent) {
      fail_all(other);
    }
  }

  void fail_all(const Other& other) {
    const Session& session = other.batch.session();
    for (const auto& item : other_items_) {
      fail(item, session.connection().late() ? Problem::deadline : Problem::io, session.database(), session.reason());
    }
  }

  std::span<const std::string> other_databases() const {
    return connections_.all_databases && !source_.own_database ? list_.others() : std::span<const std::string>{};
  }

  // The first databases of the list have a connection each. The list is that of this scrape, what was sent is by the
  // one before.
  void read_others(const Deadline& deadline, Sink& self) {
    const auto names = other_databases();
    const std::size_t count = other_items_.empty() ? 0 : std::min(names.size(), connections_.most - 2);
    others_.resize(std::min(others_.size(), count));
    while (others_.size() < count) {
      others_.push_back(std::make_unique<Other>(*this));
    }
    for (std::size_t i = 0; i < count; ++i) {
      Other& other = *others_[i];
      if (other.batch.session().database() != names[i]) {
        other.batch.session().set_database(names[i]);
        send(other, deadline);
      }
    }
    for (auto& other : others_) {
      Reader reader(*this, other_items_, other->batch, self);
      if (other->sent && !other->batch.receive(deadline, reader)) {
        fail_all(*other);
      }
      other->sent = false;
    }
  }

  void read_rounds(const Deadline& deadline, Sink& self) {
    if (rounds_->empty() || list_.own().empty()) {
      return;
    }
    const auto names = other_databases();
    places_.clear();
    places_.push_back({.database = list_.own(), .main = true, .whole = false});
    for (std::size_t i = 0; i < names.size(); ++i) {
      places_.push_back({.database = names[i], .main = false, .whole = i >= others_.size()});
    }
    rounds_->update(places_);
    rounds_->await_first(deadline, kFirstRound);
    Older older(*this);
    rounds_->visit(older);
    for (const auto& part : parts_) {
      if (part.oldest >= 0) {
        self.add(kAge, part.oldest, {part.spec->name});
      }
    }
  }

  // A collector that has samples of one statement or database is not failed by another.
  void read(const Item& item, const ServerInfo& info, const Rows& rows) {
    Run& run = *parts_[item.part].run;
    const Outcome outcome = item.query->read(info, rows, run.sink);
    query_failed_ = query_failed_ || (outcome == Outcome::failed && item.query->of_user());
    if (outcome == Outcome::ok || run.outcome == Outcome::no_data) {
      run.outcome = outcome;
    }
  }

  void fail(const Item& item, Problem kind, std::string_view database, std::string_view why) {
    Run* const run = parts_[item.part].run;
    if (run == nullptr) {
      return;
    }
    if (run->outcome == Outcome::no_data) {
      run->outcome = Outcome::failed;
    }
    query_failed_ = query_failed_ || item.query->of_user();
    item.query->fail(database, kind, why, run->sink);
  }

  const Source source_;
  const platform::Host& host_;
  const Connections connections_;
  std::vector<Part> parts_;
  DatabaseList list_;
  std::vector<Item> main_items_;
  std::vector<Item> other_items_;
  std::vector<Item> rounds_items_;
  std::unique_ptr<Batch> main_;
  std::vector<std::unique_ptr<Other>> others_;
  std::unique_ptr<Rounds> rounds_;
  std::vector<Rounds::Place> places_;
  TargetPlace place_;
  bool query_failed_ = false;  // of a user, in the present scrape
  std::atomic<std::uint64_t> scrapes_{0};
};

Connections connections_of(const Environment& environment) {
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

std::vector<std::unique_ptr<Target>> make(const Environment& environment,
                                          std::span<const CollectorSpec* const> enabled) {
  const Connections connections = connections_of(environment);
  std::vector<std::unique_ptr<Target>> servers;
  for (auto& source : find_sources(environment.options)) {
    servers.push_back(std::make_unique<Server>(std::move(source), environment, enabled, connections));
  }
  return servers;
}

}  // namespace

std::unique_ptr<Target> make_server(Source source, const Environment& environment,
                                    std::span<const CollectorSpec* const> enabled) {
  return std::make_unique<Server>(std::move(source), environment, enabled, connections_of(environment));
}

extern constinit const TargetSpec targets{
    .module = Module::postgres,
    .metrics = kMetrics,
    .options = kSourceOptions,
    .make = make,
    .probe = kProbe,
};

}  // namespace exporter::postgres
