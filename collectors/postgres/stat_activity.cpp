// pg_stat_activity: one row a session, grouped by the server (PostgreSQL documentation, "pg_stat_activity"):
//   "app", "idle", "web", "rails", "client backend", "Client", "ClientRead", "12", "0"
//
// Every database shows all six states; one without sessions is 0 with empty labels. Without pg_monitor the state of
// other users' sessions is hidden and they are not counted. The exporter's own sessions are left out: their state is
// another at each scrape, so that series would come and go.
#include <array>

#include "collectors/postgres/query.h"
#include "collectors/postgres/sql_text.h"
#include "platform/text.h"

namespace exporter::postgres::stat_activity {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_activity_count",
     "Sessions in this state.",
     {"datname", "state", "usename", "application_name", "backend_type", "wait_event_type", "wait_event", "server"}},
    {MetricType::gauge,
     "pg_stat_activity_max_tx_duration",
     "Age in seconds of the oldest open transaction of these sessions; 0 when none is open.",
     {"datname", "state", "usename", "application_name", "backend_type", "wait_event_type", "wait_event", "server"}},
};

constexpr std::array<std::string_view, 6> kStates{
    "active", "idle", "idle in transaction", "idle in transaction (aborted)", "fastpath function call", "disabled"};

// Columns of the statement, in this order; datname, state and the five others are labels.
constexpr std::array<std::string_view, 9> kColumns{"datname",          "state",        "usename",
                                                   "application_name", "backend_type", "wait_event_type",
                                                   "wait_event",       "count",        "max_tx_duration"};

class StatActivity final : public Query {
 public:
  void statement(const ServerInfo& server, std::string& sql) const override {
    const std::string backend = server.version >= 100000 ? "backend_type" : "NULL::text AS backend_type";
    const std::string wait = server.version >= 90600 ? "wait_event_type, wait_event"
                                                     : "NULL::text AS wait_event_type, NULL::text AS wait_event";
    // A database without sessions has one row, with state NULL.
    sql = "SELECT d.datname, a.* FROM pg_database d LEFT JOIN (SELECT datid, state, usename, application_name, " +
          backend + ", " + wait +
          ", count(*) AS count, coalesce(max(extract(epoch FROM now() - xact_start)), 0) AS max_tx_duration"
          " FROM pg_stat_activity WHERE state IS NOT NULL AND " EXPORTER_NOT_OURS
          " GROUP BY 1, 2, 3, 4, 5, 6, 7) a ON a.datid = d.oid ORDER BY d.datname";
  }

  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override {
    std::array<std::size_t, kColumns.size()> columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i] = rows.find(kColumns[i]);
      if (columns[i] == Rows::kNone) {
        sink.problem(Problem::missing, kColumns[i]);
        return Outcome::failed;
      }
    }
    unsigned seen = 0;  // a bit for each state of the present database
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto text = [&](std::size_t i) { return rows.text(row, columns[i]); };
      for (std::size_t state = 0; state < kStates.size(); ++state) {
        if (text(1) == kStates[state]) {
          seen |= 1U << state;
          labels_.clear();
          for (std::size_t i = 0; i < 7; ++i) {
            labels_.append(kColumns[i], text(i));
          }
          labels_.append("server", server.server);
          add(kMetrics[0], text(7), sink);
          add(kMetrics[1], text(8), sink);
        }
      }
      if (row + 1 == rows.rows() || rows.text(row + 1, columns[0]) != text(0)) {
        add_empty(text(0), seen, server, sink);
        seen = 0;
      }
    }
    return Outcome::ok;
  }

 private:
  void add(const MetricDesc& metric, std::string_view text, Sink& sink) {
    if (const auto value = parse_value(text)) {
      sink.add(metric, *value, labels_);
    } else {
      sink.problem(Problem::parse, metric.name);
    }
  }

  static void add_empty(std::string_view datname, unsigned seen, const ServerInfo& server, Sink& sink) {
    for (std::size_t state = 0; state < kStates.size(); ++state) {
      if ((seen & 1U << state) == 0) {
        for (const auto& metric : kMetrics) {
          sink.add(metric, 0, {datname, kStates[state], "", "", "", "", "", server.server});
        }
      }
    }
  }

  LabelBlock labels_;
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<StatActivity>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_activity",
    .summary = "sessions by database, state, user and wait event",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_activity
