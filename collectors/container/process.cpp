// Processes of a control group itself, without the groups below it, and what they have open.
//
// cgroup.procs: one process id a line, without order; pids.current: "7"; pids.max: "4096" or "max" (cgroups(7)).
// /proc/<pid>/fd: since Linux 6.2 its size is the number of open files, which everybody may ask for; before, its
// entries are counted, for which CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are needed. They always are for sockets: a link
// of each open file says "socket:[8123]". --container.process.sockets=false leaves those out; a link takes 1 to 2
// microseconds. /proc/<pid>/limits: "Max open files   1024   524288   files", of a container's first process and of
// process 1.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <span>

#include "collectors/container/processes.h"
#include "platform/dir_names.h"
#include "platform/host.h"

namespace exporter::container::process {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_processes", "Processes directly in the control group."},
    {MetricType::gauge, "container_threads", "Tasks in the control group and below, as counted against the limit."},
    {MetricType::gauge, "container_threads_max", "Limit of tasks; 0 for no limit."},
    {MetricType::gauge, "container_file_descriptors", "Open files of the processes directly in the control group."},
    {MetricType::gauge, "container_sockets", "Open sockets of the processes directly in the control group."},
    {MetricType::gauge, "container_ulimits_soft", "Limit of the first process; -1 for no limit.", {"ulimit"}},
};

constexpr OptionDesc kOptions[] = {
    {"container.process.sockets", OptionType::flag, "true", "Count open sockets, by looking at every open file."},
};

constexpr std::string_view kSocketsNote = "open sockets: CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are needed";

class Process final : public Collector {
 public:
  explicit Process(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        helper_(environment.shared.get<Processes>(environment)),
        proc_(environment.host.proc),
        count_sockets_(environment.options.flag("container.process.sockets")),
        processes_(inventory_.tree().file(Inventory::Controller::pids, "cgroup.procs", Inventory::Reading::whole)),
        current_(inventory_.tree().file(Inventory::Controller::pids, "pids.current")),
        max_(inventory_.tree().file(Inventory::Controller::pids, "pids.max")) {
    struct stat own {};
    size_is_zero_ = ::fstatat(proc_.fd(), "self/fd", &own, 0) != 0 || own.st_size == 0;
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      if (inventory_.read(*container, processes_, scrape, sink)) {
        list(scrape.buffer.text());
        sink.add(kMetrics[0], pids_.size(), container->labels);
        files(*container, scrape, sink);
      }
      limits(*container, scrape, sink);
      if (container->is_root() || container->is_container()) {
        open_files_limit(*container, scrape, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  void list(std::string_view text) {
    pids_.clear();
    while (!text.empty()) {
      // One that stands in no number is of another pid namespace, or the text was cut: a process all the same.
      pids_.push_back(platform::number<std::int32_t>(platform::trim(platform::take(text, '\n'))).value_or(0));
    }
  }

  void limits(Container& container, const Scrape& scrape, Sink& sink) {
    if (const auto count = inventory_.read_number(container, current_, scrape, sink)) {
      sink.add(kMetrics[1], *count, container.labels);
    }
    if (inventory_.read(container, max_, scrape, sink)) {
      const auto text = platform::trim(scrape.buffer.text());
      const auto limit = platform::number<std::uint64_t>(text);
      if (limit || text == "max") {
        sink.add(kMetrics[2], limit.value_or(0), container.labels);
      } else {
        sink.problem(Problem::parse, container.cgroup->path());
      }
    }
  }

  // A sum over those that may be looked at only would be wrong: then there is no row.
  void files(const Container& container, const Scrape& scrape, Sink& sink) {
    std::uint64_t open = 0;
    std::uint64_t sockets = 0;
    bool open_known = true;
    bool sockets_known = count_sockets_;
    for (const std::int32_t pid : pids_) {
      const ProcessPath path(pid, "fd");
      std::uint64_t entries = 0;
      const bool in_time = std::chrono::steady_clock::now() < scrape.deadline;
      const int error = !sockets_known ? EACCES : !in_time ? ETIMEDOUT : look(path.text(), entries, sockets);
      if (error == 0) {
        open += entries;
      } else if (error == EACCES || error == ETIMEDOUT) {
        if (sockets_known) {
          sink.problem(in_time ? Problem::denied : Problem::deadline, in_time ? kSocketsNote : "open sockets", error);
        }
        sockets_known = false;
        struct stat status {};
        const bool there = ::fstatat(proc_.fd(), path.text(), &status, 0) == 0;
        open += there ? static_cast<std::uint64_t>(status.st_size) : 0;
        open_known = open_known && (!there || status.st_size > 0 || !size_is_zero_);
      }
    }
    if (open_known) {
      sink.add(kMetrics[3], open, container.labels);
    }
    if (sockets_known) {
      sink.add(kMetrics[4], sockets, container.labels);
    }
  }

  // 0; EACCES: the process is another user's; else it is gone.
  int look(const char* path, std::uint64_t& entries, std::uint64_t& sockets) {
    constexpr std::string_view kSocket = "socket:";
    platform::Dir folder;
    int error = proc_.open_dir(path, folder);
    error = error != 0 ? error : names_.read(folder);
    if (error != 0) {
      return error == EPERM ? EACCES : error;
    }
    for (const auto& entry : names_.entries()) {
      std::array<char, kSocket.size()> target{};
      const ssize_t size = ::readlinkat(folder.fd(), entry.name.data(), target.data(), target.size());
      if (size < 0 && errno == EACCES) {
        return EACCES;
      }
      ++entries;
      sockets += std::string_view(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0) == kSocket ? 1 : 0;
    }
    return 0;
  }

  void open_files_limit(Container& container, const Scrape& scrape, Sink& sink) {
    constexpr std::string_view kName = "Max open files";
    const std::int32_t pid = helper_.first(container, scrape);
    if (pid <= 0 || proc_.read(ProcessPath(pid, "limits").text(), scrape.buffer) != 0) {
      return;
    }
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      std::string_view line = platform::take(text, '\n');
      if (!line.starts_with(kName)) {
        continue;
      }
      line.remove_prefix(kName.size());
      const auto word = platform::word(line);
      const auto value = platform::number<std::int64_t>(word);
      if (value || word == "unlimited") {
        sink.add(kMetrics[5], value.value_or(-1), container.labels, {"max_open_files"});
      } else {
        sink.problem(Problem::parse, container.cgroup->path());
      }
    }
  }

  Inventory& inventory_;
  Processes& helper_;
  const platform::Dir& proc_;
  bool count_sockets_;
  bool size_is_zero_;  // this kernel does not say how many files a process has open; ours is never without any
  Inventory::FileId processes_;
  Inventory::FileId current_;
  Inventory::FileId max_;
  std::vector<std::int32_t> pids_;
  platform::DirNames names_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Process>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.process",
    .summary = "processes, threads and open files per control group",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE"},
};

}  // namespace exporter::container::process
