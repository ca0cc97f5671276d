// pg_stat_statements under the names of the file of queries that came with older exporters: "app", "shop", "-12707",
// ...
//
// The hundred statements that took most time, as in stat_statements.
#include <array>

#include "collectors/postgres/query.h"
#include "collectors/postgres/statements_sql.h"
#include "collectors/postgres/top_rows.h"
#include "platform/some_rows.h"

namespace exporter::postgres::legacy_statements {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_statements_calls",
     "Times the statement was executed.",
     {"rolname", "datname", "queryid"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_statements_total_time_seconds",
     "Seconds spent executing the statement.",
     {"rolname", "datname", "queryid"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_statements_rows",
     "Rows the statement returned or changed.",
     {"rolname", "datname", "queryid"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_statements_blk_read_time_seconds",
     "Seconds the statement spent reading blocks (track_io_timing).",
     {"rolname", "datname", "queryid"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_statements_blk_write_time_seconds",
     "Seconds the statement spent writing blocks (track_io_timing).",
     {"rolname", "datname", "queryid"},
     Naming::legacy},
};

constexpr std::size_t kShown = 100;
constexpr std::array<std::string_view, 3> kKeys{"rolname", "datname", "queryid"};

class LegacyStatements final : public Query {
 public:
  void statement(const ServerInfo& server, std::string& sql) const override {
    sql = statements_sql(server.version,
                         "pg_get_userbyid(s.userid) AS rolname, d.datname, s.queryid, s.calls,"
                         " s.seconds AS total_time_seconds, s.rows, s.block_read_seconds AS blk_read_time_seconds,"
                         " s.block_write_seconds AS blk_write_time_seconds, s.least",
                         {.limit = kShown * static_cast<std::int64_t>(TopRows::kWider)});
  }
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override {
    return view_.read(server, platform::SomeRows(rows, top_.choose(rows)), sink);
  }

 private:
  TopRows top_{kShown, kKeys, "total_time_seconds", "least"};
  View view_{"pg_stat_statements_", kMetrics, nullptr};
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<LegacyStatements>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "legacy_statements",
    .summary = "statements by the names of older releases; on with --postgres.legacy-names",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
    .on_with = "postgres.legacy-names",
};

}  // namespace exporter::postgres::legacy_statements
