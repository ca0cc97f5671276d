// pg_database and pg_database_size(): "app", -1, 23413251 (PostgreSQL documentation, "System Catalogs: pg_database")
//
// pg_database_size() looks at every file of a database, so sizes are read between scrapes, all with one statement. The
// function needs CONNECT on the database or pg_read_all_stats and fails otherwise, so it is asked only where it will
// answer: one closed database leaves out its own size and nothing else.
#include "collectors/postgres/query.h"

namespace exporter::postgres::database {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_database_connection_limit",
     "Sessions the database admits at once; -1 is no limit.",
     {"datname"}},
    {MetricType::gauge, "pg_database_size_bytes", "Disk space of the database in all tablespaces.", {"datname"}},
};

std::string_view limits(int /*version*/) { return "SELECT datname, datconnlimit AS connection_limit FROM pg_database"; }

std::string_view sizes(int version) {
  if (version < 100000) {
    return "SELECT datname, pg_database_size(oid) AS size_bytes FROM pg_database"
           " WHERE has_database_privilege(oid, 'CONNECT')";
  }
  return "SELECT datname, pg_database_size(oid) AS size_bytes FROM pg_database"
         " WHERE has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')";
}

std::unique_ptr<Query> make(const Environment& environment) {
  constexpr std::string_view kPrefix = "pg_database_";
  constexpr std::span<const MetricDesc> kAll(kMetrics);
  auto query = std::make_unique<View>(kPrefix, kAll.first(1), limits);
  query->add(std::make_unique<View>(kPrefix, kAll.last(1), sizes, Scope::server,
                                    environment.options.number("postgres.size-interval")));
  return query;
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "database",
    .summary = "size and connection limit of every database",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::database
