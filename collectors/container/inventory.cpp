#include "collectors/container/inventory.h"

#include <algorithm>
#include <cerrno>

#include "platform/host.h"

namespace exporter::container {
namespace {

// A daemon started after us is looked for when an unknown container appears, but not at every scrape.
constexpr std::uint64_t kScrapesBetweenSearches = 4;
constexpr std::size_t kMaxLabelText = 65536;
constexpr std::size_t kRuntimeIdLength = 64;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    if (const auto item = platform::trim(platform::take(text, ',')); !item.empty()) {
      result.emplace_back(item);
    }
  }
  return result;
}

// The 64 letters and digits that all runtimes put into the last part of a container's path:
// /docker/<id>, /system.slice/docker-<id>.scope, /kubepods/burstable/pod<uid>/<id>.
std::string_view runtime_id(std::string_view path) {
  const auto slash = path.rfind('/');
  std::string_view name = path.substr(slash + 1);
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const bool inside = i < name.size() && ((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'z'));
    if (!inside) {
      if (i - begin == kRuntimeIdLength) {
        return name.substr(begin, kRuntimeIdLength);
      }
      begin = i + 1;
    }
  }
  return {};
}

Problem kind_of(int error) { return error == EACCES || error == EPERM ? Problem::denied : Problem::io; }

bool absent(int error) {
  return error == ENOENT || error == ENODEV || error == ESTALE || error == ENOTDIR || error == EOPNOTSUPP;
}

}  // namespace

Inventory::Inventory(const Environment& environment)
    : host_(environment.host),
      tree_(environment.host, ".mount"),
      docker_(environment.host, environment.options.text("container.docker-root")),
      docker_only_(environment.options.flag("docker_only")),
      root_usage_(!environment.options.flag("disable_root_cgroup_stats")),
      store_labels_(environment.options.flag("store_container_labels")),
      prefixes_(split(environment.options.text("raw_cgroup_prefix_whitelist"))),
      kept_labels_(split(environment.options.text("whitelisted_container_labels"))) {
  for (const auto controller :
       {Controller::cpu, Controller::cpuacct, Controller::memory, Controller::blkio, Controller::pids}) {
    tree_.use(controller);
  }
  const bool v2 = tree_.v2(Controller::cpu);
  cpu_quota_ = tree_.file(Controller::cpu, v2 ? "cpu.max" : "cpu.cfs_quota_us");
  cpu_period_ = tree_.file(Controller::cpu, v2 ? "cpu.max" : "cpu.cfs_period_us");
  memory_events_ =
      tree_.file(Controller::memory, tree_.v2(Controller::memory) ? "memory.events" : "memory.oom_control");
}

bool Inventory::refresh(const Scrape& scrape, Sink& sink) {
  if (generation_ == scrape.generation) {
    return tree_.valid();
  }
  generation_ = scrape.generation;
  if (!tree_.valid()) {
    return false;
  }
  const int error = tree_.walk();
  complete_ = error == 0 && !tree_.overflowed();
  if (error != 0) {
    sink.problem(kind_of(error), "cgroup directory", error);
  }
  if (tree_.overflowed()) {
    sink.problem(Problem::limit, "too many control groups");
  }
  bool changed = !tree_.added().empty() || !tree_.removed().empty();
  if (changed) {
    apply_changes();
  }
  Names names = find_names(scrape, sink);
  if (search_roots_ && generation_ >= roots_searched_ + kScrapesBetweenSearches) {
    docker_.find_roots();
    roots_searched_ = generation_;
    search_roots_ = false;
    names = find_names(scrape, sink);
  }
  if (names.denied) {
    if (!denied_note_.starts_with(docker_.denied_place())) {
      denied_note_ = docker_.denied_place() + ": container names need CAP_DAC_READ_SEARCH";
    }
    sink.problem(Problem::denied, denied_note_, EACCES);
  }
  if (changed || names.changed) {
    select();
  }
  return true;
}

void Inventory::apply_changes() {
  for (const auto& gone : tree_.removed()) {
    containers_.erase(gone.get());
  }
  for (platform::Cgroup* const cgroup : tree_.added()) {
    auto container = std::make_unique<Container>();
    container->cgroup = cgroup;
    container->runtime_id = runtime_id(cgroup->path());
    container->labels.append("id", cgroup->path());
    search_roots_ = search_roots_ || !container->runtime_id.empty();
    containers_.emplace(cgroup, std::move(container));
  }
  all_.clear();
  for (const platform::Cgroup* const cgroup : tree_.groups()) {
    all_.push_back(containers_.at(cgroup).get());
  }
}

// Every scrape asks again for each container without a name, so a name that comes late is never missed.
Inventory::Names Inventory::find_names(const Scrape& scrape, Sink& sink) {
  Names result;
  bool unknown = false;
  for (Container* const container : all_) {
    if (container->runtime_id.empty()) {
      continue;
    }
    const auto found = docker_.read(container->runtime_id, container->docker, scrape.buffer);
    result.denied = result.denied || found == platform::DockerFiles::Result::denied;
    unknown = unknown || found == platform::DockerFiles::Result::absent;
    if (found == platform::DockerFiles::Result::invalid) {
      sink.problem(Problem::parse, container->cgroup->path());
    }
    if (found == platform::DockerFiles::Result::updated || container->named != container->known_to_docker()) {
      container->named = container->known_to_docker();
      render_labels(*container, sink);
      result.changed = true;
    }
  }
  search_roots_ = search_roots_ && unknown;
  return result;
}

