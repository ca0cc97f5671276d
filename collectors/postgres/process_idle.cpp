// pg_stat_activity: idle sessions by state and application (PostgreSQL documentation, "pg_stat_activity"):
//   "idle", "rails", 12, 341, 0, 2, 2, 5, ...
//
// Each row is a histogram: its count, its sum of whole seconds since the session went idle, and how many sessions are
// within each bound.
#include <array>

#include "collectors/postgres/query.h"
#include "collectors/postgres/sql_text.h"

namespace exporter::postgres::process_idle {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::histogram,
     "pg_process_idle_seconds",
     "Time for which sessions have been idle now.",
     {"state", "application_name"}},
};

constexpr std::array<std::string_view, 9> kBounds{"1", "2", "5", "15", "30", "60", "90", "120", "300"};

class ProcessIdle final : public Query {
 public:
  void statement(const ServerInfo& server, std::string& sql) const override {
    if (server.version < 90200) {
      return;
    }
    sql = "SELECT state, application_name, count(*) AS count, sum(floor(idle)) AS sum";
    for (const auto bound : kBounds) {
      sql.append(", count(CASE WHEN idle <= ").append(bound).append(" THEN 1 END) AS le_").append(bound);
    }
    sql +=
        " FROM (SELECT state, application_name, greatest(0, extract(epoch FROM clock_timestamp() - state_change))"
        " AS idle FROM pg_stat_activity WHERE state LIKE 'idle%' AND " EXPORTER_NOT_OURS ") sessions GROUP BY 1, 2";
  }

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    constexpr std::array<std::string_view, 4> kColumns{"state", "application_name", "count", "sum"};
    std::array<std::size_t, kColumns.size()> columns{};
    std::array<std::size_t, kBounds.size()> buckets{};
    bool all = true;
    const auto find = [&](std::string_view name) {
      const auto column = rows.find(name);
      if (column == Rows::kNone) {
        sink.problem(Problem::missing, name);
        all = false;
      }
      return column;
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i] = find(kColumns[i]);
    }
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      name_.assign("le_").append(kBounds[i]);
      buckets[i] = find(name_);
    }
    for (std::size_t row = 0; all && row < rows.rows(); ++row) {
      add(rows, row, columns, buckets, sink);
    }
    return all ? Outcome::ok : Outcome::failed;
  }

 private:
  // Nothing of a row in which a number is missing: a histogram with a hole is none.
  static void add(const Rows& rows, std::size_t row, const std::array<std::size_t, 4>& columns,
                  const std::array<std::size_t, kBounds.size()>& buckets, Sink& sink) {
    std::array<Value, kBounds.size()> values{0, 0, 0, 0, 0, 0, 0, 0, 0};
    const auto count = parse_value(rows.text(row, columns[2]));
    const auto sum = parse_value(rows.text(row, columns[3]));
    bool good = count && sum;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = parse_value(rows.text(row, buckets[i]));
      good = good && value;
      values[i] = value.value_or(0);
    }
    if (!good) {
      sink.problem(Problem::parse, kMetrics[0].name);
      return;
    }
    std::array<Label, 3> labels{Label{"state", rows.text(row, columns[0])},
                                Label{"application_name", rows.text(row, columns[1])}, Label{"le", ""}};
    for (std::size_t i = 0; i < values.size(); ++i) {
      labels[2].value = kBounds[i];
      sink.add_part(kMetrics[0], "_bucket", values[i], labels);
    }
    labels[2].value = "+Inf";
    sink.add_part(kMetrics[0], "_bucket", *count, labels);
    sink.add_part(kMetrics[0], "_sum", *sum, std::span(labels).first(2));
    sink.add_part(kMetrics[0], "_count", *count, std::span(labels).first(2));
  }

  std::string name_;
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<ProcessIdle>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "process_idle",
    .summary = "how long sessions have been idle, as histograms by application",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::process_idle
