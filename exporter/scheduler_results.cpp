// The Scheduler's answer to what became of the last scrape.
#include <algorithm>

#include "exporter/scheduler_parts.h"

namespace exporter {

Results Scheduler::results() const {
  Results results;
  for (const auto& local : locals_) {
    results.collectors.push_back({.spec = local->run.spec,
                                  .server = 0,
                                  .sink = &local->run.sink,
                                  .outcome = local->run.outcome,
                                  .seconds = local->run.seconds});
  }
  for (const auto& remote : *remotes_) {
    // Of a worker that is late nothing may be read but what it had finished.
    std::size_t finished = remote->runs.size();
    if (remote->was_late) {
      finished = remote->target ? 0 : std::min(finished - 1, remote->finished.load());
    }
    if (remote->target) {
      ServerResult server{.module = remote->module, .address = remote->target->address()};
      if (!remote->was_late) {
        server.sink = remote->self.get();
        server.outcome = remote->outcome;
        server.reason = remote->reason;
        server.found = remote->found;
      }
      results.servers.push_back(server);
    }
    for (std::size_t i = 0; i < remote->runs.size(); ++i) {
      const Run& run = remote->runs[i];
      CollectorResult result{.spec = run.spec, .server = remote->target ? results.servers.size() : 0};
      if (i < finished) {
        result.sink = &run.sink;
        result.outcome = run.outcome;
        result.seconds = run.seconds;
      }
      results.collectors.push_back(result);
    }
  }
  for (const auto& source : sources_) {
    results.unnamed.insert(results.unnamed.end(), source->trouble.begin(), source->trouble.end());
  }
  return results;
}

}  // namespace exporter
