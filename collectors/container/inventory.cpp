#include "collectors/container/inventory.h"

#include <algorithm>
#include <cerrno>

#include "collectors/container/payload_group.h"
#include "platform/host.h"

namespace exporter::container {
namespace {

Problem kind_of(int error) { return error == EACCES || error == EPERM ? Problem::denied : Problem::io; }

bool absent(int error) {
  return error == ENOENT || error == ENODEV || error == ESTALE || error == ENOTDIR || error == EOPNOTSUPP;
}

}  // namespace

Inventory::Inventory(const Environment& environment)
    : host_(environment.host),
      tree_(environment.host, ".mount"),
      names_(environment, Names::Ask::everything),
      rules_(environment.options),
      docker_only_(environment.options.flag("docker_only")),
      root_usage_(!environment.options.flag("disable_root_cgroup_stats")),
      prefixes_(split_list(environment.options.text("raw_cgroup_prefix_whitelist"))),
      filter_(filter_of(environment.options, "container.")) {
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
  names_.begin();
  bool renamed = find_names(scrape, sink);
  if (names_.end(sink)) {
    renamed = find_names(scrape, sink) || renamed;
  }
  if (pods_ && (changed || renamed)) {
    complete_pods(sink);
  }
  if (changed || renamed) {
    select();
  }
  return true;
}

void Inventory::apply_changes() {
  for (const auto& gone : tree_.removed()) {
    containers_.erase(gone.get());
  }
  static const platform::ContainerFacts kNothing;
  for (platform::Cgroup* const cgroup : tree_.added()) {
    auto container = std::make_unique<Container>();
    container->place = cgroup;
    container->identity.who = platform::cgroup_name(cgroup->path());
    container->runtime_id = container->identity.who.id;
    rules_.series(cgroup->path(), kNothing, rendered_);
    container->labels = rendered_;
    if (rules_.place() == LabelRules::Place::info) {
      rules_.info(cgroup->path(), container->identity.who.unit, kNothing, container->info);
    }
    containers_.emplace(cgroup, std::move(container));
  }
  all_.clear();
  named_.clear();
  pods_ = false;
  const auto groups = tree_.groups();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Container* const container = containers_.at(groups[i]).get();
    container->cgroup = groups[i];
    const platform::Cgroup* const scope = scope_of_payload(groups, i);
    if (scope != nullptr && holds_all(*groups[i], *scope)) {
      containers_.at(scope)->cgroup = groups[i];  // one row for both: it came before
      continue;
    }
    all_.push_back(container);
    if (container->is_container()) {
      named_.push_back(container);
    }
    pods_ = pods_ || container->in_pod();
  }
}

// Nobody may hide from its numbers in the scope. A group with files of the memory controller has a parent without
// processes: the kernel sees to it (cgroup-v2.rst, "No Internal Process Constraint").
bool Inventory::holds_all(const platform::Cgroup& payload, const platform::Cgroup& scope) const {
  platform::Fd file;
  return tree_.open(payload, memory_events_, file) == 0 || tree_.open(scope, memory_events_, file) != 0;
}

// Every scrape asks for each container, so a name that comes late is never missed.
bool Inventory::find_names(const Scrape& scrape, Sink& sink) {
  bool changed = false;
  for (Container* const container : named_) {
    if (names_.refresh(container->identity, scrape, sink)) {
      render_labels(*container, sink);
      changed = true;
    }
  }
  return changed;
}

// The group of a pod, and a sandbox that no source knows, belong to the pod of their neighbours with the same uid. The
// sandbox is the one that has no log.
void Inventory::complete_pods(Sink& sink) {
  std::unordered_map<std::string_view, const platform::ContainerFacts*> pods;
  for (const Container* const container : named_) {
    if (container->in_pod() && container->facts().usable && !container->facts().pod.empty()) {
      pods.emplace(container->identity.who.pod_uid, &container->facts());
    }
  }
  for (Container* const container : all_) {
    platform::ContainerFacts& facts = container->identity.facts;
    const auto pod = container->in_pod() && !facts.usable ? pods.find(container->identity.who.pod_uid) : pods.end();
    if (pod != pods.end() && facts.pod != pod->second->pod) {
      facts.pod = pod->second->pod;
      facts.pod_namespace = pod->second->pod_namespace;
      facts.pod_uid = pod->first;
      facts.sandbox = container->is_container();
      render_labels(*container, sink);
    }
  }
}

// Once rendered, the texts are not kept a second time, unless their source adds to them later.
void Inventory::render_labels(Container& container, Sink& sink) {
  platform::ContainerFacts& facts = container.identity.facts;
  bool whole = rules_.series(container.path(), facts, rendered_);
  container.labels = rendered_;  // a copy takes no more memory than the text; what grew by appending does
  if (rules_.place() == LabelRules::Place::info) {
    whole = rules_.info(container.path(), container.identity.who.unit, facts, container.info) && whole;
  }
  if (!whole) {
    sink.problem(Problem::limit, container.path());
  }
  if (!facts.partial) {
    platform::TextPairs().swap(facts.labels);  // "= {}" keeps the memory
    platform::TextPairs().swap(facts.environment);
    std::string().swap(facts.image);
  }
}

// The patterns look at path and name, whichever matches.
bool Inventory::admits(std::string_view path, std::string_view name) const {
  const auto matches = [&](const platform::Pattern& pattern) {
    return (!path.empty() && pattern.matches(path)) || (!name.empty() && pattern.matches(name));
  };
  return (filter_.include.empty() || matches(filter_.include)) &&
         (filter_.exclude.empty() || !matches(filter_.exclude));
}

bool Inventory::wanted(const Container& container) const {
  if (container.is_root()) {
    return true;
  }
  if (!admits(container.path(), container.facts().name)) {
    return false;
  }
  if (container.is_container()) {
    return true;
  }
  if (prefixes_.empty()) {
    return !docker_only_;
  }
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const auto& prefix) { return container.path().starts_with(prefix); });
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
