// pg_stat_database and pg_database_size() under the names that exporters before 0.13 gave them: "16385", "app", ...
//
// Times are in milliseconds, as they were. The row of shared objects (datid 0) has an empty name.
#include "collectors/postgres/query.h"

namespace exporter::postgres::legacy_database {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_database_size", "Disk space of the database in all tablespaces, in bytes.", {"datname"}},
    {MetricType::untyped,
     "pg_stat_database_sessions",
     "Sessions opened (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_session_time",
     "Milliseconds that sessions existed (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_active_time",
     "Milliseconds spent executing statements (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_idle_in_transaction_time",
     "Milliseconds spent idle in transactions (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_sessions_abandoned",
     "Sessions whose client was lost (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_sessions_fatal",
     "Sessions ended by an error (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_sessions_killed",
     "Sessions ended by an operator (PostgreSQL 14 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_checksum_failures",
     "Data pages with a wrong checksum; absent without checksums (PostgreSQL 12 and later).",
     {"datid", "datname", "server"}},
    {MetricType::untyped,
     "pg_stat_database_checksum_last_failure",
     "Unix time at which a wrong checksum was last found; absent when none was (PostgreSQL 12 and later).",
     {"datid", "datname", "server"}},
};

#define SIZE                                                                                         \
  "SELECT s.datid, s.datname, CASE WHEN s.datid > 0 AND (has_database_privilege(s.datid, 'CONNECT')" \
  " OR pg_has_role('pg_read_all_stats', 'USAGE')) THEN pg_database_size(s.datid) END AS database_size"
#define CHECKSUMS                                           \
  ", checksum_failures AS stat_database_checksum_failures," \
  " extract(epoch FROM checksum_last_failure) AS stat_database_checksum_last_failure"
#define SESSIONS                                                                                             \
  ", sessions AS stat_database_sessions, session_time AS stat_database_session_time,"                        \
  " active_time AS stat_database_active_time,"                                                               \
  " idle_in_transaction_time AS stat_database_idle_in_transaction_time,"                                     \
  " sessions_abandoned AS stat_database_sessions_abandoned, sessions_fatal AS stat_database_sessions_fatal," \
  " sessions_killed AS stat_database_sessions_killed"
#define VIEW " FROM pg_stat_database s"

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  if (version < 120000) {
    return SIZE VIEW;
  }
  return version < 140000 ? SIZE CHECKSUMS VIEW : SIZE CHECKSUMS SESSIONS VIEW;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "legacy_database",
    .summary = "database metrics by the names of older releases; on with --postgres.legacy-names",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
    .on_with = "postgres.legacy-names",
};

}  // namespace exporter::postgres::legacy_database
