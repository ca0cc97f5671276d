// Which PostgreSQL servers to read, and how to log in: DATA_SOURCE_*, libpq's own variables, or what is found here.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "exporter/options.h"
#include "platform/deadline.h"
#include "platform/host.h"
#include "platform/pq_dsn.h"

namespace exporter::postgres {

// The variables are options without a flag: set in the environment only.
constexpr OptionDesc source_variable(std::string_view name, std::string_view help) {
  return {.name = name, .type = OptionType::text, .default_value = "", .help = help, .environment_only = true};
}

inline constexpr std::string_view kProbeTargets = "postgres.probe-targets";
inline constexpr std::string_view kPrefix = "metric-prefix";

inline constexpr OptionDesc kSourceOptions[] = {
    source_variable("DATA_SOURCE_NAME",
                    "PostgreSQL servers to read: key=value pairs or postgresql:// URIs, separated by commas."),
    source_variable("DATA_SOURCE_URI", "A PostgreSQL server as host:port/database, without user and password."),
    source_variable("DATA_SOURCE_URI_FILE", "File that holds DATA_SOURCE_URI."),
    source_variable("DATA_SOURCE_USER", "Role for DATA_SOURCE_URI, or for the server found on this machine."),
    source_variable("DATA_SOURCE_USER_FILE", "File that holds DATA_SOURCE_USER; read again at each login."),
    source_variable("DATA_SOURCE_PASS", "Password for DATA_SOURCE_URI, or for the server found on this machine."),
    source_variable("DATA_SOURCE_PASS_FILE", "File that holds DATA_SOURCE_PASS; read again at each login."),
    source_variable("PGHOST", "Host or socket directory of the PostgreSQL server, as psql reads it."),
    source_variable("PGHOSTADDR", "Numeric address of the PostgreSQL server, as psql reads it."),
    source_variable("PGPORT", "Port of the PostgreSQL server, as psql reads it."),
    source_variable("PGSERVICE", "Service name in pg_service.conf, as psql reads it."),
    source_variable("PGUSER", "Role to log in as, as psql reads it."),
    source_variable("PGDATABASE", "Database to connect to, as psql reads it."),
    {.name = "postgres.discover",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "Read a PostgreSQL server found on this machine when none is configured."},
    {.name = "auto-discover-databases",
     .type = OptionType::flag,
     .default_value = "true",
     .help = "Read tables and indexes in all databases of a server, not only in the one connected to.",
     .environment = "PG_EXPORTER_AUTO_DISCOVER_DATABASES"},
    {.name = "constantLabels",
     .type = OptionType::text,
     .default_value = "",
     .help = "Labels for every series of PostgreSQL servers: NAME=VALUE, separated by commas.",
     .environment = "PG_EXPORTER_CONSTANT_LABELS"},
    {.name = kPrefix,
     .type = OptionType::text,
     .default_value = "pg",
     .help = "What names of metrics of PostgreSQL servers begin with.",
     .environment = "PG_EXPORTER_METRIC_PREFIX"},
    {.name = "collection-timeout",
     .type = OptionType::seconds,
     .default_value = "1m",
     .help = "Most time for one PostgreSQL server in a scrape; the scrape's own deadline comes first.",
     .environment = "PG_EXPORTER_COLLECTION_TIMEOUT"},
    {.name = "include-databases",
     .type = OptionType::text,
     .default_value = "",
     .help = "Databases to show, separated by commas, * for any text; default: all.",
     .environment = "PG_EXPORTER_INCLUDE_DATABASES"},
    {.name = "exclude-databases",
     .type = OptionType::text,
     .default_value = "",
     .help = "Databases to leave out, separated by commas, * for any text.",
     .environment = "PG_EXPORTER_EXCLUDE_DATABASES"},
    {.name = "postgres.max-connections",
     .type = OptionType::integer,
     .default_value = "3",
     .help = "Most connections to one server at a time: one for the server, one for what is read between scrapes, the "
             "others for a database each. At least 2. A sampler has one more."},
    {.name = "postgres.connection-age",
     .type = OptionType::seconds,
     .default_value = "1h",
     .help = "Connections are made anew after this time, so that the server's processes do not grow; 0: never."},
    {.name = "postgres.table-include",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Tables to show, as schema.table; a regular expression of PostgreSQL's (~)."},
    {.name = "postgres.table-exclude",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Tables to leave out, as schema.table; a regular expression of PostgreSQL's (~)."},
    {.name = "postgres.max-tables",
     .type = OptionType::integer,
     .default_value = "0",
     .help = "Tables shown of each database, the largest; the others are added up as relname=\"other\". 0: all."},
    {.name = "postgres.roll-up-partitions",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "Add partitions, TimescaleDB's chunks and other children up under their parent."},
    {.name = "postgres.size-interval",
     .type = OptionType::seconds,
     .default_value = "5m",
     .help = "Time between two readings of the sizes of databases, tables and indexes, which are made between "
             "scrapes."},
    {.name = "config.file",
     .type = OptionType::text,
     .default_value = "postgres_exporter.yml",
     .help = "File of auth_modules, logins that GET /probe?auth_module=NAME uses; read again when it changes."},
    {.name = kProbeTargets,
     .type = OptionType::list,
     .default_value = "",
     .help =
         "PostgreSQL servers that GET /probe may read with an auth_module or by a socket: HOST[:PORT] with * and ?, "
         "ADDRESS/BITS[:PORT] or /SOCKET-FOLDER; repeatable, or separated by commas. Given: no others. Not given: "
         "any by TCP, with what the request brings. Empty: none."},
    without_effect("disable-default-metrics", OptionType::flag, "switch collectors by their own flags instead"),
    without_effect("disable-settings-metrics", OptionType::flag, "give --no-collector.settings instead"),
    without_effect("collector.bgwriter", OptionType::flag, "give --[no-]collector.stat_bgwriter instead"),
    without_effect("collector.replication_slot", OptionType::flag, "give --[no-]collector.replication_slots instead"),
};

// One server as configured.
struct Source {
  platform::PqDsn dsn;
  std::string user_file;      // read again before each login, so that a new secret needs no restart; may be empty
  std::string password_file;  // likewise
  std::string_view password_file_name = "DATA_SOURCE_PASS_FILE";  // where that is set, for errors; outlives this
  bool own_database = false;  // another source names the same server: each reads its own database only
  bool requested = false;     // a request names it: nobody wants to know what happens between its scrapes
  bool automatic = false;     // nobody named it: look for a server at each login, and stay silent while there is none
  std::string address;        // "host:port" or "host:port/dbname"; does not change
};

// Throws OptionError naming the variable and the remedy, never its content.
std::vector<Source> find_sources(const Options& options);

// The lowest port that has a server's socket in `folder` below `dir`. Returns 0 or an errno value, ENOENT for none.
int lowest_socket(const platform::Dir& dir, const char* folder, std::uint16_t& port);

// False when nobody named the server and there is no socket of one, nor anyone on its port.
bool may_be_there(const Source& source, const platform::Host& host, const platform::Deadline& deadline);

// The DSN for a login now: files read, the automatic server looked up below `host.rootfs`. Empty text, or what failed.
std::string login_dsn(const Source& source, const platform::Host& host, platform::PqDsn& dsn);

// True when the DSN is for the admin console of PgBouncer, whose database has this name.
bool names_console(const platform::PqDsn& dsn);

// SQL that lets `role` read everything: for the reason shown when a login is refused.
std::string grant_advice(const std::string& role);

}  // namespace exporter::postgres
