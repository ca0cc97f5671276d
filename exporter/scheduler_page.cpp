// The Scheduler's second half: what collectors and servers left in their sinks becomes a page, a score and a log line.
#include <algorithm>
#include <system_error>
#include <utility>

#include "exporter/scheduler_parts.h"

namespace exporter {
namespace {

constexpr std::size_t kMostSaid = 64;  // distinct problems of one collector that are logged; the counters go on

}  // namespace

void Scheduler::render(const Flight& flight, Body& body) {
  const Selection& selection = flight.selection;
  self_.begin(*buffer_, selection);
  placed_.clear();
  for (auto& local : locals_) {
    const Run& run = local->run;
    if (selection.has(run.spec->module) && selection.wants(local->index)) {
      self_.score(*run.spec, {}, run.outcome == Outcome::ok, run.seconds);
      placed_.push_back({local->index, &run.sink});
    }
  }
  for (const auto& one : flight.asked) {
    account(one, selection);
  }
  for (auto& shown : shown_) {
    if (!shown->module || selection.has(*shown->module)) {
      shown->sink.clear();
      shown->write(shown->sink);
      placed_.push_back({enabled_.size(), &shown->sink});
    }
  }
  // The totals come last, yet a series dropped on this very page shows in them on the next one only.
  self_.end();
  // List order decides which of two equal series stays, whoever made them.
  std::sort(placed_.begin(), placed_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  sinks_.assign(1, &self_.sink());
  for (const auto& [place, sink] : placed_) {
    sinks_.push_back(sink);
  }
  registry_.render(sinks_, body);
  for (const auto& dropped : registry_.dropped()) {
    const auto [owner, target] = owner_of(*sinks_[dropped.sink], *flight.remotes);
    self_.count(owner, dropped.kind, dropped.count);
    const std::hash<std::string_view> hash;
    if (dropped_said_.size() < kMostSaid && dropped_said_.insert(hash(dropped.what) ^ hash(target)).second) {
      log_.warn("samples left out: the same series is there already, or its name has another type",
                {{"collector", owner}, {"target", target}, {"kind", to_text(dropped.kind)}, {"series", dropped.what}});
    }
  }
}

// The collector that writes into `sink`, else the module; and the label of the server.
std::pair<std::string_view, std::string_view> Scheduler::owner_of(const Sink& sink, const Remotes& remotes) const {
  for (const auto& local : locals_) {
    if (&local->run.sink == &sink) {
      return {local->run.spec->name, {}};
    }
  }
  for (const auto& remote : remotes) {
    if (remote->self.get() == &sink) {
      return {to_text(remote->module), remote->label};
    }
    for (const auto& run : remote->runs) {
      if (&run.sink == &sink) {
        return {run.spec->name, remote->label};
      }
    }
  }
  return {"exporter", {}};
}

// What a worker that is late has not done. Of several collectors those before the one that hangs are done.
void Scheduler::account_late(Remote& remote, const Selection& selection, std::size_t finished) {
  for (std::size_t i = finished; i < remote.runs.size(); ++i) {
    const CollectorSpec& spec = *remote.runs[i].spec;
    if (selection.wants(remote.indices[i])) {
      self_.score(spec, remote.label, false, remote.worker->busy_seconds());
      self_.count(spec.name, Problem::deadline, 1);
    }
  }
  if (remote.target) {
    remote.late->clear();
    remote.target->write_late(*remote.late);
    placed_.push_back({remote.indices.front(), remote.late.get()});
  }
  if (!std::exchange(remote.was_late, true)) {
    log_.warn("not done before the scrape's deadline: the page goes without it",
              {{"collector", remote.target ? remote.name() : remote.runs[finished].spec->name},
               {"target", remote.address()}});
  }
}

void Scheduler::account(const Asked& asked, const Selection& selection) {
  Remote& remote = *asked.remote;
  std::size_t finished = remote.runs.size();
  if (!asked.ready) {
    // What is done of a run that began with this scrape is good; of one that hangs since an earlier scrape it is old.
    finished = remote.worker->under_way(asked.number, asked.at) ? std::min(finished - 1, remote.finished.load()) : 0;
    account_late(remote, selection, finished);
  } else if (std::exchange(remote.was_late, false)) {
    log_.info("done in time again", {{"collector", remote.name()}, {"target", remote.address()}});
  }
  const bool first = asked.ready && std::exchange(remote.reported, asked.number) != asked.number;
  if (remote.target && asked.ready) {
    if (first) {
      report_target(remote);
      report(remote.name(), remote.address(), *remote.self, remote.outcome, remote.self_said);
    }
    if (remote.outcome == Outcome::no_data) {
      return;
    }
    if (remote.outcome == Outcome::ok && !remote.group.empty()) {
      self_.place(remote.module, remote.target->address(), remote.group, remote.container);
    }
    placed_.push_back({remote.indices.front(), remote.self.get()});
  }
  for (std::size_t i = 0; i < finished; ++i) {
    const Run& run = remote.runs[i];
    if (!run.wanted) {
      continue;
    }
    self_.score(*run.spec, remote.label, run.outcome == Outcome::ok && remote.outcome == Outcome::ok, run.seconds);
    if (first) {
      report(run.spec->name, remote.address(), run.sink, run.outcome, remote.said[i]);
    }
    // What others named comes behind all of ours.
    placed_.push_back({run.sink.foreign() ? enabled_.size() + 1 : remote.indices[i], &run.sink});
  }
}

void Scheduler::report_target(Remote& remote) {
  const std::string_view module = to_text(remote.module);
  if (remote.reason != remote.said_reason) {
    remote.said_reason = remote.reason;
    remote.said_found.clear();  // once it answers again, say what is there
    if (!remote.reason.empty()) {
      // Nobody asked for a server that was only looked for.
      log_.write(remote.outcome == Outcome::no_data ? LogLevel::debug : LogLevel::warn, "server cannot be read",
                 {{"module", module}, {"target", remote.target->address()}, {"reason", remote.reason}});
    }
  }
  if (remote.outcome == Outcome::ok && remote.found != remote.said_found) {
    remote.said_found = remote.found;
    log_.info("server is read", {{"module", module}, {"target", remote.target->address()}, {"found", remote.found}});
  }
}

void Scheduler::report(std::string_view collector, std::string_view target, const Sink& sink, Outcome outcome,
                       std::set<std::size_t>& said) {
  for (std::size_t kind = 0; kind < kProblemKinds; ++kind) {
    if (sink.problems()[kind] != 0) {
      self_.count(collector, static_cast<Problem>(kind), sink.problems()[kind]);
    }
  }
  for (const auto& line : sink.remarks()) {
    if (said.size() < kMostSaid && said.insert(std::hash<std::string_view>{}(line)).second) {
      log_.warn("to be mended", {{"collector", collector}, {"target", target}, {"what", line}});
    }
  }
  const LogLevel level = outcome == Outcome::no_data ? LogLevel::debug : LogLevel::warn;
  for (const auto& note : sink.notes()) {
    const std::string_view where = note.where.data();
    const std::size_t key = std::hash<std::string_view>{}(where)*31 + static_cast<std::size_t>(note.kind) * 7 +
                            static_cast<std::size_t>(note.error);
    if (said.size() < kMostSaid && said.insert(key).second) {
      log_.write(level, outcome == Outcome::failed ? "collector failed" : "left out",
                 {{"collector", collector},
                  {"target", target},
                  {"kind", to_text(note.kind)},
                  {"where", where},
                  {"error", note.error == 0 ? "" : std::generic_category().message(note.error)}});
    }
  }
}

}  // namespace exporter
