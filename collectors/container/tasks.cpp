// What the tasks of a control group are doing, of the group itself without those below it.
//
// /proc/<tid>/stat, the letter behind the name, "4242 (odd) name) S 1 ..." (proc_pid_stat(5)); the tasks are in `tasks`
// on version 1 and in cgroup.threads on version 2. cAdvisor asks taskstats, which only version 1 answers, and shows 0
// unless told to ask. The averages are those of the scrapes, as the kernel's own would be of its samples: they fade by
// the time between two scrapes. Tasks that wait for a disk count as uninterruptible; the kernel does not tell more
// about them here.
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "collectors/container/inventory.h"
#include "collectors/container/per_container.h"
#include "collectors/container/processes.h"
#include "platform/host.h"
#include "platform/process_table.h"

namespace exporter::container::tasks {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_tasks_state", "Tasks by what they are doing.", {"state"}},
    {MetricType::gauge, "container_cpu_load_average_10s", "Running tasks, averaged over ten seconds, times 1000."},
    {MetricType::gauge, "container_cpu_load_d_average_10s",
     "Uninterruptible tasks, averaged over ten seconds, times 1000."},
};
constexpr std::array<std::string_view, 4> kStates = {"sleeping", "running", "stopped", "uninterruptible"};
enum State : std::size_t { sleeping, running, stopped, uninterruptible, none };
constexpr double kSeconds = 10;

State state_of(char letter) {
  switch (letter) {
    case 'R':
      return running;
    case 'S':
    case 'I':
      return sleeping;
    case 'T':
    case 't':
      return stopped;
    case 'D':
      return uninterruptible;
    default:
      return none;  // ended
  }
}

class Average {
 public:
  double add(std::uint64_t now, double fading) {
    value_ = known_ ? value_ * fading + static_cast<double>(now) * (1 - fading) : static_cast<double>(now);
    known_ = true;
    return value_;
  }

 private:
  bool known_ = false;
  double value_ = 0;
};

class Tasks final : public Collector {
 public:
  explicit Tasks(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)), file_(tasks_file(inventory_)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    const double fading = std::exp(-passed.count() / kSeconds);
    for (Container* const container : inventory_.usage()) {
      if (std::chrono::steady_clock::now() >= scrape.deadline) {
        sink.problem(Problem::deadline, container->cgroup->path());  // and those behind it
        break;
      }
      if (!inventory_.read(*container, file_, scrape, sink)) {
        continue;
      }
      read_ids(scrape.buffer.text(), ids_);
      std::array<std::uint64_t, none + 1> counts{};
      for (const std::int32_t id : ids_) {
        if (inventory_.host().proc.read(ProcessPath(id, "stat").text(), scrape.buffer) == 0) {
          const auto task = platform::parse_process(scrape.buffer.text());
          ++counts[task ? state_of(task->state) : none];
        }
      }
      for (std::size_t i = 0; i < kStates.size(); ++i) {
        sink.add(kMetrics[0], counts[i], container->labels, {kStates[i]});
      }
      auto& [run, wait] = averages_.of(container->cgroup->serial(), scrape.generation);
      sink.add(kMetrics[1], std::round(run.add(counts[running], fading) * 1000), container->labels);
      sink.add(kMetrics[2], std::round(wait.add(counts[uninterruptible], fading) * 1000), container->labels);
    }
    averages_.forget_unseen(scrape.generation);
    return Outcome::ok;
  }

 private:
  Inventory& inventory_;
  Inventory::FileId file_;
  std::vector<std::int32_t> ids_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  PerContainer<std::pair<Average, Average>> averages_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Tasks>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.tasks",
    .summary = "what the tasks of control groups are doing",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::tasks
