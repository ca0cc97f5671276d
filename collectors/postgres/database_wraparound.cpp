// pg_database.datfrozenxid and datminmxid: "app", "731", "1" (PostgreSQL documentation, "Preventing Transaction ID
// Wraparound Failures")
//
// The names say seconds; the values are numbers of transactions, as everybody reads them.
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
};

std::string_view statement(int version) {
  if (version < 90500) {
    return {};
  }
  return "SELECT datname, age(datfrozenxid) AS age_datfrozenxid_seconds, mxid_age(datminmxid) AS age_datminmxid_seconds"
         " FROM pg_database WHERE datallowconn";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_database_wraparound_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "database_wraparound",
    .summary = "distance to transaction id wraparound of every database",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::database_wraparound
