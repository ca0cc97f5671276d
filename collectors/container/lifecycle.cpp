// Which control groups exist, since when, and what Docker says of a container's health.
//
// Directories of the cgroup hierarchies (cgroups(7)); Docker's config.v2.json: "State":{"StartedAt":"2024-05-01T..."}.
// Without Docker's word, a group is as old as its oldest process (/proc/<pid>/stat) was when it was first seen. Only
// where no process is the age of its directory stands in for it, which the kernel sets as it is first looked at.
#include <chrono>

#include "collectors/container/processes.h"

namespace exporter::container::lifecycle {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_last_seen", "Unix time of this scrape, for every control group that exists."},
    {MetricType::gauge, "container_start_time_seconds",
     "Start of the container, or of the oldest process of a control group."},
    {MetricType::gauge, "container_creation_time_seconds", "Creation of the container, or else of its control group."},
    {MetricType::gauge, "container_health_state", "Docker's health check: 1 healthy, 0 not healthy, -1 no check."},
    {MetricType::gauge, "container_scrape_error", "1 when control groups could not be listed completely."},
    {MetricType::gauge, "container_info", "1; what is known of the container, with --container.labels=info."},
};

// What all collectors of the room obey, by way of the Inventory.
constexpr OptionDesc kOptions[] = {
    {"docker_only", OptionType::flag, "false", "Rows for containers and the root group only, none for other groups."},
    {"raw_cgroup_prefix_whitelist", OptionType::text, "",
     "Comma-separated path prefixes: of the groups that are no container, only these get rows."},
    {"disable_root_cgroup_stats", OptionType::flag, "false", "No usage of the root group \"/\"; its limits stay."},
    {"store_container_labels", OptionType::flag, "true", "Show every container label as container_label_<name>."},
    {"whitelisted_container_labels", OptionType::text, "",
     "Comma-separated container labels that are shown with --no-store_container_labels."},
    {"env_metadata_whitelist", OptionType::text, "",
     "Comma-separated beginnings of environment variables that are shown as container_env_<name>."},
    {"container.labels", OptionType::text, "series",
     "Where container_label_* and container_env_* go: series (every series), info (container_info only) or none."},
    {"container.max-labels", OptionType::integer, "128", "Most such labels of one container; the rest is left out."},
    {"container.include", OptionType::regex, "",
     "Groups and containers that are shown, by path or name; the root group always is."},
    {"container.exclude", OptionType::regex, "", "Groups and containers that are not shown, by path or name."},
    {"container.label-include", OptionType::regex, "", "Container labels that are shown, by their original names."},
    {"container.label-exclude", OptionType::regex, "", "Container labels that are not shown."},
    {"container.docker-socket", OptionType::text, "",
     "unix:///run/docker.sock: ask the runtime as well for what its files do not tell. Never opened unless given: who "
     "may read the socket may do everything."},
    {"container.docker-root", OptionType::text, "",
     "Docker's data directory; empty: found from daemon.json, dockerd's command line or /var/lib/docker."},
};

class Lifecycle final : public Collector {
 public:
  explicit Lifecycle(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)), starts_(environment) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    using std::chrono::duration_cast, std::chrono::seconds, std::chrono::system_clock;
    const std::int64_t now = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
    const auto& [last_seen, start, creation, health, error, info] = kMetrics;
    const bool with_info = inventory_.rules().place() == LabelRules::Place::info;
    for (const Container* const container : inventory_.shown()) {
      const auto& facts = container->facts();
      std::int64_t started = facts.started != 0 ? facts.started : starts_.of(*container, scrape);
      started = started != 0 ? started : container->cgroup->created();
      const std::int64_t created = facts.created != 0 ? facts.created : started;
      sink.add(last_seen, now, container->labels);
      sink.add(start, started, container->labels);
      sink.add(creation, created, container->labels);
      if (facts.usable && facts.runtime == platform::Runtime::docker) {
        using Health = platform::ContainerFacts::Health;
        const int state = facts.health == Health::healthy ? 1 : facts.health == Health::none ? -1 : 0;
        sink.add(health, state, container->labels);
      }
      if (with_info) {
        sink.add(info, 1, container->info);
      }
    }
    starts_.forget_unseen(scrape.generation);
    sink.add(error, inventory_.complete() ? 0 : 1);
    return Outcome::ok;
  }

 private:
  Inventory& inventory_;
  StartTimes starts_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Lifecycle>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.lifecycle",
    .summary = "control groups and containers that exist, their start and health",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH"},  // names of Docker's and Podman's containers
};

}  // namespace exporter::container::lifecycle