// Empty values are left out: to Prometheus they are the same as no label. Two names that become equal by cleaning: the
// first in the order of the original names stays. Docker's restart count is no label: it would end every series of a
// container at each restart.
void Inventory::render_labels(Container& container, Sink& sink) {
  container.labels.clear();
  container.labels.append("id", container.cgroup->path());
  if (!container.docker.name.empty()) {
    container.labels.append("name", container.docker.name);
  }
  if (!container.docker.image.empty()) {
    container.labels.append("image", container.docker.image);
  }
  std::vector<std::string> written;
  for (const auto& [key, value] : container.docker.labels) {
    const bool kept = store_labels_ || std::find(kept_labels_.begin(), kept_labels_.end(), key) != kept_labels_.end();
    std::string name;
    append_sanitized_name(name, "container_label_" + key);
    if (!kept || value.empty() || std::find(written.begin(), written.end(), name) != written.end()) {
      continue;
    }
    if (container.labels.text().size() + name.size() + value.size() > kMaxLabelText) {
      sink.problem(Problem::limit, container.cgroup->path());
      break;
    }
    container.labels.append(name, value);
    written.push_back(std::move(name));
  }
}

bool Inventory::wanted(const Container& container) const {
  if (container.is_root() || !container.runtime_id.empty()) {
    return true;
  }
  if (prefixes_.empty()) {
    return !docker_only_;
  }
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const auto& prefix) { return container.cgroup->path().starts_with(prefix); });
}

void Inventory::select() {
  shown_.clear();
  usage_.clear();
  for (Container* const container : all_) {
    if (wanted(*container)) {
      shown_.push_back(container);
      if (root_usage_ || !container->is_root()) {
        usage_.push_back(container);
      }
    }
  }
}

bool Inventory::read(Container& container, FileId file, const Scrape& scrape, Sink& sink) {
  const int error = tree_.read(*container.cgroup, file, scrape.buffer);
  if (error != 0 && !absent(error)) {
    sink.problem(kind_of(error), container.cgroup->path(), error);
  }
  return error == 0;
}

std::optional<std::uint64_t> Inventory::read_number(Container& container, FileId file, const Scrape& scrape,
                                                    Sink& sink) {
  if (!read(container, file, scrape, sink)) {
    return std::nullopt;
  }
  const auto text = platform::trim(scrape.buffer.text());
  const auto value = platform::number<std::uint64_t>(text);
  if (!value && text != "max") {
    sink.problem(Problem::parse, container.cgroup->path());
  }
  return value;
}

const CpuLimit& Inventory::cpu_limit(Container& container, const Scrape& scrape, Sink& sink) {
  if (container.cpu_limit_of == scrape.generation) {
    return container.cpu_limit;
  }
  container.cpu_limit_of = scrape.generation;
  container.cpu_limit = {};
  CpuLimit& limit = container.cpu_limit;
  if (tree_.v2(Controller::cpu)) {
    // cpu.max: "50000 100000" or "max 100000"
    if (read(container, cpu_quota_, scrape, sink)) {
      std::string_view rest = scrape.buffer.text();
      const auto quota = platform::word(rest);
      limit.quota = platform::number<std::int64_t>(quota);
      limit.period = platform::number<std::uint64_t>(platform::word(rest));
      if ((!limit.quota && quota != "max") || !limit.period) {
        sink.problem(Problem::parse, container.cgroup->path());
      }
    }
    return limit;
  }
  // cpu.cfs_quota_us: "-1" for none
  if (read(container, cpu_quota_, scrape, sink)) {
    limit.quota = platform::number<std::int64_t>(platform::trim(scrape.buffer.text()));
    if (!limit.quota) {
      sink.problem(Problem::parse, container.cgroup->path());
    } else if (*limit.quota < 0) {
      limit.quota.reset();
    }
  }
  limit.period = read_number(container, cpu_period_, scrape, sink);
  return limit;
}

const MemoryEvents& Inventory::memory_events(Container& container, const Scrape& scrape, Sink& sink) {
  if (container.memory_events_of == scrape.generation) {
    return container.memory_events;
  }
  container.memory_events_of = scrape.generation;
  MemoryEvents& events = container.memory_events;
  events = {};
  if (!read(container, memory_events_, scrape, sink)) {
    return events;
  }
  const bool sound = each_flat_line(scrape.buffer.text(), [&](std::string_view key, std::uint64_t value) {
    for (const auto& [name, target] :
         {std::pair{"high", &events.high}, {"max", &events.max}, {"oom_kill", &events.oom_kill}}) {
      if (key == name) {
        *target = value;
      }
    }
  });
  if (!sound) {
    sink.problem(Problem::parse, container.cgroup->path());
  }
  return events;
}

}  // namespace exporter::container
