// pg_roles: "exporter", -1 (PostgreSQL documentation, "System Views: pg_roles")
#include "collectors/postgres/query.h"

namespace exporter::postgres::roles {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_roles_connection_limit",
     "Sessions the role may open at once; -1 is no limit.",
     {"rolname"}},
};

std::string_view statement(int /*version*/) { return "SELECT rolname, rolconnlimit AS connection_limit FROM pg_roles"; }

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_roles_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "roles",
    .summary = "connection limit of every role",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::roles
