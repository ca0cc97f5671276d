// Containers that a runtime keeps, also stopped, dead and restarting ones: from the files in which it keeps them.
//
// Docker's config.v2.json: {"State":{"Running":false,"ExitCode":137,"OOMKilled":true,"FinishedAt":"2024-05-01T..."}};
// containerd's and CRI-O's status files and Podman's database (platform/container_states.h, platform/podman_files.h).
// A file is read when it is new or was replaced; the others cost nothing (platform/folder_watch.h). Stopped containers
// have no control group, so these rows carry the runtime's `container_id` instead of `id`.
#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <map>

#include "collectors/container/inventory.h"
#include "platform/container_states.h"
#include "platform/docker_files.h"
#include "platform/folder_watch.h"
#include "platform/host.h"
#include "platform/podman_files.h"

namespace exporter::container::state {
namespace {

using platform::ContainerFacts;
using platform::Runtime;
using State = ContainerFacts::State;
using Health = ContainerFacts::Health;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_state_status", "1 for the state that the container is in, else 0.", {"state"}},
    {MetricType::gauge,
     "container_state_health_status",
     "1 for what the last health checks say, else 0; only of containers with a check.",
     {"health"}},
    {MetricType::gauge, "container_state_exit_code", "Exit code of the last run, once that has ended."},
    {MetricType::gauge, "container_state_oom_killed", "1 when the last run was ended for lack of memory."},
    {MetricType::counter, "container_state_restarts_total", "Restarts by the runtime or the kubelet."},
    {MetricType::gauge, "container_state_created_seconds", "Unix time of creation."},
    {MetricType::gauge, "container_state_started_seconds", "Unix time of the last start."},
    {MetricType::gauge, "container_state_finished_seconds", "Unix time at which the last run ended."},
};

constexpr OptionDesc kOptions[] = {
    {"container.state.max-containers", OptionType::integer, "1000",
     "Most containers with rows of their own; the rest is left out."},
};

struct StateName {
  State state;
  std::string_view name;
};
constexpr std::array<StateName, 7> kStates{{{State::created, "created"},
                                            {State::running, "running"},
                                            {State::paused, "paused"},
                                            {State::restarting, "restarting"},
                                            {State::removing, "removing"},
                                            {State::exited, "exited"},
                                            {State::dead, "dead"}}};
struct HealthName {
  Health health;
  std::string_view name;
};
constexpr std::array<HealthName, 3> kHealths{
    {{Health::healthy, "healthy"}, {Health::starting, "starting"}, {Health::unhealthy, "unhealthy"}}};

// What stays of a container between scrapes.
struct Kept {
  LabelBlock labels;
  State state = State::unknown;
  Health health = Health::none;
  std::int64_t created = 0;
  std::int64_t started = 0;
  std::int64_t finished = 0;
  std::optional<std::int64_t> exit_code;
  std::optional<std::uint64_t> restarts;
  std::optional<bool> oom_killed;
};

// One folder of a runtime.
struct Watched {
  platform::FolderWatch folder;
  Runtime runtime;
  std::map<std::string, Kept> containers;
  std::string denied_note;
};

class States final : public Collector {
 public:
  explicit States(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        host_(environment.host),
        most_(static_cast<std::size_t>(
            std::max<std::int64_t>(environment.options.integer("container.state.max-containers"), 0))) {
    for (const char* const root : {"var/lib/containerd", "var/lib/rancher/k3s/agent/containerd",
                                   "var/snap/microk8s/common/var/lib/containerd"}) {
      add(std::string(root) + "/io.containerd.grpc.v1.cri/containers", "", "status", Runtime::containerd);
    }
    add("run/containers/storage/overlay-containers", "userdata", "state.json", Runtime::crio);
    add("var/lib/containers/storage/overlay-containers", "userdata", "state.json", Runtime::crio);
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    inventory_.refresh(scrape, sink);
    find_docker();
    bool any = false;
    for (Watched& watched : watched_) {
      any = look(watched, scrape, sink) || any;
    }
    podman(sink);
    std::size_t shown = 0;
    for (const Watched& watched : watched_) {
      rows(watched.containers, shown, sink);
    }
    rows(podman_, shown, sink);
    if (shown > most_) {
      sink.problem(Problem::limit, "--container.state.max-containers");
    }
    return any || !podman_.empty() ? Outcome::ok : Outcome::no_data;
  }

 private:
  void add(std::string folder, const char* inner, const char* file, Runtime runtime) {
    for (const Watched& known : watched_) {
      if (known.folder.folder() == folder) {
        return;
      }
    }
    watched_.push_back({platform::FolderWatch(host_, std::move(folder), inner, file), runtime, {}, {}});
  }

  void find_docker() {
    const std::uint64_t searches = inventory_.names().searches();
    if (docker_searched_ == searches) {
      return;
    }
    docker_searched_ = searches;
    for (const std::string& place : inventory_.names().docker().places()) {
      add(place.substr(1), "", "config.v2.json", Runtime::docker);
    }
  }

  // False when there is no such folder. One that this user may not read is there: its problem is then said.
  bool look(Watched& watched, const Scrape& scrape, Sink& sink) {
    const auto is_changed = [&](const std::string& id) { changed(watched, id, scrape, sink); };
    const auto is_gone = [&](const std::string& id) { watched.containers.erase(id); };
    const int error = watched.folder.look(std::cref(is_changed), std::cref(is_gone));  // nothing to allocate
    if (error == EACCES || error == EPERM) {
      if (watched.denied_note.empty()) {
        watched.denied_note = "/" + watched.folder.folder() + ": states of containers need CAP_DAC_READ_SEARCH";
      }
      sink.problem(Problem::denied, watched.denied_note, error);
      return true;
    }
    if (error != 0 && error != ENOENT && error != ENOTDIR) {
      sink.problem(Problem::io, watched.folder.folder(), error);
    }
    return error == 0;
  }

  void changed(Watched& watched, const std::string& id, const Scrape& scrape, Sink& sink) {
    const std::string path = watched.folder.path(id);
    platform::FileStamp stamp;
    int error = platform::stamp_of(host_.root, path.c_str(), stamp);
    if (error == 0 && (!stamp.regular || stamp.size > platform::ContainerSource::kMaxFile)) {
      error = EFBIG;
    }
    error = error == 0 ? host_.root.read(path.c_str(), scrape.buffer) : error;
    if (error == ENOENT || error == ENOTDIR) {  // the folder came before the file, or is none of a container
      watched.containers.erase(id);
      return;
    }
    ContainerFacts facts;
    if (error != 0 || !read(watched.runtime, id, facts, scrape)) {
      sink.problem(error == 0 ? Problem::parse : Problem::io, path, error);
      watched.containers.erase(id);
      return;
    }
    keep(watched.containers[id], id, facts, sink);
    if (!inventory_.admits({}, facts.name)) {
      watched.containers.erase(id);
    }
  }

  bool read(Runtime runtime, const std::string& id, ContainerFacts& facts, const Scrape& scrape) {
    const auto text = scrape.buffer.text();
    if (runtime == Runtime::docker) {
      return platform::read_docker_config(id, text, facts);
    }
    ContainerFacts state;
    if (!(runtime == Runtime::crio ? platform::read_crio_state(text, state)
                                   : platform::read_containerd_status(text, state))) {
      return false;
    }
    platform::CgroupName who;
    who.runtime = runtime;
    who.id = id;
    inventory_.names().identify(who, facts, scrape);
    facts.state = state.state;
    facts.created = state.created;
    facts.started = state.started;
    facts.finished = state.finished;
    facts.exit_code = state.exit_code;
    facts.oom_killed = state.oom_killed;
    return true;
  }

  void keep(Kept& kept, const std::string& id, const ContainerFacts& facts, Sink& sink) const {
    if (!inventory_.rules().state(id, facts, kept.labels)) {
      sink.problem(Problem::limit, id);
    }
    const bool ended = facts.state == State::exited || facts.state == State::dead || facts.state == State::restarting;
    kept.state = facts.state;
    kept.health = facts.state == State::running ? facts.health : Health::none;
    kept.created = facts.created;
    kept.started = facts.started;
    kept.finished = facts.finished;
    kept.exit_code = ended && facts.finished != 0 ? facts.exit_code : std::optional<std::int64_t>();
    kept.restarts = facts.restarts;
    kept.oom_killed = facts.oom_killed;
  }

  // Podman keeps all states in one database.
  void podman(Sink& sink) {
    auto& files = inventory_.names().podman();
    files.begin();
    const std::uint64_t print = files.fingerprint();
    if (print == podman_print_) {
      return;
    }
    podman_print_ = print;
    podman_.clear();
    files.each([&](const std::string& id, const ContainerFacts& facts) {
      if (inventory_.admits({}, facts.name)) {
        keep(podman_[id], id, facts, sink);
      }
    });
  }

  void rows(const std::map<std::string, Kept>& containers, std::size_t& shown, Sink& sink) const {
    const auto& [status, health, exit_code, oom_killed, restarts, created, started, finished] = kMetrics;
    for (const auto& [id, kept] : containers) {
      if (++shown > most_) {
        return;
      }
      for (const auto& [state, name] : kStates) {
        if (kept.state != State::unknown) {
          sink.add(status, kept.state == state ? 1 : 0, kept.labels, {name});
        }
      }
      for (const auto& [value, name] : kHealths) {
        if (kept.health != Health::none) {
          sink.add(health, kept.health == value ? 1 : 0, kept.labels, {name});
        }
      }
      if (kept.exit_code) {
        sink.add(exit_code, *kept.exit_code, kept.labels);
      }
      if (kept.oom_killed) {
        sink.add(oom_killed, *kept.oom_killed ? 1 : 0, kept.labels);
      }
      if (kept.restarts) {
        sink.add(restarts, *kept.restarts, kept.labels);
      }
      for (const auto& [metric, time] : {std::pair(&created, kept.created), std::pair(&started, kept.started),
                                         std::pair(&finished, kept.finished)}) {
        if (time != 0) {
          sink.add(*metric, time, kept.labels);
        }
      }
    }
  }

  Inventory& inventory_;
  const platform::Host& host_;
  std::size_t most_;
  std::vector<Watched> watched_;
  std::uint64_t docker_searched_ = UINT64_MAX;
  std::map<std::string, Kept> podman_;
  std::uint64_t podman_print_ = 0;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<States>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.state",
    .summary = "state, exit code, health and restarts of containers, also stopped ones",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH"},
};

}  // namespace exporter::container::state
