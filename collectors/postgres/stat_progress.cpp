// pg_stat_progress_analyze, _cluster, _create_index, _basebackup and _copy: one row a running command (PostgreSQL
// documentation, "Progress Reporting"): "create_index", "app", "orders", "orders_day", "CREATE INDEX", ...
//
// One statement for all, since mostly none runs. Commands that are alike but for their process are added up. Tables and
// indexes have a name in the connected database only; elsewhere the label is the OID. Vacuums are
// stat_progress_vacuum's.
#include <array>

#include "collectors/postgres/query.h"
#include "platform/text.h"

namespace exporter::postgres::stat_progress {
namespace {

// By view: first how many run in each phase, then the numbers in the order of kViews.
constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_progress_analyze_phase",
     "Running analyzes in this phase.",
     {"datname", "relname", "phase"}},
    {MetricType::gauge, "pg_stat_progress_analyze_sample_blks", "Blocks to be sampled.", {"datname", "relname"}},
    {MetricType::gauge, "pg_stat_progress_analyze_sample_blks_scanned", "Blocks sampled.", {"datname", "relname"}},
    {MetricType::gauge,
     "pg_stat_progress_analyze_ext_stats",
     "Extended statistics to be computed.",
     {"datname", "relname"}},
    {MetricType::gauge,
     "pg_stat_progress_analyze_ext_stats_computed",
     "Extended statistics computed.",
     {"datname", "relname"}},
    {MetricType::gauge, "pg_stat_progress_analyze_child_tables", "Child tables to be scanned.", {"datname", "relname"}},
    {MetricType::gauge, "pg_stat_progress_analyze_child_tables_done", "Child tables scanned.", {"datname", "relname"}},
    {MetricType::gauge,
     "pg_stat_progress_analyze_delay_seconds",
     "Seconds slept for the cost limit (track_cost_delay_timing; PostgreSQL 18 and later).",
     {"datname", "relname"}},

