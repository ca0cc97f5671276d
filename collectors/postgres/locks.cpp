// pg_locks: one row a lock, counted here per database: "app", "2", "0", ... (PostgreSQL documentation, "pg_locks")
//
// Every database shows all nine modes, zeros included, so that an alert on a mode has something to look at. Locks that
// belong to no database (transaction ids, shared objects) are not counted. Held and awaited locks count alike. First of
// its room in list.inc: later statements of the same transaction would count the locks of those before.
#include <array>

#include "collectors/postgres/query.h"
#include "platform/text.h"

namespace exporter::postgres::locks {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_locks_count", "Locks held or awaited in the database.", {"datname", "mode"}},
};

// Columns of the statement and values of the label alike.
constexpr std::array<std::string_view, 9> kModes{
    "accesssharelock", "rowsharelock",          "rowexclusivelock", "shareupdateexclusivelock",
    "sharelock",       "sharerowexclusivelock", "exclusivelock",    "accessexclusivelock",
    "sireadlock"};

class Locks final : public Query {
 public:
  void statement(const ServerInfo& /*server*/, std::string& sql) const override {
    sql = "SELECT d.datname";
    for (const auto mode : kModes) {
      sql.append(", sum(CASE WHEN lower(l.mode) = '").append(mode).append("' THEN n ELSE 0 END) AS ").append(mode);
    }
    sql +=
        " FROM pg_database d LEFT JOIN (SELECT database, mode, count(*) AS n FROM pg_locks"
        " WHERE database IS NOT NULL GROUP BY database, mode) l ON l.database = d.oid GROUP BY d.datname";
  }

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    const auto name = rows.find("datname");
    if (name == Rows::kNone) {
      sink.problem(Problem::missing, "datname");
      return Outcome::failed;
    }
    for (const auto mode : kModes) {
      const auto column = rows.find(mode);
      if (column == Rows::kNone) {
        sink.problem(Problem::missing, mode);
        continue;
      }
      for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (const auto count = platform::number<std::uint64_t>(rows.text(row, column))) {
          sink.add(kMetrics[0], *count, {rows.text(row, name), mode});
        } else {
          sink.problem(Problem::parse, mode);
        }
      }
    }
    return Outcome::ok;
  }
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<Locks>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "locks",
    .summary = "locks of every database by mode",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::locks
