// A collector of the postgres room: one statement and how its rows become samples.
//
// The target (target.cpp) owns the connections, sends the statements of all collectors together and hands each its
// rows. Statements run read-only with search_path = pg_catalog, several in one transaction, each bounded by
// statement_timeout and lock_timeout. They must not depend on results of others. Users' own run in a transaction each,
// with the search_path that their role has elsewhere.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/postgres/databases.h"
#include "exporter/collector.h"
#include "platform/rows.h"

namespace exporter::postgres {

using platform::Rows;

// What answers: a PostgreSQL server, or the admin console of PgBouncer, which takes SHOW statements alone.
enum class Service : std::uint8_t { postgres, pgbouncer };

// What is known of the server once connected.
struct ServerInfo {
  int version = 0;                            // server_version_num: 150004 for 15.4; 11800 for PgBouncer 1.18.0
  std::string server;                         // "host:port", the value of the `server` label
  const DatabaseFilter* databases = nullptr;  // null: all are read
  Service service = Service::postgres;
};

// server: one reading tells everything. database: each database knows only of itself, so the statement is sent to all
// that may be read, and its rows must name theirs.
enum class Scope : std::uint8_t { server, database };

// read() is called by one thread at a time.
class Query {
 public:
  Query() = default;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  virtual ~Query() = default;

  // Others are not asked, and the collector is not on their pages.
  virtual Service service() const noexcept { return Service::postgres; }
  virtual Scope scope() const noexcept { return Scope::server; }
  // 0: read with every scrape. Else what it asks for costs the server too much for that: seconds from one reading to
  // the next, between scrapes; shown is what was read last.
  virtual double interval() const noexcept { return 0; }
  // Above 0: asked again and again all the time, so many seconds apart, wherever scrapes are; its rows are added up
  // (platform/summed_rows.h), and a scrape reads the sums.
  virtual double sampling() const noexcept { return 0; }
  // More statements of the same collector. They are this object's, and always the same but for renew().
  virtual std::span<const std::unique_ptr<Query>> companions() const noexcept { return {}; }
  // The statement is not ours but a user's.
  virtual bool of_user() const noexcept { return false; }
  // Seconds after which the server shall end the statement of a user; 0: no sooner than all others.
  virtual double timeout() const noexcept { return 0; }

  // At the start of each scrape of the collector: true when its statements are others from now on; then renew() is
  // called once nobody uses the present ones, and all is asked of this object anew.
  virtual bool outdated() { return false; }
  virtual void renew() {}
  // Before any statement of a scrape. Writes what needs no server; returns the outcome where no statement has one.
  virtual Outcome begin(Sink& /*sink*/) { return Outcome::no_data; }
  // After all statements of a scrape that reached the server.
  virtual void finish(Sink& /*sink*/) {}

  // Puts the statement for this server into `sql`; called once per connection, by any thread. Left empty: nothing to
  // ask this version, the collector shows no_data.
  virtual void statement(const ServerInfo& server, std::string& sql) const = 0;
  // Likewise, of a user's query: a statement of one value. Unless that is true the other is not sent. Empty: it is
  // sent.
  virtual void predicate(const ServerInfo& /*server*/, std::string& sql) const { sql.clear(); }
  // What the rows say; those of a `datname` that the user left out are not there, but for the user's own statements.
  Outcome take(const ServerInfo& server, const Rows& rows, Sink& sink);
  // There are no rows, and that is why: one line without secrets. `database` is empty where there is only one to mean.
  virtual void fail(std::string_view database, Problem kind, std::string_view why, Sink& sink);

 protected:
  // Rows come in PostgreSQL's text format. Allocates nothing when warm.
  virtual Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) = 0;

 private:
  std::vector<std::size_t> allowed_;  // scratch of take(): their numbers
};

// A number of the text format exactly: an integer stays one. Nothing for NULL text or what is no number.
std::optional<Value> parse_value(std::string_view text) noexcept;

// The usual case: each row is one entity, each metric one of its columns.
//
// A metric's column is called as the metric without `prefix`; its labels are the columns called as the labels, except
// `server`, which comes from ServerInfo; NULL labels are empty. Where a metric is called as one of its labels, the last
// column of that name is the value. A NULL value is left out (coalesce() in the statement
// where the field expects 0), and so is a metric whose column the statement does not have on this version.
class View final : public Query {
 public:
  // Returns the statement for a server_version_num; empty for none.
  using Statement = std::string_view (*)(int version);
  // `metrics` must outlive this.
  View(std::string_view prefix, std::span<const MetricDesc> metrics, Statement choose, Scope scope = Scope::server,
       double interval = 0);
  // Where settings make the statement.
  using MakeStatement = std::function<std::string(int version)>;
  View(std::string_view prefix, std::span<const MetricDesc> metrics, MakeStatement make, Scope scope, double interval);

  void add(std::unique_ptr<Query> companion) { companions_.push_back(std::move(companion)); }

  Scope scope() const noexcept override { return scope_; }
  double interval() const noexcept override { return interval_; }
  std::span<const std::unique_ptr<Query>> companions() const noexcept override { return companions_; }
  void statement(const ServerInfo& server, std::string& sql) const override {
    sql = make_ ? make_(server.version) : std::string(statement_(server.version));
  }
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override;

 private:
  static constexpr std::size_t kServer = Rows::kNone - 1;  // in label_columns_: the label comes from ServerInfo
  // Finds the columns by name; false when a label has none.
  bool bind(const Rows& rows, Sink& sink);
  void render_labels(const MetricDesc& metric, std::span<const std::size_t> columns, const ServerInfo& server,
                     const Rows& rows, std::size_t row);

  std::string_view prefix_;
  std::span<const MetricDesc> metrics_;
  Statement statement_;
  MakeStatement make_;
  Scope scope_;
  double interval_;
  std::vector<std::unique_ptr<Query>> companions_;
  std::vector<std::size_t> value_columns_;  // one per metric
  std::vector<std::size_t> label_columns_;  // of all metrics, one after the other
  LabelBlock labels_;
};

}  // namespace exporter::postgres
