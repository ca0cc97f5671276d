// What the Scheduler keeps for each collector, server and page under way. For scheduler*.cpp only.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporter/scheduler.h"
#include "platform/dir.h"

namespace exporter {

struct Scheduler::Local {
  Local(std::size_t place, const CollectorSpec& spec, std::unique_ptr<Collector> made)
      : index(place), run(spec), collector(std::move(made)) {}
  std::size_t index;  // in enabled_
  Run run;
  std::unique_ptr<Collector> collector;
  std::set<std::size_t> said;
};

struct Scheduler::Remote {
  Module module{};
  std::vector<std::size_t> indices;  // in enabled_, one for each run
  std::vector<Run> runs;
  std::vector<std::unique_ptr<Collector>> collectors;  // one for each run, or none and a target
  std::unique_ptr<Target> target;
  std::string label;  // value of the target label; empty when the module has one target only
  std::unique_ptr<Sink> self;
  std::unique_ptr<Sink> late;  // what is shown instead when the worker is late
  Outcome outcome = Outcome::no_data;
  std::string reason;
  std::string found;
  std::string group;  // where the server runs
  std::string container;
  std::string said_reason;
  std::string said_found;
  std::vector<std::set<std::size_t>> said;  // problems of each run that are in the log
  std::set<std::size_t> self_said;
  bool was_late = false;
  // Of a server that was looked for and not found: scrapes since, and the time of the look. The worker's, or the
  // scrape's while that rests.
  unsigned misses = 0;
  unsigned skipped = 0;
  Clock::time_point looked{};
  // Of collectors: how many runs, from the first, may be read although the worker is still busy with the next. Those of
  // the run under way that are done, by collect_at_once() or by the worker.
  std::atomic<std::size_t> finished{0};
  std::vector<bool> done_at_once;  // by run; emptied by the worker, which does the others
  std::uint64_t reported = 0;      // the worker's run whose problems are counted: several scrapes may read the same one
  std::unique_ptr<platform::ReadBuffer> buffer = std::make_unique<platform::ReadBuffer>();
  std::unique_ptr<Worker> worker;  // last: its thread uses the rest

  // For the log: the module of a server, else the collector, or the word of several that share the worker.
  std::string_view name() const {
    return target ? to_text(module) : runs.size() > 1 ? runs.front().spec->worker : runs.front().spec->name;
  }
  std::string_view address() const { return target ? target->address() : std::string_view{}; }
  template <class Use>
  void each_sink(Use use) {
    for (const auto& sink : {self.get(), late.get()}) {
      if (sink != nullptr) {
        use(*sink);
      }
    }
    for (auto& run : runs) {
      use(run.sink);
    }
  }
};

// Who names servers, and for whom.
struct Scheduler::Source {
  const TargetSpec& spec;
  std::vector<const CollectorSpec*> members;
  std::vector<std::size_t> indices;
  std::unique_ptr<TargetSource> source;
  std::uint64_t generation = 0;
  Remotes remotes;                        // its servers
  std::vector<std::string> trouble = {};  // what is not known of them
};

// What is said of probing, and of those who name servers, on a module's pages.
struct Scheduler::Shown {
  Shown(std::optional<Module> of, std::span<const MetricDesc> metrics, std::function<void(Sink&)> writer)
      : module(of), write(std::move(writer)), sink(metrics) {}
  std::optional<Module> module;  // none: of all
  std::function<void(Sink&)> write;
  Sink sink;
};

// A worker that a scrape waits for.
struct Scheduler::Asked {
  Remote* remote;
  std::uint64_t number;  // of the run
  Clock::time_point at;  // when it was asked for
  bool ready = false;    // it was done in time
};

// A page under way. Used again, for its vectors, once nobody waits for it.
struct Scheduler::Flight {
  Selection selection;
  Clock::time_point deadline;
  bool in_use = false;
  unsigned waiting = 0;
  std::shared_ptr<const Body> body;
  // The scrape's own.
  std::shared_ptr<const Remotes> remotes;
  std::vector<Asked> asked;
  Wanted wanted;
};

}  // namespace exporter
