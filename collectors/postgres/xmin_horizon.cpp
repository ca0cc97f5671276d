// xmin of sessions, standbys, slots and prepared transactions (PostgreSQL documentation, "Routine Vacuuming"):
//   "backend", "1841"
//
// Ages are numbers of transactions. All holders are shown, so that an alert has something to look at. standby is what
// standbys without a slot report by hot_standby_feedback; with one it is the slot that holds.
#include "collectors/postgres/query.h"
#include "collectors/postgres/sql_text.h"

namespace exporter::postgres::xmin_horizon {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_xmin_horizon_age",
     "Transactions since the oldest one that this kind of holder still may see; 0 when none holds. Rows that died "
     "later cannot be removed.",
     {"holder"}},
};

#define HOLDERS                                                                                         \
  "SELECT holder, coalesce(max(age), 0) AS age FROM (SELECT * FROM (VALUES ('backend', NULL::int),"     \
  " ('standby', NULL), ('slot', NULL), ('slot_catalog', NULL), ('prepared', NULL)) every (holder, age)" \
  " UNION ALL SELECT 'standby', age(backend_xmin) FROM pg_stat_replication"                             \
  " UNION ALL SELECT 'slot', age(xmin) FROM pg_replication_slots"                                       \
  " UNION ALL SELECT 'slot_catalog', age(catalog_xmin) FROM pg_replication_slots"                       \
  " UNION ALL SELECT 'prepared', age(transaction) FROM pg_prepared_xacts"                               \
  " UNION ALL SELECT 'backend', age(backend_xmin) FROM pg_stat_activity WHERE " EXPORTER_NOT_OURS

std::string_view statement(int version) {
  if (version < 90400) {
    return {};
  }
  if (version < 100000) {
    return HOLDERS ") holders GROUP BY 1";
  }
  return HOLDERS " AND backend_type <> 'walsender') holders GROUP BY 1";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_xmin_horizon_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "xmin_horizon",
    .summary = "what keeps dead rows from being removed, and since how many transactions",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::xmin_horizon
