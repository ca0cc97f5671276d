// What the program says of itself: build, process, and how each collector fared.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/host.h"

namespace exporter {

struct Selection;

// Not thread-safe: used under the scheduler's page lock.
class SelfMetrics {
 public:
  // What a page says of the program: all; nothing of the process (--web.disable-exporter-metrics); nothing but how the
  // collectors fared (the page of a probed server).
  enum class Scope : std::uint8_t { all, no_process, collectors };
  explicit SelfMetrics(const platform::Host& host, Scope scope = Scope::all);

  // Starts a page: build and process samples. The buffer is scratch.
  void begin(platform::ReadBuffer& buffer, const Selection& selection);
  // Where a monitored server runs; `container` may be empty.
  void place(Module module, std::string_view target, std::string_view group, std::string_view container);
  // One collector's line of success and duration, named as the original of its module has it.
  void score(const CollectorSpec& spec, std::string_view target, bool success, double seconds);
  // Adds to the running totals of problems.
  void count(std::string_view collector, Problem kind, std::uint64_t times);
  // Ends a page: the totals.
  void end();

  const Sink& sink() const noexcept { return sink_; }

 private:
  void add_process(platform::ReadBuffer& buffer);

  Sink sink_;
  const platform::Host& host_;
  const Scope scope_;
  platform::KeptFile statm_;
  platform::Fd fd_directory_;
  double start_time_;
  // Collector names are those of specs: a small, fixed set.
  std::map<std::string_view, std::array<std::uint64_t, kProblemKinds>> totals_;
};

}  // namespace exporter
