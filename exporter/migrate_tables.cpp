#include "exporter/migrate_tables.h"

#include <algorithm>
#include <array>

#include "platform/ascii.h"

namespace exporter::migrate {
namespace {

constexpr OriginalDesc kOriginals[] = {
    {"node_exporter", "node", ":9100", "", false},
    {"cadvisor", "container", ":8080", "", true},
    {"postgres_exporter", "postgres", ":9187", "PG_EXPORTER_", false},
    {"redis_exporter", "redis", ":9121", "REDIS_EXPORTER_", true},
    {"pgbouncer_exporter", "postgres", ":9127", "", false},
};

constexpr std::string_view kOnce = "it prints something and ends";
constexpr std::string_view kGo = "there is no Go runtime here";
constexpr std::string_view kOwnTests = "it was for the exporter's own tests";
constexpr std::string_view kWeb =
    "write it into a file for --web.config.file: basic_auth_users with a bcrypt hash (htpasswd -nBC 10 USER)";
constexpr std::string_view kWebTls =
    "write it into a file for --web.config.file: tls_server_config with cert_file, key_file, client_ca_file and "
    "min_version";

// Of all. What node_exporter 1.12, postgres_exporter 0.20, redis_exporter 1.87 and cAdvisor 0.60 take and these tables
// do not name is taken here under the same name.
constexpr Rule kCommon[] = {
    {"web.listen-address", true, Fate::listen},
    {"web.telemetry-path", true, Fate::path},
    {"web.systemd-socket", false, Fate::none,
     "stop its .socket unit as well; here the addresses are given, or resource_exporter.socket listens"},
    {"log.level", true, Fate::log_level},
    {"log.format", true, Fate::log_format},
    {"runtime.gomaxprocs", true, Fate::implied, kGo},
    {"version", false, Fate::implied, kOnce},
    {"help", false, Fate::implied, kOnce},
    {"h", false, Fate::implied, kOnce},
    {"help-long", false, Fate::implied, kOnce},
    {"help-man", false, Fate::implied, kOnce},
    {"completion-bash", false, Fate::implied, kOnce},
    {"completion-script-bash", false, Fate::implied, kOnce},
    {"completion-script-zsh", false, Fate::implied, kOnce},
};

constexpr Rule kNode[] = {
    {"collector.diskstats.ignored-devices", true, Fate::renamed, "collector.diskstats.device-exclude"},
    {"collector.filesystem.ignored-mount-points", true, Fate::renamed, "collector.filesystem.mount-points-exclude"},
    {"collector.filesystem.ignored-fs-types", true, Fate::renamed, "collector.filesystem.fs-types-exclude"},
    {"collector.netdev.device-whitelist", true, Fate::renamed, "collector.netdev.device-include"},
    {"collector.netdev.device-blacklist", true, Fate::renamed, "collector.netdev.device-exclude"},
    {"collector.netdev.ignored-devices", true, Fate::renamed, "collector.netdev.device-exclude"},
    {"collector.systemd.unit-whitelist", true, Fate::renamed, "collector.systemd.unit-include"},
    {"collector.systemd.unit-blacklist", true, Fate::renamed, "collector.systemd.unit-exclude"},
    {"collector.qdisk.device-include", true, Fate::renamed, "collector.qdisc.device-include"},
    {"collector.qdisk.device-exclude", true, Fate::renamed, "collector.qdisc.device-exclude"},
    {"collector.procfs", true, Fate::renamed, "path.procfs"},
    {"collector.sysfs", true, Fate::renamed, "path.sysfs"},
    {"collectors.enabled", true, Fate::listed},
    {"collectors.print", false, Fate::implied, kOnce},
    {"collector.qdisc.fixtures", true, Fate::implied, kOwnTests},
    {"collector.wifi.fixtures", true, Fate::implied, kOwnTests},
    {"collector.gmond", false, Fate::none, "metrics of Ganglia are not read"},
    {"collector.megacli", false, Fate::none, "write a file for --collector.textfile.directory from a timer"},
    {"collector.megacli.command", true, Fate::none, "see collector.megacli"},
    {"collector.boottime", false, Fate::implied, "it is not for Linux"},
    {"collector.devstat", false, Fate::implied, "it is not for Linux"},
    {"collector.exec", false, Fate::implied, "it is not for Linux"},
};

constexpr Rule kCadvisor[] = {
    {"port", true, Fate::port},
    {"listen_ip", true, Fate::host},
    {"prometheus_endpoint", true, Fate::path},
    {"docker_root", true, Fate::renamed, "container.docker-root"},
    {"docker_env_metadata_whitelist", true, Fate::renamed, "env_metadata_whitelist"},
    {"containerd_env_metadata_whitelist", true, Fate::renamed, "env_metadata_whitelist"},
    {"enable_load_reader", false, Fate::renamed, "collector.container.tasks"},
    {"http_auth_file", true, Fate::none, kWeb},
    {"http_digest_file", true, Fate::none, kWeb},
    {"storage_driver", true, Fate::none, "nothing is pushed: let Prometheus write on (remote_write)"},
    {"container_hints", true, Fate::none, "groups of LXC are found by themselves; other interfaces are not read"},
    {"collector_cert", true, Fate::none, "give applications to --merge.target=NAME=URL"},
    {"collector_key", true, Fate::none, "give applications to --merge.target=NAME=URL"},
};

constexpr Rule kPostgres[] = {
    {"collector.bgwriter", false, Fate::renamed, "collector.stat_bgwriter"},
    {"collector.replication_slot", false, Fate::renamed, "collector.replication_slots"},
    {"disable-settings-metrics", false, Fate::renamed, "no-collector.settings"},
    {"disable-default-metrics", false, Fate::none,
     "switch off what you do not want: --no-collector.NAME, or --collector.disable-defaults and --collector.NAME"},
    {"wrap-large-counters", false, Fate::implied, "Prometheus' own numbers are what they are"},
    {"dumpmaps", false, Fate::implied, kOnce},
};

constexpr Rule kRedis[] = {
    {"redis-only-metrics", false, Fate::renamed, "web.disable-exporter-metrics"},
    {"debug", false, Fate::renamed, "log.level=debug"},
    {"log-level", true, Fate::log_level},
    {"log-format", true, Fate::log_format},
    {"include-go-runtime-metrics", false, Fate::implied, kGo},
    {"basic-auth-username", true, Fate::none, kWeb},
    {"basic-auth-password", true, Fate::none, kWeb},
    {"basic-auth-hash-password", true, Fate::none, kWeb},
    {"tls-server-cert-file", true, Fate::none, kWebTls},
    {"tls-server-key-file", true, Fate::none, kWebTls},
    {"tls-server-ca-cert-file", true, Fate::none, kWebTls},
    {"tls-server-min-version", true, Fate::none, kWebTls},
    {"redis.file", true, Fate::none, "give each server to --redis.addr, and passwords to --redis.password-file"},
    {"redis.alias", true, Fate::none, "set labels in prometheus.yml"},
    {"use-cf-bindings", false, Fate::none, "give the address to --redis.addr"},
    {"separator", true, Fate::implied, "servers are separated by commas"},
};

constexpr Rule kPgbouncer[] = {
    {"pgBouncer.connectionString", true, Fate::dsn},
    {"pgBouncer.pid-file", true, Fate::none, "use --collector.process_groups for the process of PgBouncer"},
};

constexpr std::array<std::span<const Rule>, std::size(kOriginals)> kRules{kNode, kCadvisor, kPostgres, kRedis,
                                                                          kPgbouncer};

// TLS_SERVER_KEY_FILE is tls-server-key-file, WEB_LISTEN_ADDRESS web.listen-address.
bool same_name(std::string_view flag, std::string_view variable) noexcept {
  return std::equal(flag.begin(), flag.end(), variable.begin(), variable.end(), [](char in_flag, char in_variable) {
    return in_flag == '.' || in_flag == '-' ? in_variable == '_' : in_flag == platform::lower(in_variable);
  });
}

template <class Fits>
const Rule* find(Original original, Fits fits) noexcept {
  for (const auto rules : {rules_of(original), common_rules()}) {
    const auto found = std::find_if(rules.begin(), rules.end(), fits);
    if (found != rules.end()) {
      return &*found;
    }
  }
  return nullptr;
}

}  // namespace

const OriginalDesc& describe(Original original) noexcept { return kOriginals[static_cast<std::size_t>(original)]; }

std::span<const Rule> rules_of(Original original) noexcept { return kRules[static_cast<std::size_t>(original)]; }
std::span<const Rule> common_rules() noexcept { return kCommon; }

std::optional<Original> original_of(std::string_view program) noexcept {
  program = program.substr(0, program.find('@'));  // the digest of an image
  if (const auto slash = program.rfind('/'); slash != std::string_view::npos) {
    program.remove_prefix(slash + 1);
  }
  program = program.substr(0, program.find(':'));
  if (program.starts_with("prometheus-") || program.starts_with("prometheus_")) {
    program.remove_prefix(std::string_view("prometheus-").size());
  }
  for (std::size_t i = 0; i < std::size(kOriginals); ++i) {
    const std::string_view name = kOriginals[i].name;
    const bool begins =
        program.size() >= name.size() && std::equal(name.begin(), name.end(), program.begin(),
                                                    [](char a, char b) { return a == b || (a == '_' && b == '-'); });
    const std::string_view rest = begins ? program.substr(name.size()) : "";
    // A version may follow: node_exporter-1.8.2.
    if (begins &&
        (rest.empty() || (rest.size() > 1 && std::string_view("-_.").find(rest[0]) != std::string_view::npos &&
                          (rest[1] == 'v' || (rest[1] >= '0' && rest[1] <= '9'))))) {
      return static_cast<Original>(i);
    }
  }
  return std::nullopt;
}

bool is_packaged(std::string_view program) noexcept {
  return program.substr(program.rfind('/') + 1).starts_with("prometheus-");
}

bool is_libpq_variable(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 20> kNames{"HOST",
                                                    "HOSTADDR",
                                                    "PORT",
                                                    "DATABASE",
                                                    "USER",
                                                    "PASSWORD",
                                                    "PASSFILE",
                                                    "SERVICE",
                                                    "SERVICEFILE",
                                                    "OPTIONS",
                                                    "APPNAME",
                                                    "TZ",
                                                    "CLIENTENCODING",
                                                    "DATESTYLE",
                                                    "GEQO",
                                                    "REQUIREAUTH",
                                                    "CHANNELBINDING",
                                                    "CONNECT_TIMEOUT",
                                                    "TARGETSESSIONATTRS",
                                                    "LOADBALANCEHOSTS"};
  const bool begins = name.starts_with("PG");
  name.remove_prefix(begins ? 2 : 0);
  return begins && (name.starts_with("SSL") || name.starts_with("GSS") ||
                    std::find(kNames.begin(), kNames.end(), name) != kNames.end());
}

const Rule* find_rule(Original original, std::string_view flag) noexcept {
  return find(original, [flag](const Rule& rule) { return rule.flag == flag; });
}

const Rule* find_rule_of_variable(Original original, std::string_view variable) noexcept {
  const std::string_view prefix = describe(original).variables;
  if (prefix.empty() || !variable.starts_with(prefix)) {
    return nullptr;
  }
  variable.remove_prefix(prefix.size());
  return find(original, [variable](const Rule& rule) { return same_name(rule.flag, variable); });
}

}  // namespace exporter::migrate
