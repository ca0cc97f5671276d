// The Scheduler's first part: what it is made of, collectors, servers and workers.
#include <algorithm>
#include <numeric>
#include <utility>

#include "collectors/all.h"
#include "exporter/scheduler_parts.h"

namespace exporter {
namespace {

std::string label_text(std::string_view name, std::string_view value) {
  const Label labels[] = {{name, value}};
  return std::string(LabelBlock(labels).text());
}

// Whoever builds a scheduler need not declare the program's options.
bool leaves_out_process(const Options& options) {
  return options.on("web.disable-exporter-metrics") || options.on("redis-only-metrics");
}

void rename(Sink& sink, const NamePrefix& prefix, const Options& options) {
  if (!prefix.word.empty() && options.given(prefix.option) && options.text(prefix.option) != prefix.word) {
    const std::string& chosen = options.text(prefix.option);
    sink.rename(std::string(prefix.word) + "_", chosen.empty() ? chosen : chosen + "_");
  }
}

}  // namespace

Scheduler::Scheduler(const Environment& environment, std::vector<const CollectorSpec*> enabled,
                     std::span<const TargetSpec* const> targets, const Log& log, int stop_fd)
    : log_(log),
      stop_fd_(stop_fd),
      options_(environment.options),
      changes_(environment.host.changes.get()),
      enabled_(std::move(enabled)),
      buffer_(std::make_unique<platform::ReadBuffer>()),
      self_(environment.host,
            leaves_out_process(environment.options) ? SelfMetrics::Scope::no_process : SelfMetrics::Scope::all) {
  for (const auto* spec : enabled_) {
    if (std::holds_alternative<MakeCollector>(spec->make)) {
      build_local(environment, *spec);
    }
  }
  for (const auto* spec : targets) {
    build_targets(environment, *spec);
  }
  make_workers();
}

Scheduler::Scheduler(const Environment& environment, std::vector<const CollectorSpec*> enabled, const TargetSpec& spec,
                     std::unique_ptr<Target> target, const Log& log, int stop_fd)
    : log_(log),
      stop_fd_(stop_fd),
      options_(environment.options),
      changes_(nullptr),  // those who read this machine look at them
      enabled_(std::move(enabled)),
      buffer_(std::make_unique<platform::ReadBuffer>()),
      self_(environment.host, SelfMetrics::Scope::collectors) {
  std::vector<std::size_t> indices(enabled_.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  remotes_->push_back(make_remote(spec, enabled_, indices, std::move(target), false));
  make_workers();
}

void Scheduler::show(const TargetSpec& spec, const Prober& prober) {
  shown_.push_back(
      std::make_unique<Shown>(spec.module, prober.metrics(), [&prober](Sink& sink) { prober.write(sink); }));
  rename(shown_.back()->sink, spec.prefix, options_);
}

void Scheduler::show(std::span<const MetricDesc> metrics, std::function<void(Sink&)> write) {
  shown_.push_back(std::make_unique<Shown>(std::nullopt, metrics, std::move(write)));
}

void Scheduler::make_worker(Remote& remote) {
  remote.worker = std::make_unique<Worker>(
      [this, &remote](Clock::time_point deadline, const Wanted& wanted) { run_worker(remote, deadline, wanted); },
      [this, &remote](Clock::time_point deadline, const Wanted& wanted) {
        return run_at_once(remote, deadline, wanted);
      });
}

void Scheduler::make_workers() {
  for (auto& remote : *remotes_) {
    make_worker(*remote);
  }
}

bool Scheduler::known(std::string_view name) noexcept {
  const auto all = all_collectors();
  return std::any_of(all.begin(), all.end(), [&](const ListedCollector& listed) { return listed.spec->name == name; });
}

void Scheduler::build_local(const Environment& environment, const CollectorSpec& spec) {
  const auto index = static_cast<std::size_t>(std::find(enabled_.begin(), enabled_.end(), &spec) - enabled_.begin());
  auto collector = std::get<MakeCollector>(spec.make)(environment);
  if (spec.pace == Pace::inline_fast) {
    locals_.push_back(std::make_unique<Local>(index, spec, std::move(collector)));
    return;
  }
  const auto shared = std::find_if(remotes_->begin(), remotes_->end(), [&](const auto& remote) {
    return !spec.worker.empty() && remote->runs.front().spec->worker == spec.worker;
  });
  Remote& remote = shared != remotes_->end() ? **shared : *remotes_->emplace_back(std::make_shared<Remote>());
  remote.module = spec.module;
  remote.indices.push_back(index);
  remote.runs.emplace_back(spec);
  remote.said.emplace_back();
  remote.collectors.push_back(std::move(collector));
}

void Scheduler::build_targets(const Environment& environment, const TargetSpec& spec) {
  std::vector<const CollectorSpec*> members;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < enabled_.size(); ++i) {
    if (enabled_[i]->module == spec.module) {
      members.push_back(enabled_[i]);
      indices.push_back(i);
    }
  }
  if (members.empty()) {
    return;  // the whole module is switched off
  }
  // Kept for the life of the program: what is made of it holds on to the list of collectors.
  auto source = std::make_unique<Source>(Source{.spec = spec,
                                                .members = std::move(members),
                                                .indices = std::move(indices),
                                                .source = nullptr,
                                                .generation = 0,
                                                .remotes = {}});
  auto targets = spec.make(environment, source->members);
  source->source = spec.source == nullptr ? nullptr : spec.source(environment, source->members);
  const bool with_label = targets.size() > 1 || source->source || spec.foreign;
  for (auto& target : targets) {
    remotes_->push_back(make_remote(spec, source->members, source->indices, std::move(target), with_label));
  }
  if (source->source) {
    const TargetSource& from = *source->source;
    shown_.push_back(std::make_unique<Shown>(spec.module, from.metrics(), [&from](Sink& sink) { from.write(sink); }));
  }
  sources_.push_back(std::move(source));
}

std::shared_ptr<Scheduler::Remote> Scheduler::make_remote(const TargetSpec& spec,
                                                          std::span<const CollectorSpec* const> members,
                                                          const std::vector<std::size_t>& indices,
                                                          std::unique_ptr<Target> target, bool with_label) {
  auto remote = std::make_shared<Remote>();
  remote->module = spec.module;
  remote->indices = indices;
  remote->self = std::make_unique<Sink>(spec.metrics);
  remote->late = std::make_unique<Sink>(spec.metrics);
  remote->said.resize(members.size());
  remote->runs.reserve(members.size());
  for (const auto* member : members) {
    remote->runs.emplace_back(*member);
  }
  std::string constant;
  if (with_label) {
    remote->label = target->address();
    constant = spec.foreign ? std::string() : label_text("target", remote->label);
  }
  if (const auto own = target->constant_labels(); !own.empty()) {
    constant.append(constant.empty() ? "" : ",").append(own);
  }
  remote->each_sink([&](Sink& sink) {
    rename(sink, spec.prefix, options_);
    if (!constant.empty()) {
      sink.set_constant_labels(constant);
    }
  });
  for (auto& run : remote->runs) {
    if (spec.foreign) {
      run.sink.set_foreign();
    }
  }
  remote->target = std::move(target);
  return remote;
}

}  // namespace exporter
