// pg_stat_replication_slots: one row a logical slot (PostgreSQL documentation, "pg_stat_replication_slots"; 14 and
// later): "cdc", "0", "0", "0", ...
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_replication_slots {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_replication_slots_spill_txns_total",
     "Transactions spilled to disk because they outgrew logical_decoding_work_mem.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_spill_count_total",
     "Times transactions were spilled to disk.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_spill_bytes_total",
     "Bytes of transactions spilled to disk.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_stream_txns_total",
     "Transactions sent before they were complete.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_stream_count_total",
     "Times transactions were sent before they were complete.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_stream_bytes_total",
     "Bytes of transactions sent before they were complete.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_total_txns_total",
     "Transactions decoded and sent.",
     {"slot_name"}},
    {MetricType::counter,
     "pg_stat_replication_slots_total_bytes_total",
     "Bytes of transactions decoded, before they were sent.",
     {"slot_name"}},
};

std::string_view statement(int version) {
  if (version < 140000) {
    return {};
  }
  return "SELECT slot_name, spill_txns AS spill_txns_total, spill_count AS spill_count_total,"
         " spill_bytes AS spill_bytes_total, stream_txns AS stream_txns_total, stream_count AS stream_count_total,"
         " stream_bytes AS stream_bytes_total, total_txns AS total_txns_total, total_bytes AS total_bytes_total"
         " FROM pg_stat_replication_slots";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_replication_slots_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_replication_slots",
    .summary = "what logical replication slots decoded (PostgreSQL 14 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_replication_slots
