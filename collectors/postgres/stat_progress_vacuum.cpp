// pg_stat_get_progress_info('VACUUM'): one row a running vacuum (PostgreSQL documentation, "pg_stat_progress_vacuum"):
//   "app", "orders", "2", "1640", "820", "0", "0", "291", "12"
//
// relname is known in the connected database only; elsewhere the label is the table's OID. From 17 on the dead tuple
// numbers are bytes.
#include <array>

#include "collectors/postgres/query.h"
#include "platform/text.h"

namespace exporter::postgres::stat_progress_vacuum {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_progress_vacuum_phase",
     "1 for the present phase of the vacuum, 0 for the others.",
     {"datname", "relname", "phase"}},
    {MetricType::gauge,
     "pg_stat_progress_vacuum_heap_blks",
     "Blocks of the table when its scan began.",
     {"datname", "relname"}},
    {MetricType::gauge, "pg_stat_progress_vacuum_heap_blks_scanned", "Blocks scanned.", {"datname", "relname"}},
    {MetricType::gauge, "pg_stat_progress_vacuum_heap_blks_vacuumed", "Blocks vacuumed.", {"datname", "relname"}},
    {MetricType::gauge,
     "pg_stat_progress_vacuum_index_vacuums",
     "Index vacuum rounds completed.",
     {"datname", "relname"}},
    {MetricType::gauge,
     "pg_stat_progress_vacuum_max_dead_tuples",
     "Dead rows that fit before an index vacuum round is due (bytes from PostgreSQL 17 on).",
     {"datname", "relname"}},
    {MetricType::gauge,
     "pg_stat_progress_vacuum_num_dead_tuples",
     "Dead rows collected since the last index vacuum round (bytes from PostgreSQL 17 on).",
     {"datname", "relname"}},
};

constexpr std::array<std::string_view, 7> kPhases{
    "initializing",        "scanning heap",   "vacuuming indexes",       "vacuuming heap",
    "cleaning up indexes", "truncating heap", "performing final cleanup"};

constexpr std::array<std::string_view, 9> kColumns{"datname",       "relname",           "phase",
                                                   "heap_blks",     "heap_blks_scanned", "heap_blks_vacuumed",
                                                   "index_vacuums", "max_dead_tuples",   "num_dead_tuples"};

class StatProgressVacuum final : public Query {
 public:
  void statement(const ServerInfo& server, std::string& sql) const override {
    if (server.version >= 90600) {
      sql =
          "SELECT d.datname, coalesce(c.relname, p.relid::text) AS relname, param1 AS phase, param2 AS heap_blks,"
          " param3 AS heap_blks_scanned, param4 AS heap_blks_vacuumed, param5 AS index_vacuums,"
          " param6 AS max_dead_tuples, param7 AS num_dead_tuples FROM pg_stat_get_progress_info('VACUUM') p"
          " LEFT JOIN pg_database d ON d.oid = p.datid LEFT JOIN pg_class c ON c.oid = p.relid"
          " AND d.datname = current_database() WHERE d.datname IS NOT NULL";
    }
  }

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    std::array<std::size_t, kColumns.size()> columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i] = rows.find(kColumns[i]);
      if (columns[i] == Rows::kNone) {
        sink.problem(Problem::missing, kColumns[i]);
        return Outcome::failed;
      }
    }
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto text = [&](std::size_t i) { return rows.text(row, columns[i]); };
      if (const auto phase = platform::number<std::size_t>(text(2)); phase && *phase < kPhases.size()) {
        for (std::size_t i = 0; i < kPhases.size(); ++i) {
          sink.add(kMetrics[0], i == *phase ? 1 : 0, {text(0), text(1), kPhases[i]});
        }
      } else if (!rows.null(row, columns[2])) {
        sink.problem(Problem::parse, "phase");
      }
      for (std::size_t i = 1; i < std::size(kMetrics); ++i) {
        if (rows.null(row, columns[i + 2])) {
          continue;  // another user's vacuum, seen without pg_monitor
        }
        if (const auto value = parse_value(text(i + 2))) {
          sink.add(kMetrics[i], *value, {text(0), text(1)});
        } else {
          sink.problem(Problem::parse, kMetrics[i].name);
        }
      }
    }
    return Outcome::ok;
  }
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<StatProgressVacuum>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_progress_vacuum",
    .summary = "progress of running vacuums",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_progress_vacuum
