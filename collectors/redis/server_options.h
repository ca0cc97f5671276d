// The options of the Redis module as a whole.
#pragma once
#include "exporter/options.h"

namespace exporter::redis {

inline constexpr std::string_view kProbeTargets = "redis.probe-targets";
inline constexpr std::string_view kProbeKeys = "redis.probe-keys";
// Of GET /scrape, besides the target: options under the same names.
inline constexpr std::string_view kProbeParameters[] = {"check-keys", "check-single-keys", "check-streams",
                                                        "check-single-streams", "count-keys"};
inline constexpr std::string_view kNamespace = "namespace";
inline constexpr std::string_view kUsualNamespace = "redis";
inline constexpr std::string_view kIsCluster = "is-cluster";

inline constexpr OptionDesc kTargetOptions[] = {
    {"redis.addr", OptionType::list, "",
     "Redis servers: redis://[user:password@]host[:port][/database], rediss:// with TLS, valkey://, valkeys://, "
     "unix:///path or host:port; sentinel://host[:port][/group] for all servers that a Sentinel watches; repeatable, "
     "or "
     "separated by commas. Not given: a server on this machine is looked for. Empty: none.",
     "REDIS_ADDR"},
    {"redis.user", OptionType::text, "", "User for Redis servers whose address has none.", "REDIS_USER"},
    {"redis.password", OptionType::text, "",
     "Password for Redis servers whose address has none; the environment keeps it out of the process list.",
     "REDIS_PASSWORD"},
    {"redis.password-file", OptionType::text, "",
     "File with the password for Redis servers, or with a JSON object of passwords by server: "
     "{\"redis://user@HOST:PORT\": \"PASSWORD\"}, with * in HOST and PORT. Read again when it changes; "
     "--redis.password "
     "wins.",
     "REDIS_PASSWORD_FILE"},
    {"connection-timeout", OptionType::seconds, "15s",
     "Most time for one Redis server in a scrape; the scrape's own deadline comes first.",
     "REDIS_EXPORTER_CONNECTION_TIMEOUT"},
    {"tls-ca-cert-file", OptionType::text, "",
     "File of the authorities (PEM) that sign certificates of Redis servers; empty: the system's.",
     "REDIS_EXPORTER_TLS_CA_CERT_FILE"},
    {"tls-client-cert-file", OptionType::text, "", "Our own certificate (PEM) for Redis servers that want one.",
     "REDIS_EXPORTER_TLS_CLIENT_CERT_FILE"},
    {"tls-client-key-file", OptionType::text, "", "The key (PEM) of that certificate.",
     "REDIS_EXPORTER_TLS_CLIENT_KEY_FILE"},
    {"tls-server-name", OptionType::text, "",
     "Name that certificates of Redis servers must be for; empty: the host of the address.",
     "REDIS_EXPORTER_TLS_SERVER_NAME"},
    {"skip-tls-verification", OptionType::flag, "false",
     "Redis: take any certificate, so that whoever is in between can read along.",
     "REDIS_EXPORTER_SKIP_TLS_VERIFICATION"},
    {"set-client-name", OptionType::flag, "true", "Redis: name the connection with CLIENT SETNAME.",
     "REDIS_EXPORTER_SET_CLIENT_NAME"},
    {"config-command", OptionType::text, "CONFIG", "Redis: what CONFIG was renamed to; - never sends it.",
     "REDIS_EXPORTER_CONFIG_COMMAND"},
    {kNamespace, OptionType::text, kUsualNamespace, "First part of the names of redis_* metrics; empty: none.",
     "REDIS_EXPORTER_NAMESPACE"},
    {kIsCluster, OptionType::flag, "false",
     "Redis: --redis.addr names some nodes of a cluster; watch all of its nodes, and list them at GET "
     "/discover-cluster-nodes.",
     "REDIS_EXPORTER_IS_CLUSTER"},
    {"cluster-discover-hostnames", OptionType::flag, "false",
     "Redis: name nodes by the host names that they announce, where they do.",
     "REDIS_EXPORTER_CLUSTER_DISCOVER_HOSTNAMES"},
    {"append-instance-role-label", OptionType::flag, "false", "Redis: add the label instance_role to the series.",
     "REDIS_EXPORTER_APPEND_INSTANCE_ROLE_LABEL"},
    {.name = "redis-only-metrics",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "As --web.disable-exporter-metrics",
     .environment = "REDIS_EXPORTER_REDIS_ONLY_METRICS",
     .hidden = true},
    {.name = "debug",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "As --log.level=debug",
     .environment = "REDIS_EXPORTER_DEBUG",
     .hidden = true},
    {.name = "log-level",
     .type = OptionType::text,
     .default_value = "",
     .help = "As --log.level",
     .environment = "REDIS_EXPORTER_LOG_LEVEL",
     .hidden = true},
    {.name = "log-format",
     .type = OptionType::text,
     .default_value = "",
     .help = "As --log.format: json, or anything else for logfmt",
     .environment = "REDIS_EXPORTER_LOG_FORMAT",
     .hidden = true},
    {kProbeTargets, OptionType::list, "",
     "Redis servers that GET /scrape may read with --redis.password or by a socket: HOST[:PORT] with * and ?, "
     "ADDRESS/BITS[:PORT] or /SOCKET; repeatable, or separated by commas. Given: no others but those of "
     "--redis.password-file. Not given: any by TCP, with what the request brings. Empty: none."},
    {kProbeKeys, OptionType::flag, "false",
     "Redis: GET /scrape takes check-keys, check-single-keys, check-streams, check-single-streams and count-keys as "
     "parameters. Whoever may ask then sees what keys hold."},
    {"disable-scrape-endpoint", OptionType::flag, "false", "Redis: do not serve GET /scrape?target=...",
     "REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT"},
};

}  // namespace exporter::redis
