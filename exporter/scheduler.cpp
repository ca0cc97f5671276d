#include "exporter/scheduler.h"

#include <algorithm>
#include <utility>

#include "collectors/all.h"
#include "exporter/scheduler_parts.h"

namespace exporter {
namespace {

// Longest wait for the page lock once the deadline has passed; the margin that the caller kept is for this.
constexpr auto kPageTime = std::chrono::milliseconds(100);

double seconds_since(Scheduler::Clock::time_point start) {
  return std::chrono::duration<double>(Scheduler::Clock::now() - start).count();
}

// What escapes a collector is a bug or a lack of memory; it must not take the page with it.
template <class Call>
Outcome guarded(const Log& log, std::string_view name, Call call) {
  try {
    return call();
  } catch (const std::exception& error) {
    log.error("collector threw", {{"collector", name}, {"error", error.what()}});
  } catch (...) {
    log.error("collector threw", {{"collector", name}});
  }
  return Outcome::failed;
}

std::string label_text(std::string_view name, std::string_view value) {
  const Label labels[] = {{name, value}};
  return std::string(LabelBlock(labels).text());
}

}  // namespace

std::string_view to_text(Module module) noexcept {
  switch (module) {
    case Module::node:
      return "node";
    case Module::container:
      return "container";
    case Module::postgres:
      return "postgres";
    case Module::redis:
      return "redis";
  }
  return "node";
}

Scheduler::Scheduler(const Environment& environment, std::vector<const CollectorSpec*> enabled,
                     std::span<const TargetSpec* const> targets, const Log& log, int stop_fd)
    : log_(log),
      stop_fd_(stop_fd),
      enabled_(std::move(enabled)),
      buffer_(std::make_unique<platform::ReadBuffer>()),
      self_(environment.host) {
  for (const auto* spec : enabled_) {
    if (std::holds_alternative<MakeCollector>(spec->make)) {
      build_local(environment, *spec);
    }
  }
  for (const auto* spec : targets) {
    build_targets(environment, *spec);
  }
  for (auto& remote : remotes_) {
    Remote& self = *remote;
    self.worker = std::make_unique<Worker>(
        [this, &self](Clock::time_point deadline, const Wanted& wanted) { run_worker(self, deadline, wanted); },
        [this, &self](const Wanted& wanted) { return run_at_once(self, wanted); });
  }
}

Scheduler::~Scheduler() = default;

bool Scheduler::known(std::string_view name) noexcept {
  const auto all = all_collectors();
  return std::any_of(all.begin(), all.end(), [&](const ListedCollector& listed) { return listed.spec->name == name; });
}

bool Scheduler::stop(Clock::time_point deadline) {
  bool rest = true;
  for (auto& remote : remotes_) {
    rest = remote->worker->rest(deadline) && rest;
  }
  return rest;
}

void Scheduler::build_local(const Environment& environment, const CollectorSpec& spec) {
  const auto index = static_cast<std::size_t>(std::find(enabled_.begin(), enabled_.end(), &spec) - enabled_.begin());
  auto collector = std::get<MakeCollector>(spec.make)(environment);
  if (spec.pace == Pace::inline_fast) {
    locals_.push_back(std::make_unique<Local>(index, spec, std::move(collector)));
    return;
  }
  auto remote = std::make_unique<Remote>();
  remote->module = spec.module;
  remote->indices.push_back(index);
  remote->runs.emplace_back(spec);
  remote->said.resize(1);
  remote->collector = std::move(collector);
  remotes_.push_back(std::move(remote));
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
  auto targets = spec.make(environment, members);
  const bool several = targets.size() > 1;
  for (auto& target : targets) {
    auto remote = std::make_unique<Remote>();
    remote->module = spec.module;
    remote->indices = indices;
    remote->self = std::make_unique<Sink>(spec.metrics);
    remote->late = std::make_unique<Sink>(spec.metrics);
    remote->said.resize(members.size());
    remote->runs.reserve(members.size());
    for (const auto* member : members) {
      remote->runs.emplace_back(*member);
    }
    if (several) {
      remote->label = target->address();
      const std::string constant = label_text("target", remote->label);
      remote->self->set_constant_labels(constant);
      remote->late->set_constant_labels(constant);
      for (auto& run : remote->runs) {
        run.sink.set_constant_labels(constant);
      }
    }
    remote->target = std::move(target);
    remotes_.push_back(std::move(remote));
  }
}

std::shared_ptr<const Body> Scheduler::scrape(const Selection& selection, Clock::time_point deadline) {
  std::shared_ptr<Flight> flight;
  {
    std::unique_lock lock(flights_mutex_);
    for (const auto& other : flights_) {
      // One that may land after our own deadline is no use: then we collect beside it, and the workers are shared.
      if (other->selection == selection && other->deadline <= deadline) {
        const auto shared = other;
        // A little longer than the deadline, since the page is made after it.
        landed_.wait_until(lock, deadline + kPageTime, [&] { return shared->done; });
        return shared->body;
      }
    }
    flight = flights_.emplace_back(std::make_shared<Flight>(Flight{selection, deadline, false, nullptr}));
  }
  auto body = bodies_.take();
  // Whatever happens, the flight lands: others wait for it.
  const bool made = guarded(log_, "page", [&] {
                      return collect(selection, deadline, *body) ? Outcome::ok : Outcome::failed;
                    }) == Outcome::ok;
  if (!made) {
    body = nullptr;
  }
  {
    const std::lock_guard lock(flights_mutex_);
    flight->done = true;
    flight->body = body;
    flights_.remove(flight);
  }
  landed_.notify_all();
  return body;
}

Wanted Scheduler::wanted_by(const Remote& remote, const Selection& selection) const {
  Wanted wanted(remote.runs.size(), false);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i] = selection.wants(remote.indices[i]);
  }
  return wanted;
}

