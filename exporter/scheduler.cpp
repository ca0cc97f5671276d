#include "exporter/scheduler.h"

#include <algorithm>
#include <utility>

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

}  // namespace

Scheduler::~Scheduler() = default;

bool Scheduler::stop(Clock::time_point deadline) {
  std::unique_lock lock(flights_mutex_);
  const auto remotes = remotes_;
  lock.unlock();
  bool rest = true;
  for (const auto* list : {remotes.get(), &leaving_}) {
    for (const auto& remote : *list) {
      rest = remote->worker->rest(deadline) && rest;
    }
  }
  return rest;
}

// A collection of the same that is under way, if one is of use.
Scheduler::Flight* Scheduler::under_way(const Selection& selection, Clock::time_point deadline) {
  for (const auto& flight : flights_) {
    // One that may land after our own deadline is no use: then we collect beside it, and the workers are shared.
    if (flight->in_use && flight->selection == selection && flight->deadline <= deadline) {
      return flight.get();
    }
  }
  return nullptr;
}

std::shared_ptr<const Body> Scheduler::wait_for(Flight& flight, Clock::time_point deadline,
                                                std::unique_lock<std::mutex>& lock) {
  ++flight.waiting;
  // A little longer than the deadline, since the page is made after it.
  landed_.wait_until(lock, deadline + kPageTime, [&] { return !flight.in_use; });
  auto body = flight.body;
  if (--flight.waiting == 0) {
    flight.body = nullptr;  // its memory is used again
  }
  return body;
}

Scheduler::Flight& Scheduler::take_off(const Selection& selection, Clock::time_point deadline) {
  auto free = std::find_if(flights_.begin(), flights_.end(),
                           [](const auto& flight) { return !flight->in_use && flight->waiting == 0; });
  if (free == flights_.end()) {
    free = flights_.insert(free, std::make_unique<Flight>());
  }
  Flight& flight = **free;
  flight.selection = selection;
  flight.deadline = deadline;
  flight.in_use = true;
  flight.body = nullptr;
  flight.remotes = remotes_;
  return flight;
}

std::shared_ptr<const Body> Scheduler::scrape(const Selection& selection, Clock::time_point deadline) {
  std::unique_lock lock(flights_mutex_);
  if (Flight* const other = under_way(selection, deadline)) {
    return wait_for(*other, deadline, lock);
  }
  Flight& flight = take_off(selection, deadline);
  lock.unlock();
  auto body = bodies_.take();
  body->page_gzip = gzips_.of(selection);
  // Whatever happens, the flight lands: others wait for it.
  const bool made =
      guarded(log_, "page", [&] { return collect(flight, *body) ? Outcome::ok : Outcome::failed; }) == Outcome::ok;
  if (!made) {
    body = nullptr;
  }
  lock.lock();
  if (flight.waiting != 0) {
    flight.body = body;
  }
  flight.in_use = false;
  flight.remotes = nullptr;
  lock.unlock();
  landed_.notify_all();
  return body;
}

