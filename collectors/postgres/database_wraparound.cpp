// pg_database.datfrozenxid and datminmxid: "app", "731", "1" (PostgreSQL documentation, "Preventing Transaction ID
// Wraparound Failures")
//
// The names of databases' ages say seconds; the values are numbers of transactions, as everybody reads them. Of each
// database the ten oldest tables are shown, too: those that vacuum must get to.
#include "collectors/postgres/query.h"

namespace exporter::postgres::database_wraparound {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_database_wraparound_age_datfrozenxid_seconds",
     "Transactions since the oldest one that is not frozen yet in the database.",
     {"datname"}},
    {MetricType::gauge,
     "pg_database_wraparound_age_datminmxid_seconds",
     "Multixacts since the oldest one that the database still needs.",
     {"datname"}},
    {MetricType::gauge,
     "pg_table_wraparound_age_transactions",
     "Transactions since the oldest one that is not frozen yet in the table; the ten oldest of each database.",
     {"datname", "schemaname", "relname"}},
};

std::string_view statement(int version) {
  if (version < 90500) {
    return {};
  }
  return "SELECT datname, age(datfrozenxid) AS age_datfrozenxid_seconds, mxid_age(datminmxid) AS age_datminmxid_seconds"
         " FROM pg_database WHERE datallowconn";
}

std::string_view tables(int version) {
  if (version < 90500) {
    return {};
  }
  return "SELECT current_database() AS datname, nspname AS schemaname, relname, age(relfrozenxid) AS age_transactions"
         " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm', 't')"
         " AND relfrozenxid <> '0' ORDER BY age(relfrozenxid) DESC, nspname, relname LIMIT 10";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  constexpr std::span<const MetricDesc> kAll(kMetrics);
  auto query = std::make_unique<View>("pg_database_wraparound_", kAll.first(2), statement);
  query->add(std::make_unique<View>("pg_table_wraparound_", kAll.last(1), tables, Scope::database));
  return query;
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "database_wraparound",
    .summary = "distance to transaction id wraparound of every database and its oldest tables",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::database_wraparound
