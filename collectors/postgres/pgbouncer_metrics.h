// What the admin console of PgBouncer says, and the metrics of pgbouncer_exporter that it becomes.
// (PgBouncer documentation, "Admin console"; 1.12 to 1.24)
#pragma once
#include <cstddef>
#include <string_view>

#include "exporter/metric.h"

namespace exporter::postgres::pgbouncer {

inline constexpr MetricDesc kMetrics[] = {
    // SHOW DATABASES
    {MetricType::gauge,
     "pgbouncer_databases_pool_size",
     "Most server connections of a pool of the database.",
     {"name", "host", "port", "database", "force_user", "pool_mode"}},
    {MetricType::gauge,
     "pgbouncer_databases_reserve_pool",
     "Server connections beyond pool_size for clients that have waited long.",
     {"name", "host", "port", "database", "force_user", "pool_mode"}},
    {MetricType::gauge,
     "pgbouncer_databases_max_connections",
     "Most server connections of the database; 0: no limit.",
     {"name", "host", "port", "database", "force_user", "pool_mode"}},
    {MetricType::gauge,
     "pgbouncer_databases_current_connections",
     "Server connections of the database.",
     {"name", "host", "port", "database", "force_user", "pool_mode"}},
    {MetricType::gauge,
     "pgbouncer_databases_paused",
     "1 while the database is paused, else 0.",
     {"name", "host", "port", "database", "force_user", "pool_mode"}},
    {MetricType::gauge,
     "pgbouncer_databases_disabled",
     "1 while the database takes no new clients, else 0.",
     {"name", "host", "port", "database", "force_user", "pool_mode"}},
    // SHOW STATS_TOTALS
    {MetricType::counter,
     "pgbouncer_stats_totals_sql_transactions_pooled_total",
     "Transactions of clients.",
     {"database"}},
    {MetricType::counter, "pgbouncer_stats_totals_queries_pooled_total", "Statements of clients.", {"database"}},
    {MetricType::counter,
     "pgbouncer_stats_totals_server_assignments_total",
     "Times a server connection was given to a client.",
     {"database"}},
    {MetricType::counter, "pgbouncer_stats_totals_received_bytes_total", "Bytes received from clients.", {"database"}},
    {MetricType::counter, "pgbouncer_stats_totals_sent_bytes_total", "Bytes sent to clients.", {"database"}},
    {MetricType::counter,
     "pgbouncer_stats_totals_server_in_transaction_seconds_total",
     "Seconds that server connections spent in transactions.",
     {"database"}},
    {MetricType::counter,
     "pgbouncer_stats_totals_queries_duration_seconds_total",
     "Seconds that servers worked on statements.",
     {"database"}},
    {MetricType::counter,
     "pgbouncer_stats_totals_client_wait_seconds_total",
     "Seconds that clients waited for a server connection.",
     {"database"}},
    {MetricType::counter,
     "pgbouncer_stats_totals_client_parses_total",
     "Prepared statements that clients made.",
     {"database"}},
    {MetricType::counter,
     "pgbouncer_stats_totals_server_parses_total",
     "Prepared statements made on servers.",
     {"database"}},
    {MetricType::counter, "pgbouncer_stats_totals_binds_total", "Prepared statements made ready to run.", {"database"}},
    // SHOW POOLS
    {MetricType::gauge,
     "pgbouncer_pools_client_active_connections",
     "Clients that have a server connection, or ask for nothing.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_client_active_cancel_connections",
     "Clients whose cancel request went to the server, which has not answered yet.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_client_waiting_connections",
     "Clients that wait for a server connection.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_client_waiting_cancel_connections",
     "Clients whose cancel request did not go to the server yet.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_active_connections",
     "Server connections that a client has.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_active_cancel_connections",
     "Server connections that carry a cancel request.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_being_canceled_connections",
     "Server connections that wait for the end of cancel requests for their last statement.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_idle_connections",
     "Server connections free for a client.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_used_connections",
     "Server connections idle for so long that they are checked before use.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_testing_connections",
     "Server connections being checked or reset.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_server_login_connections",
     "Server connections being logged in.",
     {"database", "user"}},
    {MetricType::gauge,
     "pgbouncer_pools_client_maxwait_seconds",
     "Seconds that the first client in the queue has waited.",
     {"database", "user"}},
    // SHOW LISTS
    {MetricType::gauge, "pgbouncer_databases", "Databases known."},
    {MetricType::gauge, "pgbouncer_users", "Users known."},
    {MetricType::gauge, "pgbouncer_pools", "Pools."},
    {MetricType::gauge, "pgbouncer_free_clients", "Places for clients that are allocated and free."},
    {MetricType::gauge, "pgbouncer_used_clients", "Clients."},
    {MetricType::gauge, "pgbouncer_login_clients", "Clients being logged in."},
    {MetricType::gauge, "pgbouncer_free_servers", "Places for server connections that are allocated and free."},
    {MetricType::gauge, "pgbouncer_used_servers", "Server connections."},
    {MetricType::gauge, "pgbouncer_cached_dns_names", "Host names in the cache."},
    {MetricType::gauge, "pgbouncer_cached_dns_zones", "DNS zones in the cache."},
    {MetricType::gauge, "pgbouncer_in_flight_dns_queries", "DNS queries under way."},
    // SHOW CONFIG
    {MetricType::gauge, "pgbouncer_config_max_client_connections", "Setting max_client_conn: most clients."},
    {MetricType::gauge, "pgbouncer_config_max_user_connections",
     "Setting max_user_connections: most server connections of a user; 0: no limit."},
    // SHOW CLIENTS
    {MetricType::gauge,
     "pgbouncer_client_connections",
     "Clients by what they are and do.",
     {"database", "user", "application_name", "state"}},
    // SHOW VERSION
    {MetricType::gauge, "pgbouncer_version_info", "1; the label carries the version.", {"version"}},
};

// Where the value of each metric comes from, in the same order: a column, or of LISTS and CONFIG a row.
struct Place {
  std::string_view name;
  std::string_view newer = {};  // its name in later releases
};
inline constexpr Place kPlaces[] = {
    {"pool_size"},
    {"reserve_pool", "reserve_pool_size"},  // 1.24
    {"max_connections"},
    {"current_connections"},
    {"paused"},
    {"disabled"},
    {"xact_count"},
    {"query_count"},
    {"server_assignment_count"},  // 1.23
    {"bytes_received"},
    {"bytes_sent"},
    {"xact_time"},
    {"query_time"},
    {"wait_time"},
    {"client_parse_count"},  // 1.24, and the next two
    {"server_parse_count"},
    {"bind_count"},
    {"cl_active"},
    {"cl_active_cancel_req"},  // 1.18
    {"cl_waiting"},
    {"cl_waiting_cancel_req"},  // 1.18
    {"sv_active"},
    {"sv_active_cancel"},   // 1.18
    {"sv_being_canceled"},  // 1.18
    {"sv_idle"},
    {"sv_used"},
    {"sv_tested"},
    {"sv_login"},
    {"maxwait"},
    {"databases"},
    {"users"},
    {"pools"},
    {"free_clients"},
    {"used_clients"},
    {"login_clients"},
    {"free_servers"},
    {"used_servers"},
    {"dns_names"},
    {"dns_zones"},
    {"dns_queries"},
    {"max_client_conn"},
    {"max_user_connections"},
};

// How many of them each statement has.
inline constexpr std::size_t kDatabases = 6;
inline constexpr std::size_t kTotals = 11;
inline constexpr std::size_t kPools = 12;
inline constexpr std::size_t kLists = 11;
inline constexpr std::size_t kConfig = 2;
inline constexpr const MetricDesc& kClients = kMetrics[std::size(kPlaces)];
inline constexpr const MetricDesc& kVersion = kMetrics[std::size(kPlaces) + 1];
static_assert(kDatabases + kTotals + kPools + kLists + kConfig == std::size(kPlaces));
static_assert(std::size(kPlaces) + 2 == std::size(kMetrics));

}  // namespace exporter::postgres::pgbouncer
