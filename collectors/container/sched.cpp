// Time that the tasks of control groups ran and waited for a CPU, of a group with those below it.
//
// /proc/<tid>/schedstat of every task: "3524000 81000 12", ns on a CPU, ns ready to run, times it ran
// (sched-stats.rst). The tasks are in `tasks` on version 1 and in cgroup.threads on version 2 (cgroups(7)). cAdvisor
// reads the first task of each process only, so a program with threads shows a part of its time there.
//
// A task's time is counted where it was when it was spent, as far as it was seen there; what it spent before it was
// first seen counts where that was. So sums never step back, whatever ends or moves. A group of which not every task
// could be read before the deadline, itself or below it, has no row then; at the next scrape nothing is missing.
#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>
#include <vector>

#include "collectors/container/inventory.h"
#include "collectors/container/per_container.h"
#include "collectors/container/processes.h"
#include "platform/host.h"

namespace exporter::container::sched {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_cpu_schedstat_run_seconds_total", "Time that tasks ran on a CPU."},
    {MetricType::counter, "container_cpu_schedstat_runqueue_seconds_total", "Time that tasks waited for a CPU."},
    {MetricType::counter, "container_cpu_schedstat_run_periods_total", "Times that tasks got a CPU."},
};

using Times = std::array<std::uint64_t, 3>;

class Sched final : public Collector {
 public:
  explicit Sched(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)), tasks_file_(tasks_file(inventory_)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    order_groups(scrape);
    bool in_time = true;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      groups_[i].added = {};
      groups_[i].whole = in_time && add_own(i, scrape);
      if (in_time && !groups_[i].whole) {
        in_time = false;
        sink.problem(Problem::deadline, groups_[i].cgroup->path());  // and those behind it
      }
    }
    sum_up(scrape);
    // In a late scrape they may only not have been looked at; the kernel uses ids again, so there is an end to them.
    if (in_time) {
      std::erase_if(tasks_, [&](const auto& entry) { return entry.second.seen != scrape.generation; });
    }
    for (const Container* const container : inventory_.usage()) {
      const Total* const total = totals_.find(container->cgroup->serial());
      if (total != nullptr && total->whole) {
        sink.add(kMetrics[0], static_cast<double>(total->times[0]) / 1e9, container->labels);
        sink.add(kMetrics[1], static_cast<double>(total->times[1]) / 1e9, container->labels);
        sink.add(kMetrics[2], total->times[2], container->labels);
      }
    }
    return Outcome::ok;
  }

 private:
  struct Group {
    platform::Cgroup* cgroup;
    std::uint64_t serial;
    std::size_t parent;  // in groups_; the root's is itself
    Times added;         // since the last scrape
    bool whole;          // every task was read in time
  };
  struct Total {
    Times times{};
    bool whole = false;  // with all groups below
  };
  struct Task {
    Times times{};
    std::uint64_t seen = 0;
  };

  // Notes every group, shown or not, and which is above it, when they are others than last time.
  void order_groups(const Scrape&) {
    const auto now = inventory_.tree().groups();
    if (std::equal(now.begin(), now.end(), groups_.begin(), groups_.end(),
                   [](const auto* cgroup, const Group& group) { return cgroup->serial() == group.serial; })) {
      return;
    }
    groups_.clear();
    from_below_.clear();
    std::unordered_map<std::string_view, std::size_t> index;
    for (platform::Cgroup* const cgroup : now) {
      index.emplace(cgroup->path(), groups_.size());
      from_below_.push_back(groups_.size());
      groups_.push_back({cgroup, cgroup->serial(), groups_.size(), {}, false});
    }
    for (Group& group : groups_) {
      std::string_view path = group.cgroup->path();
      if (path.size() == 1) {
        continue;
      }
      const auto slash = path.rfind('/');
      const auto above = index.find(slash == 0 ? std::string_view("/") : path.substr(0, slash));
      group.parent = above != index.end() ? above->second : 0;
    }
    std::sort(from_below_.begin(), from_below_.end(), [&](std::size_t a, std::size_t b) {
      return groups_[a].cgroup->path().size() > groups_[b].cgroup->path().size();
    });
  }

  // Passes on to the groups above what was added to those below.
  void sum_up(const Scrape& scrape) {
    for (const std::size_t i : from_below_) {
      Group& group = groups_[i];
      Group& above = groups_[group.parent];
      Total& total = totals_.of(group.serial, scrape.generation);
      total.whole = group.whole;
      for (std::size_t k = 0; k < total.times.size(); ++k) {
        total.times[k] += group.added[k];
        if (group.parent != i) {
          above.added[k] += group.added[k];
        }
      }
      above.whole = above.whole && group.whole;
    }
    totals_.forget_unseen(scrape.generation);
  }

  // False when the deadline came before the last task.
  bool add_own(std::size_t index, const Scrape& scrape) {
    Group& group = groups_[index];
    if (inventory_.tree().read(*group.cgroup, tasks_file_, scrape.buffer) != 0) {
      return true;
    }
    read_ids(scrape.buffer.text(), ids_);
    for (const std::int32_t id : ids_) {
      if (std::chrono::steady_clock::now() >= scrape.deadline) {
        return false;
      }
      Times now{};
      if (!read_times(id, scrape, now)) {
        continue;  // it ended meanwhile
      }
      Task& task = tasks_[id];
      const bool another = now[0] < task.times[0] || now[1] < task.times[1] || now[2] < task.times[2];
      for (std::size_t k = 0; k < now.size(); ++k) {
        group.added[k] += now[k] - (another ? 0 : task.times[k]);
      }
      task = {now, scrape.generation};
    }
    return true;
  }

  bool read_times(std::int32_t id, const Scrape& scrape, Times& out) const {
    if (inventory_.host().proc.read(ProcessPath(id, "schedstat").text(), scrape.buffer) != 0) {
      return false;
    }
    std::string_view text = scrape.buffer.text();
    for (auto& value : out) {
      const auto number = platform::number<std::uint64_t>(platform::word(text));
      if (!number) {
        return false;
      }
      value = *number;
    }
    return true;
  }

  Inventory& inventory_;
  Inventory::FileId tasks_file_;
  std::vector<Group> groups_;
  std::vector<std::size_t> from_below_;  // indices in groups_, those below before those above
  std::vector<std::int32_t> ids_;
  std::unordered_map<std::int32_t, Task> tasks_;
  PerContainer<Total> totals_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Sched>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.sched",
    .summary = "time that tasks of control groups ran and waited for a CPU",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::sched
