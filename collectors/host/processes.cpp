// /proc/PID/stat of every process and /proc/PID/task/TID/stat of every thread (proc_pid_stat(5)):
//   4242 (postgres) S 1 4242 4242 0 -1 4194560 9061 0 94 0 3698 98 0 0 20 0 1 0 29014 109604864 2507 ...
// The limits are /proc/sys/kernel/threads-max and pid_max.
#include <array>
#include <cstdint>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/deadline.h"
#include "platform/host.h"
#include "platform/process_table.h"
#include "platform/text.h"

namespace exporter::host::processes {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_processes_threads", "Threads of all processes."},
    {MetricType::gauge, "node_processes_max_threads", "Limit of threads."},
    {MetricType::gauge, "node_processes_threads_state", "Threads by state.", {"thread_state"}},
    {MetricType::gauge, "node_processes_state", "Processes by state.", {"state"}},
    {MetricType::gauge, "node_processes_pids", "Processes, those that ended but were not yet collected included."},
    {MetricType::gauge, "node_processes_max_processes", "Limit of process numbers, which threads use as well."},
};

// The time left is looked at after so many processes.
constexpr std::size_t kStride = 64;

// How many there are of each state, by its letter.
class States {
 public:
  void clear() { counts_.fill(0); }
  void add(char state) { ++counts_[static_cast<unsigned char>(state)]; }
  void write(Sink& sink, const MetricDesc& metric) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) {
        const char letter = static_cast<char>(i);
        sink.add(metric, counts_[i], {std::string_view(&letter, 1)});
      }
    }
  }

 private:
  std::array<std::uint32_t, 256> counts_{};
};

class Processes final : public Collector {
 public:
  explicit Processes(const Environment& environment)
      : table_(environment.host.proc),
        max_threads_(environment.host.proc, "sys/kernel/threads-max"),
        max_processes_(environment.host.proc, "sys/kernel/pid_max") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto& [threads, max_threads, threads_state, state, pids, max_processes] = kMetrics;
    const platform::Deadline deadline{scrape.deadline, scrape.stop_fd};
    if (const int error = table_.start()) {
      return unreadable(sink, "list of processes", error);
    }
    states_.clear();
    thread_states_.clear();
    std::uint64_t thread_count = 0;
    for (platform::Process process; table_.next(process);) {
      if (table_.count() % kStride == 0 && deadline.over()) {
        sink.problem(Problem::deadline, "list of processes");
        return Outcome::failed;
      }
      states_.add(process.state);
      thread_count += process.threads;
      // Threads that cannot be seen are left out of their states only.
      table_.each_thread(process, [this](char one) { thread_states_.add(one); });
    }
    report(sink);
    sink.add(threads, thread_count);
    thread_states_.write(sink, threads_state);
    states_.write(sink, state);
    sink.add(pids, table_.count());
    write_limit(scrape, sink, max_threads_, max_threads);
    write_limit(scrape, sink, max_processes_, max_processes);
    return Outcome::ok;
  }

 private:
  void report(Sink& sink) const {
    if (table_.unreadable() != 0) {
      unreadable(sink, "PID/stat", table_.last_error());
    }
    if (table_.malformed() != 0) {
      sink.problem(Problem::parse, "PID/stat");
    }
  }

  static void write_limit(const Scrape& scrape, Sink& sink, platform::KeptFile& file, const MetricDesc& metric) {
    if (const int error = file.read_once(scrape.buffer)) {
      unreadable(sink, file.name(), error);
    } else if (const auto value = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()))) {
      sink.add(metric, *value);
    } else {
      sink.problem(Problem::parse, file.name());
    }
  }

  platform::ProcessTable table_;
  platform::KeptFile max_threads_;
  platform::KeptFile max_processes_;
  States states_;
  States thread_states_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Processes>(environment); }

}  // namespace

// A worker of its own: some microseconds for each process and thread, which are tens of thousands on large machines.
extern constinit const CollectorSpec spec{
    .name = "processes",
    .summary = "number of processes and threads by state, and their limits, from /proc/PID/stat",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::processes
