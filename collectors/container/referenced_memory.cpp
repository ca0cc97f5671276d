// Memory that the processes of a control group have touched since its pages were last marked as unused.
//
// /proc/<pid>/smaps_rollup, "Referenced:  12345 kB" (proc_pid_smaps(5)), of every process of the group itself. The
// kernel walks the page tables for it, milliseconds for a large process, so it is read between scrapes by a thread with
// a budget; container_referenced_age_seconds says how long ago. Nothing is marked as unused here, as cAdvisor does when
// told to. Needs CAP_SYS_PTRACE.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "collectors/container/between_scrapes.h"
#include "collectors/container/processes.h"
#include "platform/host.h"

namespace exporter::container::referenced_memory {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_referenced_bytes", "Memory of the group's processes that they have touched."},
    {MetricType::gauge, "container_referenced_age_seconds", "Time since it was read."},
    {MetricType::gauge, "container_referenced_groups", "Control groups by whether it was read yet.", {"state"}},
};

constexpr OptionDesc kOptions[] = {
    {"container.referenced-interval", OptionType::seconds, "1m",
     "How often touched memory is read, by at most a hundredth of a CPU."},
};

struct Group {
  std::uint64_t serial = 0;
  std::shared_ptr<platform::Fd> processes;  // cgroup.procs
  bool operator==(const Group&) const = default;
};
struct Referenced {
  int error = 0;
  std::uint64_t bytes = 0;
};

// The sum of one process; nothing when there is none in the text.
std::optional<std::uint64_t> referenced(std::string_view text) {
  constexpr std::string_view kKey = "Referenced:";
  std::optional<std::uint64_t> bytes;
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    if (!line.starts_with(kKey)) {
      continue;
    }
    line.remove_prefix(kKey.size());
    const auto value = platform::number<std::uint64_t>(platform::word(line));
    if (!value || *value > (std::uint64_t{1} << 53)) {
      return std::nullopt;
    }
    bytes = bytes.value_or(0) + *value * 1024;
  }
  return bytes;
}

class ReferencedMemory final : public Collector {
 public:
  explicit ReferencedMemory(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        processes_(environment.shared.get<Processes>(environment)),
        reader_([this](const Group& group, const Reader::Rest& rest) { return measure(group, rest); },
                Reader::Seconds(environment.options.number("container.referenced-interval"))) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    if (changed()) {
      name_groups();
    }
    int denied = 0;
    std::size_t read = 0;
    for (const Container* const container : inventory_.usage()) {
      reader_.with(container->cgroup->serial(), [&](const Referenced& result, Reader::Seconds age) {
        ++read;
        denied = result.error == EACCES || result.error == EPERM ? result.error : denied;
        if (result.error == 0) {
          sink.add(kMetrics[0], result.bytes, container->labels);
          sink.add(kMetrics[1], static_cast<std::int64_t>(age.count()), container->labels);
        }
      });
    }
    sink.add(kMetrics[2], read, {"read"});
    sink.add(kMetrics[2], groups_ - std::min(groups_, read), {"waiting"});
    if (denied != 0) {
      sink.problem(Problem::denied, "touched memory of other users' processes needs CAP_SYS_PTRACE", denied);
    }
    return Outcome::ok;
  }

 private:
  using Reader = BetweenScrapes<Group, Referenced>;

  bool changed() const {
    const auto usage = inventory_.usage();
    return !std::equal(
        usage.begin(), usage.end(), known_.begin(), known_.end(),
        [](const Container* container, std::uint64_t serial) { return container->cgroup->serial() == serial; });
  }

  // The root's own processes are mostly threads of the kernel.
  void name_groups() {
    known_.clear();
    std::vector<Group> groups;
    for (const Container* const container : inventory_.usage()) {
      known_.push_back(container->cgroup->serial());
      auto file = std::make_shared<platform::Fd>();
      if (!container->is_root() && processes_.open(*container, *file) == 0) {
        groups.push_back({container->cgroup->serial(), std::move(file)});
      }
    }
    groups_ = groups.size();
    reader_.set_subjects(std::move(groups));
  }

  // On the reader's thread.
  Referenced measure(const Group& group, const Reader::Rest& rest) {
    Referenced result;
    result.error = list_.fill(group.processes->get());
    if (result.error != 0) {
      return result;
    }
    for (std::string_view text = list_.text(); !text.empty();) {
      const auto pid = platform::number<std::int32_t>(platform::trim(platform::take(text, '\n')));
      if (!pid || *pid <= 0) {
        continue;
      }
      if (!rest()) {
        result.error = ECANCELED;
        return result;
      }
      const int error = inventory_.host().proc.read(ProcessPath(*pid, "smaps_rollup").text(), buffer_);
      if (error == EACCES || error == EPERM) {
        result.error = error;
        return result;
      }
      if (error == 0) {  // one that ended meanwhile has none
        result.bytes += referenced(buffer_.text()).value_or(0);
      }
    }
    return result;
  }

  Inventory& inventory_;
  Processes& processes_;
  std::vector<std::uint64_t> known_;
  std::size_t groups_ = 0;
  platform::ReadBuffer list_;    // the reader's
  platform::ReadBuffer buffer_;  // the reader's
  Reader reader_;                // last: its thread ends first
};

std::unique_ptr<Collector> make(const Environment& environment) {
  return std::make_unique<ReferencedMemory>(environment);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.referenced_memory",
    .summary = "memory that processes of control groups have touched",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_SYS_PTRACE"},
};

}  // namespace exporter::container::referenced_memory
