// pg_stat_get_activity(), of which pg_stat_ssl is a view: one row a connection, here counted (PostgreSQL documentation,
// "pg_stat_ssl"): "tcp", "true", "TLSv1.3", "12"
//
// Sessions and standbys; the exporter's own connection is left out.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_ssl {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_ssl_connections",
     "Client connections by transport (tcp or unix), whether TLS protects them, and its version.",
     {"transport", "ssl", "version"}},
};

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  return "SELECT CASE WHEN client_addr IS NULL THEN 'unix' ELSE 'tcp' END AS transport,"
         " CASE WHEN ssl THEN 'true' ELSE 'false' END AS ssl, sslversion AS version, count(*) AS connections"
         " FROM pg_stat_get_activity(NULL) WHERE backend_type IN ('client backend', 'walsender')"
         " AND pid <> pg_backend_pid() GROUP BY 1, 2, 3";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_ssl_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_ssl",
    .summary = "client connections by encryption",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_ssl
