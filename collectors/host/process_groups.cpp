// What processes use, summed over those of the same command or control group: /proc/PID/stat, io, fd and, when asked
// for, smaps_rollup and cgroup of every process (proc_pid_stat(5), proc_pid_io(5), proc_pid_fd(5), proc_pid_smaps(5)).
// The largest groups are shown by name, the rest as "other" (process_group_table.h says how they are counted):
//   node_process_group_cpu_seconds_total{group="postgres",mode="user"} 36.98
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/host/process_group_table.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/deadline.h"
#include "platform/dir_names.h"
#include "platform/host.h"
#include "platform/process_table.h"
#include "platform/text.h"

namespace exporter::host::process_groups {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "node_process_group_cpu_seconds_total",
     "CPU time of the group's processes.",
     {"group", "mode"}},
    {MetricType::gauge,
     "node_process_group_resident_memory_bytes",
     "Memory of the group's processes; what several share counts for each.",
     {"group"}},
    {MetricType::gauge,
     "node_process_group_proportional_memory_bytes",
     "Memory of the group's processes; of what several share each has its part.",
     {"group"}},
    {MetricType::counter, "node_process_group_read_bytes_total", "Bytes that were read from disks.", {"group"}},
    {MetricType::counter, "node_process_group_written_bytes_total", "Bytes that go to disks, now or later.", {"group"}},
    {MetricType::gauge, "node_process_group_processes", "Processes of the group.", {"group"}},
    {MetricType::gauge, "node_process_group_threads", "Threads of the group's processes.", {"group"}},
    {MetricType::gauge,
     "node_process_group_open_file_descriptors",
     "Files the group's processes have open.",
     {"group"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.process_groups.by", OptionType::text, "command",
     "What processes are grouped by: command (the name of the program; threads of the kernel by the part before '/' or "
     "':') or cgroup"},
    {"collector.process_groups.top", OptionType::integer, "10",
     "Show so many groups that use most CPU time of late, as many with most memory and as many with most disk I/O of "
     "late; all others together are group \"other\". 0 to 100"},
    {"collector.process_groups.proportional-memory", OptionType::flag, "false",
     "Show proportional memory too; the kernel walks the page tables of every process for it"},
};

constexpr std::int64_t kMostShown = 100;
constexpr std::size_t kStride = 64;  // the time left is looked at after so many processes

// "kworker/0:1-events" is one of the kworkers.
std::string_view command_of(const platform::Process& process) {
  return process.kernel ? process.command.substr(0, process.command.find_first_of("/:")) : process.command;
}

// "0::/system.slice/cron.service" of cgroup v2; of v1 the hierarchy of systemd, else the first.
std::string_view cgroup_of(std::string_view text) {
  std::string_view unified;
  std::string_view named;
  std::string_view first;
  while (!text.empty()) {
    std::string_view path = platform::take(text, '\n');
    const auto number = platform::take(path, ':');
    const auto controllers = platform::take(path, ':');
    if (number == "0" && controllers.empty()) {
      unified = path;
    } else if (controllers == "name=systemd") {
      named = path;
    } else if (first.empty()) {
      first = path;
    }
  }
  if (!unified.empty() && (unified != "/" || (named.empty() && first.empty()))) {
    return unified;
  }
  return named.empty() ? first : named;
}

// The number behind `name` at the start of a line: "read_bytes: 4096", "Pss:    812 kB".
std::optional<std::uint64_t> field(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    if (line.starts_with(name)) {
      line.remove_prefix(name.size());
      return platform::number<std::uint64_t>(platform::word(line));
    }
  }
  return std::nullopt;
}

bool by_cgroup(const Options& options) {
  const std::string& by = options.text("collector.process_groups.by");
  if (by != "command" && by != "cgroup") {
    throw OptionError("option collector.process_groups.by: expected command or cgroup, not '" + by + "'");
  }
  return by == "cgroup";
}

std::size_t top_from(const Options& options) {
  const std::int64_t top = options.integer("collector.process_groups.top");
  if (top < 0 || top > kMostShown) {
    throw OptionError("option collector.process_groups.top: expected 0 to 100");
  }
  return static_cast<std::size_t>(top);
}

// Since Linux 6.2 the size of the folder fd is the number of its entries.
bool size_tells_count(const platform::Dir& proc) {
  struct stat status {};
  return ::fstatat(proc.fd(), "self/fd", &status, 0) == 0 && status.st_size > 0;
}

