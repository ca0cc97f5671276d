// The processes of a machine from /proc/PID/stat and their threads from /proc/PID/task (proc_pid_stat(5)):
//   4242 (my (odd) name) S 1 4242 4242 0 -1 4194560 9061 0 94 0 3698 98 0 0 20 0 4 0 29014 109604864 2507 ...
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "platform/dir.h"

namespace platform {

// Times are in ticks of Host::tick to the second.
struct Process {
  int pid = 0;
  char state = '?';              // R running, S sleeping, D waiting for a device, Z ended but not yet collected, ...
  std::string_view command;      // as the process calls itself, at most 15 characters; of a kernel thread up to 63
  bool kernel = false;           // a thread of the kernel
  std::uint64_t user_ticks = 0;  // of all its threads, also those that ended
  std::uint64_t system_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot: with the pid it tells a process from its successors
  std::uint64_t resident_pages = 0;
};

// Reads the text of a stat file. Nothing when it is not whole. `command` views `stat`.
std::optional<Process> parse_process(std::string_view stat);

// One walk is start(), then next() until it says false. A walk over a machine that did not grow allocates nothing. For
// one thread at a time.
class ProcessTable {
 public:
  // stat: one file of each process is read. folder: folder() is wanted as well, to read more of them.
  enum class Reads { stat, folder };

  // `proc` must outlive this.
  explicit ProcessTable(const Dir& proc, Reads reads = Reads::stat);

  // Finds out which processes there are. Returns 0 or an errno value.
  int start();
  // The next process that can be read, in the order of their numbers; one that ended meanwhile is passed over. False at
  // the end.
  bool next(Process& process);
  // How many the walk has given so far, and how many it could not: no permission or such, and stat not understood.
  std::size_t count() const noexcept { return count_; }
  std::size_t unreadable() const noexcept { return unreadable_; }
  std::size_t malformed() const noexcept { return malformed_; }
  int last_error() const noexcept { return last_error_; }  // of the last unreadable one

  // Of the process that next() gave last: its folder, with Reads::folder. It stays this process' own: once that has
  // ended, reading gives ESRCH, whoever has its number then.
  const Dir& folder() const noexcept { return folder_; }
  // Of the process that next() gave last: calls visit(state) for each of its threads that still is there. Returns 0 or
  // an errno value, ENOENT when there is no folder of threads.
  template <class Visit>
  int each_thread(const Process& process, Visit&& visit) {
    // Nearly all processes have one thread, and that one's state is known already.
    if (process.threads == 1 && has_threads_) {
      visit(process.state);
      return 0;
    }
    Fd folder;
    if (const int error = open_threads(process.pid, folder)) {
      return error;
    }
    has_threads_ = true;
    for (const int thread : threads_) {
      const char state = thread == process.pid ? process.state : thread_state(folder, thread);
      if (state != '\0') {
        visit(state);
      }
    }
    return 0;
  }

 private:
  int read_numbers(int fd, std::vector<int>& numbers);
  int read_stat(int folder, const char* path);
  int open_threads(int pid, Fd& folder);
  char thread_state(const Fd& folder, int thread);

  const Dir* proc_;
  Reads reads_;
  Fd list_;  // proc_ for getdents64
  Dir folder_;
  std::vector<int> pids_;
  std::vector<int> threads_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::size_t unreadable_ = 0;
  std::size_t malformed_ = 0;
  int last_error_ = 0;
  bool has_threads_ = false;  // a folder of threads was seen: always so but in a copy of procfs
  std::unique_ptr<char[]> buffer_;
  std::string_view stat_;
};

}  // namespace platform
