// pg_sequences: "public", "orders_id_seq", "2147483600", ... (PostgreSQL documentation, "pg_sequences")
//
// Of each database the sequences that are used up by half or more, so that there is a row only where somebody should
// look. A sequence that starts anew by itself (CYCLE) does not run out. Read between scrapes, since the value of each
// sequence is a page of its own. Needs SELECT on the sequences, or pg_read_all_data.
#include "collectors/postgres/query.h"

namespace exporter::postgres::sequences {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_sequences_used_ratio",
     "Part of the sequence's values that is used up, from 0.5 to 1.",
     {"datname", "schemaname", "sequencename"}},
};

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  return "SELECT * FROM (SELECT current_database() AS datname, schemaname, sequencename, round(CASE WHEN"
         " increment_by > 0 THEN (last_value::numeric - min_value) / nullif(max_value::numeric - min_value, 0)"
         " ELSE (max_value::numeric - last_value) / nullif(max_value::numeric - min_value, 0) END, 4) AS used_ratio"
         " FROM pg_sequences WHERE last_value IS NOT NULL AND NOT cycle) used WHERE used_ratio >= 0.5";
}

std::unique_ptr<Query> make(const Environment& environment) {
  return std::make_unique<View>("pg_sequences_", kMetrics, statement, Scope::database,
                                environment.options.number("postgres.size-interval"));
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "sequences",
    .summary = "sequences of every database that will run out",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::sequences