    {MetricType::gauge,
     "pg_stat_progress_cluster_phase",
     "Running CLUSTER and VACUUM FULL in this phase.",
     {"datname", "relname", "command", "phase"}},
    {MetricType::gauge,
     "pg_stat_progress_cluster_heap_tuples_scanned",
     "Rows scanned.",
     {"datname", "relname", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_cluster_heap_tuples_written",
     "Rows written.",
     {"datname", "relname", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_cluster_heap_blks",
     "Blocks of the table.",
     {"datname", "relname", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_cluster_heap_blks_scanned",
     "Blocks scanned.",
     {"datname", "relname", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_cluster_index_rebuild_count",
     "Indexes rebuilt.",
     {"datname", "relname", "command"}},

    {MetricType::gauge,
     "pg_stat_progress_create_index_phase",
     "Running CREATE INDEX and REINDEX in this phase.",
     {"datname", "relname", "index", "command", "phase"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_lockers",
     "Sessions to be waited for.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_lockers_done",
     "Sessions waited for.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_blocks",
     "Blocks to be processed in this phase.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_blocks_done",
     "Blocks processed in this phase.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_tuples",
     "Rows to be processed in this phase.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_tuples_done",
     "Rows processed in this phase.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_partitions",
     "Partitions to be indexed.",
     {"datname", "relname", "index", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_create_index_partitions_done",
     "Partitions indexed.",
     {"datname", "relname", "index", "command"}},

    {MetricType::gauge, "pg_stat_progress_basebackup_phase", "Running base backups in this phase.", {"phase"}},
    {MetricType::gauge, "pg_stat_progress_basebackup_size_bytes",
     "Bytes to be sent, estimated; absent while that is not known."},
    {MetricType::gauge, "pg_stat_progress_basebackup_streamed_bytes", "Bytes sent."},
    {MetricType::gauge, "pg_stat_progress_basebackup_tablespaces", "Tablespaces to be sent."},
    {MetricType::gauge, "pg_stat_progress_basebackup_tablespaces_streamed", "Tablespaces sent."},

    {MetricType::gauge,
     "pg_stat_progress_copy_running",
     "Running COPY commands.",
     {"datname", "relname", "command", "type"}},
    {MetricType::gauge,
     "pg_stat_progress_copy_size_bytes",
     "Size of the files that are read; absent for other sources.",
     {"datname", "relname", "command"}},
    {MetricType::gauge, "pg_stat_progress_copy_processed_bytes", "Bytes processed.", {"datname", "relname", "command"}},
    {MetricType::gauge, "pg_stat_progress_copy_tuples_processed", "Rows processed.", {"datname", "relname", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_copy_tuples_excluded",
     "Rows left out by a WHERE clause.",
     {"datname", "relname", "command"}},
    {MetricType::gauge,
     "pg_stat_progress_copy_tuples_skipped",
     "Rows left out because they cannot be read (ON_ERROR; PostgreSQL 17 and later).",
     {"datname", "relname", "command"}},
};

struct Number {
  std::string_view expression;
  int since = 0;
};
constexpr std::size_t kNumbers = 8;

struct Progress {
  std::string_view view;
  int since;
  std::string_view where;  // datname, relid, index, command, phase
  std::array<Number, kNumbers> numbers;

  constexpr std::size_t count() const noexcept {
    std::size_t n = 0;
    while (n < kNumbers && !numbers[n].expression.empty()) {
      ++n;
    }
    return n;
  }
};

constexpr std::array<Progress, 5> kViews{{
    {"analyze",
     130000,
     "datname, relid, NULL, NULL, phase",
     {{{"sample_blks_total"},
       {"sample_blks_scanned"},
       {"ext_stats_total"},
       {"ext_stats_computed"},
       {"child_tables_total"},
       {"child_tables_done"},
       {"delay_time / 1000", 180000}}}},
    {"cluster",
     120000,
     "datname, relid, NULL, command, phase",
     {{{"heap_tuples_scanned"},
       {"heap_tuples_written"},
       {"heap_blks_total"},
       {"heap_blks_scanned"},
       {"index_rebuild_count"}}}},
    {"create_index",
     120000,
     "datname, relid, nullif(index_relid, 0), command, phase",
     {{{"lockers_total"},
       {"lockers_done"},
       {"blocks_total"},
       {"blocks_done"},
       {"tuples_total"},
       {"tuples_done"},
       {"partitions_total"},
       {"partitions_done"}}}},
    {"basebackup",
     130000,
     "NULL, NULL, NULL, NULL, phase",
     {{{"backup_total"}, {"backup_streamed"}, {"tablespaces_total"}, {"tablespaces_streamed"}}}},
    {"copy",
     140000,
     "datname, relid, NULL, command, type",
     {{{"nullif(bytes_total, 0)"},
       {"bytes_processed"},
       {"tuples_processed"},
       {"tuples_excluded"},
       {"tuples_skipped", 170000}}}},
}};

constexpr std::size_t metrics_of_all() noexcept {
  std::size_t n = 0;
  for (const auto& view : kViews) {
    n += 1 + view.count();
  }
  return n;
}
static_assert(metrics_of_all() == std::size(kMetrics));

// Columns of the statement, in this order: labels, then whether the row adds up all phases, then numbers.
constexpr std::array<std::string_view, 8> kColumns{"view",    "datname", "relname", "index",
                                                   "command", "phase",   "phases",  "running"};
constexpr std::size_t kPhase = 5;
constexpr std::size_t kPhases = 6;
constexpr std::size_t kRunning = 7;

class StatProgress final : public Query {
 public:
  void statement(const ServerInfo& server, std::string& sql) const override {
    std::string rows;
    for (const auto& view : kViews) {
      if (server.version >= view.since) {
        rows += rows.empty() ? "SELECT NULL::text AS view, NULL::name AS datname, NULL::oid AS relid, NULL::oid AS ind,"
                               " NULL::text AS command, NULL::text AS phase, NULL::numeric AS v0, NULL::numeric AS v1,"
                               " NULL::numeric AS v2, NULL::numeric AS v3, NULL::numeric AS v4, NULL::numeric AS v5,"
                               " NULL::numeric AS v6, NULL::numeric AS v7 WHERE false"
                             : "";
        append_view(view, server.version, rows);
      }
    }
    if (rows.empty()) {
      return;
    }
    sql = "SELECT view, datname, relname, index, command, phase, grouping(phase) AS phases, count(*) AS running";
    for (std::size_t i = 0; i < kNumbers; ++i) {
      sql.append(", sum(v").append(std::to_string(i)).append(") AS v").append(std::to_string(i));
    }
    sql +=
        " FROM (SELECT p.*, coalesce(t.relname, p.relid::text) AS relname, coalesce(i.relname, p.ind::text) AS index"
        " FROM (" +
        rows +
        ") p LEFT JOIN pg_class t ON t.oid = p.relid AND p.datname = current_database()"
        " LEFT JOIN pg_class i ON i.oid = p.ind AND p.datname = current_database()) running GROUP BY GROUPING SETS"
        " ((view, datname, relname, index, command), (view, datname, relname, index, command, phase))";
  }

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i] = rows.find(kColumns[i]);
      if (columns_[i] == Rows::kNone) {
        sink.problem(Problem::missing, kColumns[i]);
        return Outcome::failed;
      }
    }
    for (std::size_t i = 0; i < kNumbers; ++i) {
      const std::array<char, 2> name{'v', static_cast<char>('0' + i)};
      numbers_[i] = rows.find({name.data(), name.size()});
    }
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      std::size_t first = 0;
      for (const auto& view : kViews) {
        if (rows.text(row, columns_[0]) == view.view) {
          add(view, first, rows, row, sink);
        }
        first += 1 + view.count();
      }
    }
    return Outcome::ok;
  }

 private:
  static void append_view(const Progress& view, int version, std::string& rows) {
    rows.append(" UNION ALL SELECT '").append(view.view).append("', ").append(view.where);
    for (const auto& number : view.numbers) {
      rows.append(", ").append(number.expression.empty() || version < number.since ? "NULL" : number.expression);
    }
    rows.append(" FROM pg_stat_progress_").append(view.view);
  }

  void add(const Progress& view, std::size_t first, const Rows& rows, std::size_t row, Sink& sink) {
    if (rows.text(row, columns_[kPhases]) != "1") {
      if (!rows.null(row, columns_[kPhase])) {  // else hidden: another user's command, seen without pg_monitor
        add_one(kMetrics[first], columns_[kRunning], rows, row, sink);
      }
      return;
    }
    for (std::size_t i = 0; i < view.count(); ++i) {
      add_one(kMetrics[first + 1 + i], numbers_[i], rows, row, sink);
    }
  }

  void add_one(const MetricDesc& metric, std::size_t column, const Rows& rows, std::size_t row, Sink& sink) {
    if (column == Rows::kNone || rows.null(row, column)) {
      return;
    }
    labels_.clear();
    for (std::size_t i = 0; i < metric.labels.size(); ++i) {
      const auto name = metric.labels[i];
      std::size_t label = kPhase;  // of COPY it is the type
      for (std::size_t c = 1; c < kPhase; ++c) {
        label = kColumns[c] == name ? c : label;
      }
      labels_.append(name, rows.text(row, columns_[label]));
    }
    if (const auto value = parse_value(rows.text(row, column))) {
      sink.add(metric, *value, labels_);
    } else {
      sink.problem(Problem::parse, metric.name);
    }
  }

  std::array<std::size_t, kColumns.size()> columns_{};
  std::array<std::size_t, kNumbers> numbers_{};
  LabelBlock labels_;
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<StatProgress>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_progress",
    .summary = "progress of ANALYZE, CLUSTER, CREATE INDEX, base backups and COPY (PostgreSQL 12 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_progress
