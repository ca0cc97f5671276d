#include "platform/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "platform/host.h"

namespace platform {
namespace {

constexpr std::uint32_t kFolderEvents =
    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kFileEvents = IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;

}  // namespace

FolderWatch::FolderWatch(const Host& host, std::string folder, std::string inner, std::string file)
    : host_(&host), folder_(std::move(folder)), inner_(std::move(inner)), file_(std::move(file)) {}

std::string FolderWatch::real_path(std::string_view below) const {
  std::string result = host_->rootfs == "/" ? "" : host_->rootfs;
  return result.append("/").append(folder_).append(below.empty() ? "" : "/").append(below);
}

std::string FolderWatch::path(std::string_view name) const {
  std::string result = folder_ + "/";
  return result.append(name).append("/").append(inner_).append(inner_.empty() ? "" : "/").append(file_);
}

int FolderWatch::start(const Visit& gone) {
  std::vector<std::string> names;
  // What is not there costs a machine without this runtime nothing more.
  Dir folder;
  if (const int error = host_->root.open_dir(folder_.c_str(), folder)) {
    stop(gone);
    return error;
  }
  events_ = Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  folder_watch_ = events_ ? ::inotify_add_watch(events_.get(), real_path({}).c_str(), kFolderEvents) : -1;
  // Without that watch the folder is listed at each look.
  if (const int error = host_->root.list(folder_.c_str(), names)) {
    stop(gone);
    return error;
  }
  for (auto& [name, entry] : entries_) {
    entry.watch = -1;
    entry.dirty = entry.dirty || lost_;
  }
  names_.clear();
  std::map<std::string_view, bool> there;
  for (const std::string& name : names) {
    there.emplace(name, true);
  }
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (there.find(entry->first) == there.end()) {
      remove(entry, gone);
    }
    entry = next;
  }
  for (std::string& name : names) {
    add(std::move(name));
  }
  lost_ = false;
  any_dirty_ = true;
  return 0;
}

void FolderWatch::stop(const Visit& gone) {
  while (!entries_.empty()) {
    remove(entries_.begin(), gone);
  }
  events_.reset();
  folder_watch_ = -1;
  names_.clear();
}

void FolderWatch::add(std::string name) {
  if (entries_.size() >= kMaxEntries) {
    return;
  }
  const auto place = entries_.try_emplace(std::move(name)).first;
  any_dirty_ = true;  // a new one is dirty
  if (place->second.watch < 0) {
    watch(place->first, place->second);
  }
}

void FolderWatch::watch(const std::string& name, Entry& entry) {
  if (events_) {
    const std::string below = inner_.empty() ? name : name + "/" + inner_;
    entry.watch = ::inotify_add_watch(events_.get(), real_path(below).c_str(), kFileEvents);
  }
  if (entry.watch >= 0) {
    names_[entry.watch] = name;
  }
}

void FolderWatch::remove(Entries::iterator entry, const Visit& gone) {
  const std::string name = entry->first;
  if (entry->second.watch >= 0) {
    names_.erase(entry->second.watch);
    ::inotify_rm_watch(events_.get(), entry->second.watch);
  }
  entries_.erase(entry);
  gone(name);
}

void FolderWatch::read_events(const Visit& gone) {
  alignas(inotify_event) std::array<char, 8192> buffer;
  for (;;) {
    const ssize_t got = ::read(events_.get(), buffer.data(), buffer.size());
    if (got <= 0) {
      return;
    }
    for (ssize_t at = 0; at < got;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const std::string_view name = event->len == 0 ? "" : event->name;
      if ((event->mask & IN_Q_OVERFLOW) != 0 ||
          (event->wd == folder_watch_ && (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0)) {
        lost_ = true;
      } else if (event->wd == folder_watch_) {
        const auto known = entries_.find(name);
        if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
          add(std::string(name));
        } else if (known != entries_.end()) {
          remove(known, gone);
        }
      } else if (const auto found = names_.find(event->wd); found != names_.end()) {
        const auto entry = entries_.find(found->second);
        if ((event->mask & IN_IGNORED) != 0) {
          entry->second.watch = -1;
          names_.erase(found);
        } else if (name == file_) {
          entry->second.dirty = true;
          any_dirty_ = true;
        }
      }
    }
  }
}

// Goes round those without a watch: tries to get one, or compares the stamp.
void FolderWatch::poll() {
  unwatched_ = 0;
  std::size_t left = kPolled;
  for (auto& [name, entry] : entries_) {
    if (entry.watch >= 0) {
      continue;
    }
    ++unwatched_;
    if (left == 0 || name < next_polled_) {
      continue;
    }
    if (--left == 0) {
      next_polled_ = name;
    }
    watch(name, entry);
    FileStamp stamp;
    stamp_of(host_->root, path(name).c_str(), stamp);
    if (!(stamp == entry.stamp)) {
      entry.stamp = stamp;
      entry.dirty = true;
      any_dirty_ = true;
    }
  }
  if (left != 0) {
    next_polled_.clear();
  }
}

int FolderWatch::look(const Visit& changed, const Visit& gone) {
  if (!events_ || folder_watch_ < 0 || lost_) {
    if (const int error = start(gone)) {
      return error;
    }
  } else {
    read_events(gone);
    if (lost_) {
      if (const int error = start(gone)) {
        return error;
      }
    }
  }
  if (names_.size() != entries_.size()) {
    poll();
  } else {
    unwatched_ = 0;
  }
  if (!any_dirty_) {
    return 0;
  }
  any_dirty_ = false;
  for (auto& [name, entry] : entries_) {
    if (entry.dirty) {
      entry.dirty = false;
      changed(name);
    }
  }
  return 0;
}

}  // namespace platform