class ProcessGroups final : public Collector {
 public:
  explicit ProcessGroups(const Environment& environment)
      : tick_(static_cast<double>(environment.host.tick)),
        page_(static_cast<std::uint64_t>(environment.host.page)),
        by_cgroup_(by_cgroup(environment.options)),
        proportional_(environment.options.flag("collector.process_groups.proportional-memory")),
        size_tells_count_(size_tells_count(environment.host.proc)),
        table_(environment.host.proc, platform::ProcessTable::Reads::folder),
        groups_(top_from(environment.options)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto now = std::chrono::steady_clock::now();
    const platform::Deadline deadline{scrape.deadline, scrape.stop_fd};
    if (const int error = table_.start()) {
      return unreadable(sink, "list of processes", error);
    }
    denied_ = 0;
    bool all = true;
    groups_.start();
    for (platform::Process process; table_.next(process);) {
      if (table_.count() % kStride == 0 && deadline.over()) {
        groups_.give_up();
        sink.problem(Problem::deadline, "list of processes");
        return Outcome::failed;
      }
      all = add(process, scrape.buffer) && all;
    }
    groups_.finish(std::chrono::duration<double>(now - last_walk_).count());
    last_walk_ = now;
    report(sink, all);
    groups_.each([&](const Group& group) { write(sink, group); });
    return Outcome::ok;
  }

 private:
  bool add(const platform::Process& process, platform::ReadBuffer& buffer) {
    Process one;
    one.pid = process.pid;
    one.start_ticks = process.start_ticks;
    one.threads = process.threads;
    one.resident = process.resident_pages * page_;
    one.used.user = process.user_ticks;
    one.used.system = process.system_ticks;
    if (read("io", buffer)) {
      const auto read_bytes = field(buffer.text(), "read_bytes:");
      const auto written_bytes = field(buffer.text(), "write_bytes:");
      one.has_bytes = read_bytes && written_bytes;
      one.used.read = one.has_bytes ? *read_bytes : 0;
      one.used.written = one.has_bytes ? *written_bytes : 0;
    }
    if (process.kernel) {
      one.descriptors = 0;
    } else {
      one.descriptors = descriptors();
      if (proportional_ && read("smaps_rollup", buffer)) {
        const auto kilobytes = field(buffer.text(), "Pss:");
        one.proportional = kilobytes ? std::optional(*kilobytes * 1024) : std::nullopt;
      }
    }
    if (!by_cgroup_) {
      return groups_.add(command_of(process), one);
    }
    const auto path = read("cgroup", buffer) ? cgroup_of(buffer.text()) : std::string_view{};
    return groups_.add(path.empty() ? GroupTable::kOther : path, one);
  }

  bool read(const char* name, platform::ReadBuffer& buffer) {
    platform::Fd file;
    int error = table_.folder().open_file(name, file);
    error = error == 0 ? buffer.fill_once(file.get()) : error;
    note(error);
    return error == 0;
  }

  std::optional<std::uint64_t> descriptors() {
    if (size_tells_count_) {
      struct stat status {};
      const bool known = ::fstatat(table_.folder().fd(), "fd", &status, 0) == 0;
      return known ? std::optional(static_cast<std::uint64_t>(status.st_size)) : std::nullopt;
    }
    int error = table_.folder().open_dir("fd", descriptor_folder_);
    error = error == 0 ? descriptor_names_.read(descriptor_folder_) : error;
    note(error);
    return error == 0 ? std::optional<std::uint64_t>(descriptor_names_.entries().size()) : std::nullopt;
  }

  // A process that ended meanwhile, and a kernel without the file, are no problem.
  void note(int error) noexcept { denied_ = error == EACCES || error == EPERM ? error : denied_; }

  void report(Sink& sink, bool all) const {
    if (table_.unreadable() != 0) {
      unreadable(sink, "PID/stat", table_.last_error());
    }
    if (table_.malformed() != 0) {
      sink.problem(Problem::parse, "PID/stat");
    }
    if (denied_ != 0) {
      sink.problem(Problem::denied, "PID/io of other users", denied_);
    }
    if (!all) {
      sink.problem(Problem::limit, "list of processes");
    }
  }

  void write(Sink& sink, const Group& group) const {
    const auto& [cpu, resident, proportional, read_bytes, written_bytes, processes, threads, files] = kMetrics;
    sink.add(cpu, static_cast<double>(group.counted.user) / tick_, group.user_labels);
    sink.add(cpu, static_cast<double>(group.counted.system) / tick_, group.system_labels);
    sink.add(resident, group.resident, group.labels);
    if (group.proportional) {
      sink.add(proportional, *group.proportional, group.labels);
    }
    if (group.has_bytes) {
      sink.add(read_bytes, group.counted.read, group.labels);
      sink.add(written_bytes, group.counted.written, group.labels);
    }
    sink.add(processes, group.processes, group.labels);
    sink.add(threads, group.threads, group.labels);
    if (group.descriptors) {
      sink.add(files, *group.descriptors, group.labels);
    }
  }

  double tick_;
  std::uint64_t page_;
  bool by_cgroup_;
  bool proportional_;
  bool size_tells_count_;
  int denied_ = 0;
  platform::ProcessTable table_;
  GroupTable groups_;
  platform::Dir descriptor_folder_;
  platform::DirNames descriptor_names_;
  std::chrono::steady_clock::time_point last_walk_{};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<ProcessGroups>(environment); }

}  // namespace

// A worker of its own: several files of every process.
extern constinit const CollectorSpec spec{
    .name = "process_groups",
    .summary = "CPU, memory, disk I/O, threads and files of the largest groups of processes, from /proc/PID",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::process_groups
