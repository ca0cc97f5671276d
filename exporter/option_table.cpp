#include "exporter/option_table.h"

#include <span>
#include <utility>

#include "collectors/all.h"

namespace exporter {
namespace {

constexpr OptionDesc kProgramOptions[] = {
    {"web.listen-address", OptionType::list, ":9100",
     "Address to listen on: HOST:PORT, :PORT or unix:/PATH[?mode=0660&group=GROUP]; repeatable. MODULE=ADDRESS serves "
     "one module there (node, container, postgres, redis, merge), as in postgres=:9187"},
    {"web.systemd-socket", OptionType::flag, "false",
     "Listen on the sockets that systemd passes instead; one whose FileDescriptorName= is a module serves this module"},
    {"web.telemetry-path", OptionType::text, "/metrics", "Path of the metrics; a module's own are below it"},
    {"web.external-url", OptionType::text, "",
     "Address at which others reach this port, as http://host/monitor/: everything is served below its path as well"},
    {"web.page", OptionType::flag, "true", "Live page at /; without it a list of links"},
    {"web.config.file", OptionType::text, "",
     "File with TLS, passwords, headers and a rate limit for this port, as exporters of Prometheus have it; read again "
     "when it changes"},
    {"web.openmetrics", OptionType::flag, "false",
     "Answer with OpenMetrics whoever accepts it no less than text, as Prometheus does; without it only whoever "
     "accepts "
     "nothing else"},
    {"web.max-requests", OptionType::integer, "40", "Scrapes answered at a time; more get 503. 0: no limit"},
    {"web.max-probes", OptionType::integer, "40",
     "Requests of /probe and /scrape answered at a time; more get 503. 0: no limit"},
    {"probe.max-servers", OptionType::integer, "100",
     "Probed servers whose connections are kept; beyond, who was not asked for the longest goes"},
    {"probe.keep", OptionType::seconds, "5m",
     "How long the connection of a probed server is kept after its last probe"},
    {"web.enable-lifecycle", OptionType::flag, "false",
     "Let POST /-/reload read files of queries again, as SIGHUP does"},
    {"scrape.timeout-offset", OptionType::seconds, "500ms",
     "Kept back from the scraper's timeout (X-Prometheus-Scrape-Timeout-Seconds) to make and send the page"},
    {"path.procfs", OptionType::text, "/proc", "Where procfs is mounted"},
    {"path.sysfs", OptionType::text, "/sys", "Where sysfs is mounted"},
    {"path.rootfs", OptionType::text, "/", "Where the root file system is mounted"},
    {"path.udev.data", OptionType::text, "/run/udev/data", "Where udev keeps what it knows of devices"},
    {"web.disable-exporter-metrics", OptionType::flag, "false",
     "Leave out the process_* metrics of the exporter itself"},
    {.name = "runtime.gomaxprocs",
     .type = OptionType::integer,
     .default_value = "1",
     .help = kNoEffect,
     .hidden = true,
     .notice = "there is no Go runtime here: it has no effect"},
    {.name = "include-go-runtime-metrics",
     .type = OptionType::flag,
     .default_value = "false",
     .help = kNoEffect,
     .hidden = true,
     .notice = "there is no Go runtime here: it has no effect"},
    {"collector.disable-defaults", OptionType::flag, "false", "Start with no collector but those named by a flag"},
    {"module.node", OptionType::flag, "true", "Host; without it none of its collectors but those named by a flag"},
    {"module.container", OptionType::flag, "true",
     "Containers; likewise, as beside a kubelet, which shows them itself"},
    {"module.postgres", OptionType::flag, "true", "PostgreSQL; likewise"},
    {"module.redis", OptionType::flag, "true", "Redis; likewise"},
    {.name = "log.level",
     .type = OptionType::text,
     .default_value = "info",
     .help = "Least level that is logged",
     .choices = "debug,info,warn,error"},
    {.name = "log.format",
     .type = OptionType::text,
     .default_value = "logfmt",
     .help = "Form of the log",
     .choices = "logfmt,json"},
};

}  // namespace

OptionTable::OptionTable() {
  for (const std::string_view group : {"Program", "General"}) {
    for (const auto& desc : kProgramOptions) {
      const bool general =
          desc.name.starts_with("path.") || desc.name.starts_with("collector.") || desc.name.starts_with("module.");
      if (general == (group == "General")) {
        add(desc, std::string(group), desc.name == "include-go-runtime-metrics");
      }
    }
  }
  for (std::size_t i = 0; i < kModules; ++i) {
    add_module(static_cast<Module>(i));
  }
}

void OptionTable::add_module(Module module) {
  const std::string group = "Module " + std::string(to_text(module));
  const bool last_counts = module == Module::redis || module == Module::container;
  for (const auto* target : all_target_specs()) {
    for (const auto& desc : target->module == module ? target->options : std::span<const OptionDesc>{}) {
      add(desc, group, last_counts);
    }
  }
  for (const auto& listed : all_collectors()) {
    const CollectorSpec& spec = *listed.spec;
    if (spec.module != module) {
      continue;
    }
    names_.push_back("collector." + std::string(spec.name));
    help_.push_back(std::string(spec.summary) + (spec.on_by_default ? " (on)" : " (off)"));
    // Owned here, as the desc only views its texts.
    add({names_.back(), OptionType::flag, spec.on_by_default ? "true" : "false", help_.back()}, group, last_counts);
    for (const auto& desc : spec.options) {
      add(desc, group, last_counts);
    }
  }
}

void OptionTable::add(const OptionDesc& desc, std::string group, bool last_counts) {
  rows_.push_back(std::make_unique<OptionRow>(OptionRow{desc, std::move(group), last_counts, {}, 0}));
}

}  // namespace exporter