bool Scheduler::collect(const Selection& selection, Clock::time_point deadline, Body& body) {
  std::vector<Asked> asked;
  for (auto& remote : remotes_) {
    if (!selection.has(remote->module)) {
      continue;
    }
    const Wanted wanted = wanted_by(*remote, selection);
    if (std::find(wanted.begin(), wanted.end(), true) != wanted.end()) {
      asked.push_back({remote.get(), remote->worker->request(deadline, wanted)});
    }
  }
  struct Release {
    std::vector<Asked>& asked;
    ~Release() {
      for (const auto& one : asked) {
        one.remote->worker->release(one.number);
      }
    }
  } const release{asked};
  // Inline collectors run while the workers wait for their servers.
  std::unique_lock lock(page_mutex_, deadline);
  if (lock.owns_lock()) {
    run_inline(selection, deadline);
    lock.unlock();
  }
  for (auto& one : asked) {
    one.ready = one.remote->worker->wait(one.number, deadline);
  }
  lock = std::unique_lock(page_mutex_, std::max(deadline, Clock::now()) + kPageTime);
  if (!lock.owns_lock()) {
    return false;
  }
  render(selection, asked, body);
  return true;
}

void Scheduler::run_inline(const Selection& selection, Clock::time_point deadline) {
  const Scrape scrape{.deadline = deadline, .stop_fd = stop_fd_, .generation = ++generation_, .buffer = *buffer_};
  for (auto& local : locals_) {
    Run& run = local->run;
    if (!selection.has(run.spec->module) || !selection.wants(local->index)) {
      continue;
    }
    const auto start = Clock::now();
    run.sink.clear();
    run.outcome = guarded(log_, run.spec->name, [&] { return local->collector->collect(scrape, run.sink); });
    run.seconds = seconds_since(start);
    if (run.outcome == Outcome::failed) {
      run.sink.drop_samples();
    }
    report(run.spec->name, {}, run.sink, run.outcome, local->said);
  }
}

void Scheduler::clear_runs(Remote& remote, const Wanted& wanted) {
  for (std::size_t i = 0; i < remote.runs.size(); ++i) {
    Run& run = remote.runs[i];
    run.wanted = wanted[i];
    run.sink.clear();
    run.outcome = Outcome::no_data;
    run.seconds = 0;
  }
}

bool Scheduler::run_at_once(Remote& remote, const Wanted& wanted) {
  if (!remote.collector) {
    return false;
  }
  const auto start = Clock::now();
  Run& run = remote.runs.front();
  Outcome nothing = Outcome::no_data;
  const bool done = guarded(log_, run.spec->name, [&] {
                      if (!remote.collector->nothing_to_read()) {
                        return Outcome::no_data;
                      }
                      nothing = remote.collector->outcome_of_nothing();
                      return Outcome::ok;
                    }) == Outcome::ok;
  if (done) {
    clear_runs(remote, wanted);
    run.outcome = nothing;
    run.seconds = seconds_since(start);
    remote.outcome = Outcome::ok;
  }
  return done;
}

void Scheduler::run_worker(Remote& remote, Clock::time_point deadline, const Wanted& wanted) {
  const Scrape scrape{.deadline = deadline, .stop_fd = stop_fd_, .generation = ++generation_, .buffer = *remote.buffer};
  const auto start = Clock::now();
  clear_runs(remote, wanted);
  if (remote.collector) {
    Run& run = remote.runs.front();
    run.outcome = guarded(log_, run.spec->name, [&] { return remote.collector->collect(scrape, run.sink); });
    run.seconds = seconds_since(start);
    remote.outcome = Outcome::ok;
  } else {
    remote.self->clear();
    TargetPage page{.self = *remote.self, .runs = remote.runs, .reason = {}, .found = {}};
    remote.outcome = guarded(log_, remote.target->address(), [&] { return remote.target->collect(scrape, page); });
    remote.reason = std::move(page.reason);
    remote.found = std::move(page.found);
  }
  for (auto& run : remote.runs) {
    if (run.outcome == Outcome::failed || remote.outcome != Outcome::ok) {
      run.sink.drop_samples();
    }
  }
}

}  // namespace exporter
