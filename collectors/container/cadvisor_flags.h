// The flags of cAdvisor that concern the room as a whole: its kinds of metrics, and what has no meaning here and is
// accepted so that a command line can stay as it is.
#pragma once
#include "exporter/options.h"

namespace exporter::container {

// cAdvisor's name of each kind and what it is here. `app`, metrics that applications publish themselves, is not.
inline constexpr SwitchWord kKinds[] = {
    {"advtcp", "collector.container.advtcp"},
    {"app", ""},
    {"cpu", "collector.container.cpu"},
    {"cpuLoad", "collector.container.tasks"},
    {"cpu_topology", "collector.container.cpu_topology"},
    {"cpuset", "collector.container.cpuset"},
    {"disk", "collector.container.disk"},
    {"diskIO", "collector.container.diskio"},
    {"hugetlb", "collector.container.hugetlb"},
    {"memory", "collector.container.memory"},
    {"memory_numa", "collector.container.memory_numa"},
    {"network", "collector.container.network"},
    {"oom_event", "collector.container.oom_event"},
    {"percpu", "container.cpu.per-cpu"},
    {"perf_event", "collector.container.perf_event"},
    {"pressure", "collector.container.pressure"},
    {"process", "collector.container.process"},
    {"referenced_memory", "collector.container.referenced_memory"},
    {"resctrl", "collector.container.resctrl"},
    {"sched", "collector.container.sched"},
    {"tcp", "collector.container.tcp"},
    {"udp", "collector.container.udp"},
};
inline constexpr SwitchWords kDisabled{kKinds, false};
inline constexpr SwitchWords kEnabled{kKinds, true};

inline constexpr std::string_view kFresh = "every scrape reads what it shows, so there is nothing to set";
inline constexpr std::string_view kPushed = "nothing is pushed or kept: Prometheus asks and keeps";
inline constexpr std::string_view kNames = "container names come from the runtimes' files, no socket is opened";
inline constexpr std::string_view kDockerRoot = "give --container.docker-root instead";
inline constexpr std::string_view kAddress = "give --web.listen-address=container=HOST:PORT instead";
inline constexpr std::string_view kPath = "give --web.telemetry-path instead";
inline constexpr std::string_view kPages = "there are no pages to protect or to move but the metrics";
inline constexpr std::string_view kApplications = "metrics of applications are not gathered";
inline constexpr std::string_view kReferenced =
    "pages are never marked as unused: that would disturb the kernel's own use of the marks";
inline constexpr std::string_view kGo = "there is no Go runtime here: it has no effect";
inline constexpr std::string_view kLog = "give --log.level and --log.format instead";

inline constexpr OptionDesc kCadvisorOptions[] = {
    {.name = "disable_metrics",
     .type = OptionType::text,
     .default_value = "",
     .help = "Comma-separated kinds of metrics, by cAdvisor's names, that are left out; all others are on.",
     .switches = &kDisabled},
    {.name = "enable_metrics",
     .type = OptionType::text,
     .default_value = "",
     .help = "Comma-separated kinds of metrics that are on, without all others; wins over --disable_metrics.",
     .switches = &kEnabled},
    {"machine_id_file", OptionType::text, "/etc/machine-id,/var/lib/dbus/machine-id",
     "Comma-separated files; the first that exists has the machine's id."},
    {"boot_id_file", OptionType::text, "", "File with the id of this boot; empty: procfs'."},
    without_effect("housekeeping_interval", OptionType::text, kFresh),
    without_effect("max_housekeeping_interval", OptionType::text, kFresh),
    without_effect("allow_dynamic_housekeeping", OptionType::flag, kFresh),
    without_effect("global_housekeeping_interval", OptionType::text, kFresh),
    without_effect("initial_splay_factor", OptionType::text, kFresh),
    without_effect("jitter_factor", OptionType::text, kFresh),
    without_effect("update_machine_info_interval", OptionType::text, kFresh),
    without_effect("storage_duration", OptionType::text, kFresh),
    without_effect("enable_load_reader", OptionType::flag, kFresh),
    without_effect("resctrl_interval", OptionType::text, kFresh),
    without_effect("storage_driver", OptionType::text, kPushed),
    without_effect("storage_driver_host", OptionType::text, kPushed),
    without_effect("storage_driver_db", OptionType::text, kPushed),
    without_effect("storage_driver_table", OptionType::text, kPushed),
    without_effect("storage_driver_user", OptionType::text, kPushed),
    without_effect("storage_driver_password", OptionType::text, kPushed),
    without_effect("storage_driver_secure", OptionType::flag, kPushed),
    without_effect("storage_driver_buffer_duration", OptionType::text, kPushed),
    without_effect("event_storage_age_limit", OptionType::text, kPushed),
    without_effect("event_storage_event_limit", OptionType::text, kPushed),
    without_effect("docker", OptionType::text, kNames),
    without_effect("docker-tls", OptionType::flag, kNames),
    without_effect("docker-tls-cert", OptionType::text, kNames),
    without_effect("docker-tls-key", OptionType::text, kNames),
    without_effect("docker-tls-ca", OptionType::text, kNames),
    without_effect("containerd", OptionType::text, kNames),
    without_effect("containerd-namespace", OptionType::text, kNames),
    without_effect("podman", OptionType::text, kNames),
    without_effect("crio_client_timeout", OptionType::text, kNames),
    without_effect("container_hints", OptionType::text, kNames),
    without_effect("docker_root", OptionType::text, kDockerRoot),
    without_effect("port", OptionType::text, kAddress),
    without_effect("listen_ip", OptionType::text, kAddress),
    without_effect("prometheus_endpoint", OptionType::text, kPath),
    without_effect("url_base_prefix", OptionType::text, kPages),
    without_effect("http_auth_file", OptionType::text, kPages),
    without_effect("http_auth_realm", OptionType::text, kPages),
    without_effect("http_digest_file", OptionType::text, kPages),
    without_effect("http_digest_realm", OptionType::text, kPages),
    without_effect("application_metrics_count_limit", OptionType::text, kApplications),
    without_effect("collector_cert", OptionType::text, kApplications),
    without_effect("collector_key", OptionType::text, kApplications),
    without_effect("referenced_reset_interval", OptionType::text, kReferenced),
    without_effect("max_procs", OptionType::text, kGo),
    without_effect("profiling", OptionType::flag, kGo),
    without_effect("log_cadvisor_usage", OptionType::flag, kGo),
    without_effect("v", OptionType::text, kLog),
    without_effect("vmodule", OptionType::text, kLog),
    without_effect("logtostderr", OptionType::flag, kLog),
    without_effect("alsologtostderr", OptionType::flag, kLog),
    without_effect("stderrthreshold", OptionType::text, kLog),
    without_effect("log_dir", OptionType::text, kLog),
    without_effect("log_file", OptionType::text, kLog),
    without_effect("log_backtrace_at", OptionType::text, kLog),
};

}  // namespace exporter::container
