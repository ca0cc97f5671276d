// One file in each subfolder of a folder, as daemons keep one folder for each container: says which files are new or
// changed without looking at the others.
//
// Source: inotify(7), a watch on the folder and one on each subfolder. Where the kernel grants no more watches
// (fs.inotify.max_user_watches), stamps are compared, a bounded number at each look. One thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/file_stamp.h"

namespace platform {

struct Host;

class FolderWatch {
 public:
  // `folder` without the leading slash, below the host's root. The file is `inner`/`file` in each subfolder; `inner`
  // may be empty. `host` must outlive this.
  FolderWatch(const Host& host, std::string folder, std::string inner, std::string file);
  FolderWatch(FolderWatch&&) = default;

  static constexpr std::size_t kMaxEntries = 20000;
  static constexpr std::size_t kPolled = 64;  // unwatched files at one look

  // Calls `changed` for each subfolder that is new or whose file is another, `gone` for each that went. Returns 0 or
  // the errno of the folder: ENOENT while there is none, EACCES. While nothing happened it costs one system call.
  using Visit = std::function<void(const std::string& name)>;
  int look(const Visit& changed, const Visit& gone);

  const std::string& folder() const noexcept { return folder_; }
  // Of a subfolder's file, below the host's root.
  std::string path(std::string_view name) const;
  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t unwatched() const noexcept { return unwatched_; }

 private:
  struct Entry {
    int watch = -1;
    bool dirty = true;
    FileStamp stamp;  // of unwatched ones
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  int start(const Visit& gone);
  void stop(const Visit& gone);
  void read_events(const Visit& gone);
  void add(std::string name);
  void watch(const std::string& name, Entry& entry);
  void remove(Entries::iterator entry, const Visit& gone);
  void poll();
  std::string real_path(std::string_view below) const;

  const Host* host_;
  std::string folder_;
  std::string inner_;
  std::string file_;
  Fd events_;
  int folder_watch_ = -1;
  bool lost_ = false;  // events were lost: everything is looked at anew
  bool any_dirty_ = false;
  std::size_t unwatched_ = 0;
  Entries entries_;
  std::unordered_map<int, std::string> names_;  // by watch
  std::string next_polled_;
};

}  // namespace platform
