#include "platform/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kBuffer = 32768;               // for getdents64
constexpr std::size_t kStat = 1024;                  // a stat line has at most 52 numbers, seldom 400 characters
constexpr std::uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD of include/linux/sched.h

// "123/stat" and the like, with a NUL.
class Path {
 public:
  Path(int number, std::string_view rest) {
    char* const end = std::to_chars(text_.data(), text_.data() + 12, number).ptr;
    std::memcpy(end, rest.data(), rest.size());
    end[rest.size()] = '\0';
  }
  const char* text() const noexcept { return text_.data(); }

 private:
  std::array<char, 24> text_;
};

bool ended(int error) noexcept { return error == ENOENT || error == ESRCH; }

}  // namespace

std::optional<Process> parse_process(std::string_view stat) {
  // The name may hold blanks and parentheses: the last one ends it.
  const auto open = stat.find('(');
  const auto close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  Process process;
  const auto pid = number<int>(trim(stat.substr(0, open)));
  process.command = stat.substr(open + 1, close - open - 1);
  std::string_view rest = stat.substr(close + 1);
  const auto state = word(rest);
  if (!pid || state.size() != 1) {
    return std::nullopt;
  }
  process.pid = *pid;
  process.state = state[0];
  std::uint64_t flags = 0;
  // By the numbers that the manual page gives them; the state is number 3.
  const std::array<std::pair<int, std::uint64_t*>, 6> wanted{{{9, &flags},
                                                              {14, &process.user_ticks},
                                                              {15, &process.system_ticks},
                                                              {20, &process.threads},
                                                              {22, &process.start_ticks},
                                                              {24, &process.resident_pages}}};
  int field = 3;
  for (const auto& [place, target] : wanted) {
    std::string_view text;
    for (; field < place; ++field) {
      text = word(rest);
    }
    const auto value = number<std::uint64_t>(text);
    if (!value) {
      return std::nullopt;
    }
    *target = *value;
  }
  process.kernel = (flags & kKernelThread) != 0;
  return process;
}

ProcessTable::ProcessTable(const Dir& proc, Reads reads) : proc_(&proc), reads_(reads) {}

int ProcessTable::start() {
  next_ = 0;
  count_ = 0;
  unreadable_ = 0;
  malformed_ = 0;
  pids_.clear();
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(kBuffer);
  }
  if (!list_) {
    list_.reset(::openat(proc_->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  if (!list_ || ::lseek(list_.get(), 0, SEEK_SET) != 0) {
    return errno;
  }
  const int error = read_numbers(list_.get(), pids_);
  if (!std::is_sorted(pids_.begin(), pids_.end())) {
    std::sort(pids_.begin(), pids_.end());  // a copy of procfs; the kernel's own is in order
  }
  return error;
}

int ProcessTable::read_numbers(int fd, std::vector<int>& numbers) {
  numbers.clear();
  for (;;) {
    const ssize_t got = ::getdents64(fd, buffer_.get(), kBuffer);
    if (got <= 0) {
      return got == 0 ? 0 : errno;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer_.get() + at);
      at += entry->d_reclen;
      if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
        if (const auto value = number<int>(entry->d_name)) {
          numbers.push_back(*value);
        }
      }
    }
  }
}

// One read: the kernel makes the line when it is asked for the first byte.
int ProcessTable::read_stat(int folder, const char* path) {
  stat_ = {};
  const Fd file(::openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    return errno;
  }
  const ssize_t got = ::read(file.get(), buffer_.get(), kStat);
  if (got < 0) {
    return errno;
  }
  stat_ = {buffer_.get(), static_cast<std::size_t>(got)};
  return 0;
}

bool ProcessTable::next(Process& process) {
  while (next_ < pids_.size()) {
    const int pid = pids_[next_++];
    int error = 0;
    if (reads_ == Reads::folder) {
      error = proc_->open_dir(Path(pid, "").text(), folder_);
      error = error == 0 ? read_stat(folder_.fd(), "stat") : error;
    } else {
      error = read_stat(proc_->fd(), Path(pid, "/stat").text());
    }
    if (error != 0) {
      if (!ended(error)) {
        ++unreadable_;
        last_error_ = error;
      }
      continue;
    }
    if (const auto read = parse_process(stat_)) {
      process = *read;
      process.pid = pid;
      ++count_;
      return true;
    }
    ++malformed_;
  }
  return false;
}

int ProcessTable::open_threads(int pid, Fd& folder) {
  folder.reset(::openat(proc_->fd(), Path(pid, "/task").text(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder ? read_numbers(folder.get(), threads_) : errno;
}

char ProcessTable::thread_state(const Fd& folder, int thread) {
  if (read_stat(folder.get(), Path(thread, "/stat").text()) != 0) {
    return '\0';
  }
  const auto read = parse_process(stat_);
  return read ? read->state : '\0';
}

}  // namespace platform