bool Scheduler::collect(Flight& flight, Body& body) {
  const Selection& selection = flight.selection;
  const Clock::time_point deadline = flight.deadline;
  std::vector<Asked>& asked = flight.asked;
  asked.clear();
  if (changes_ != nullptr) {
    const std::lock_guard lock(changes_mutex_);
    changes_->look(Clock::now());
  }
  for (const auto& remote : *flight.remotes) {
    if (!selection.has(remote->module)) {
      continue;
    }
    Wanted& wanted = flight.wanted;
    wanted.assign(remote->runs.size(), false);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = selection.wants(remote->indices[i]);
    }
    if (std::find(wanted.begin(), wanted.end(), true) != wanted.end()) {
      const auto now = Clock::now();
      asked.push_back({remote.get(), remote->worker->request(deadline, wanted), now});
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
  render(flight, body);
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

void Scheduler::clear_run(Run& run, bool wanted) {
  run.wanted = wanted;
  run.sink.clear();
  run.outcome = Outcome::no_data;
  run.seconds = 0;
}

void Scheduler::clear_runs(Remote& remote, const Wanted& wanted) {
  for (std::size_t i = 0; i < remote.runs.size(); ++i) {
    clear_run(remote.runs[i], wanted[i]);
  }
}

// True while it is not worth looking again for a server that nobody named: a few times it is looked for at each scrape,
// then at every fourth, or after a minute.
bool Scheduler::rests(Remote& remote) {
  constexpr unsigned kEager = 4;
  constexpr unsigned kScrapes = 4;
  constexpr auto kPause = std::chrono::seconds(60);
  if (remote.misses < kEager || ++remote.skipped >= kScrapes || Clock::now() - remote.looked >= kPause) {
    return false;
  }
  remote.outcome = Outcome::no_data;
  return true;
}

// The worker's part that needs no waiting; true when that was all.
bool Scheduler::run_at_once(Remote& remote, Clock::time_point deadline, const Wanted& wanted) {
  if (remote.target) {
    const bool resting = rests(remote);
    if (resting) {
      clear_runs(remote, wanted);
    }
    return resting;
  }
  remote.outcome = Outcome::ok;
  remote.finished = 0;
  remote.done_at_once.assign(remote.runs.size(), false);
  bool all = true;
  for (std::size_t i = 0; i < remote.runs.size(); ++i) {
    remote.done_at_once[i] = wanted[i] && run_collector(remote, i, deadline, true);
    all = all && (remote.done_at_once[i] || !wanted[i]);
    if (!wanted[i]) {
      clear_run(remote.runs[i], false);
    }
  }
  if (all) {
    remote.done_at_once.clear();
    remote.finished = remote.runs.size();
  }
  return all;
}

// False when `at_once` and the collector would have had to wait.
bool Scheduler::run_collector(Remote& remote, std::size_t index, Clock::time_point deadline, bool at_once) {
  const Scrape scrape{.deadline = deadline, .stop_fd = stop_fd_, .generation = ++generation_, .buffer = *remote.buffer};
  const auto start = Clock::now();
  Run& run = remote.runs[index];
  Collector& collector = *remote.collectors[index];
  clear_run(run, true);
  bool waits = false;
  run.outcome = guarded(log_, run.spec->name, [&] {
    const auto outcome =
        at_once ? collector.collect_at_once(scrape, run.sink) : std::optional(collector.collect(scrape, run.sink));
    waits = !outcome.has_value();
    return outcome.value_or(Outcome::no_data);
  });
  run.seconds = seconds_since(start);
  if (run.outcome == Outcome::failed) {
    run.sink.drop_samples();
  }
  return !waits;
}

void Scheduler::run_collectors(Remote& remote, Clock::time_point deadline, const Wanted& wanted) {
  remote.outcome = Outcome::ok;
  remote.finished = 0;
  remote.done_at_once.resize(remote.runs.size(), false);
  for (std::size_t i = 0; i < remote.runs.size(); ++i) {
    if (!wanted[i]) {
      clear_run(remote.runs[i], false);
    } else if (!remote.done_at_once[i]) {
      run_collector(remote, i, deadline, false);
    }
    remote.finished = i + 1;
  }
  remote.done_at_once.clear();
}

void Scheduler::run_worker(Remote& remote, Clock::time_point deadline, const Wanted& wanted) {
  if (!remote.target) {
    run_collectors(remote, deadline, wanted);
    return;
  }
  const Scrape scrape{.deadline = deadline, .stop_fd = stop_fd_, .generation = ++generation_, .buffer = *remote.buffer};
  const auto start = Clock::now();
  clear_runs(remote, wanted);
  remote.self->clear();
  TargetPage page{.self = *remote.self, .runs = remote.runs, .reason = {}, .found = {}, .group = {}, .container = {}};
  remote.outcome = guarded(log_, remote.target->address(), [&] { return remote.target->collect(scrape, page); });
  remote.misses = remote.outcome == Outcome::no_data ? remote.misses + 1 : 0;
  remote.skipped = 0;
  remote.looked = start;
  remote.reason = std::move(page.reason);
  remote.found = std::move(page.found);
  remote.group = std::move(page.group);
  remote.container = std::move(page.container);
  for (auto& run : remote.runs) {
    if (run.outcome == Outcome::failed || remote.outcome != Outcome::ok) {
      run.sink.drop_samples();
    }
  }
}

}  // namespace exporter
