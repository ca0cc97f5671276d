// btrfs file systems. /sys/fs/btrfs/<uuid>/ (fs/btrfs/sysfs.c) holds label, commit_stats, allocation/global_rsv_size,
// allocation/<type>/bytes_reserved, allocation/<type>/<mode>/{total_bytes,used_bytes}, one value a file but for
// commit_stats (since Linux 6.0):
//   commits 3
//   last_commit_ms 12
// and devices/<device>/size in sectors of 512 bytes. What the devices hold and their errors come from the ioctls of
// btrfs_ioctl.h where this program may use them.
#include "collectors/host/btrfs.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "collectors/host/btrfs_file_system.h"
#include "collectors/host/btrfs_metrics.h"
#include "collectors/host/btrfs_mounts.h"
#include "collectors/host/unreadable.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::btrfs {
namespace {

// A file system's folder is its UUID; "features" lies beside it.
bool is_uuid(std::string_view name) { return name.find('-') != std::string_view::npos; }

// What says that the ioctls are not for us, or not for this folder: the sizes then come from sysfs.
bool not_permitted(int error) {
  return error == EPERM || error == EACCES || error == ENOENT || error == ENOTTY || error == ENOTDIR;
}

class Btrfs final : public Collector {
 public:
  Btrfs(const Environment& environment, BtrfsIoctl ioctl)
      : ioctl_(std::move(ioctl)),
        init_(environment.host.proc, "1/mountinfo"),
        self_(environment.host.proc, "self/mountinfo"),
        mounts_(environment.host.rootfs),
        file_systems_(environment.host.sys, "fs/btrfs") {}

  bool nothing_to_read() override { return file_systems_.none(is_uuid); }
  Outcome outcome_of_nothing() override { return Outcome::ok; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    found_.clear();
    const int error = file_systems_.each(
        is_uuid,
        [&](std::string_view name, platform::Dir&& folder) {
          return std::make_unique<FileSystem>(name, std::move(folder), open_files_);
        },
        [&](std::string_view, std::unique_ptr<FileSystem>& file_system) { found_.push_back(file_system.get()); });
    if (error != 0) {
      return error == ENOENT ? Outcome::ok : unreadable(sink, "fs/btrfs", error);
    }
    ask(scrape, sink);
    for (FileSystem* const file_system : found_) {
      file_system->write(scrape.buffer, sink);
    }
    return Outcome::ok;
  }

 private:
  // Asks each mounted file system for its devices. Nothing of it stays open: that would keep it from being unmounted.
  void ask(const Scrape& scrape, Sink& sink) {
    for (FileSystem* const file_system : found_) {
      file_system->answered = false;
    }
    if (found_.empty() || (init_.read(scrape.buffer) != 0 && self_.read(scrape.buffer) != 0)) {
      return;
    }
    for (const BtrfsMount& mount : mounts_.read(scrape.buffer.text())) {
      for (const std::string& path : mount.paths) {
        const int error = ask_at(path, {scrape.deadline, scrape.stop_fd});
        if (error == 0) {
          break;
        }
        if (!not_permitted(error)) {
          sink.problem(error == ETIME ? Problem::deadline : Problem::io, path, error);
          break;
        }
      }
    }
  }

  int ask_at(const std::string& path, const platform::Deadline& deadline) {
    const platform::Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
      return errno;
    }
    BtrfsIdentity identity;
    if (const int error = read_btrfs_identity(ioctl_, folder.get(), identity)) {
      return error;
    }
    const auto found =
        std::find_if(found_.begin(), found_.end(), [&](const FileSystem* one) { return one->uuid() == identity.fsid; });
    if (found == found_.end() || (*found)->answered) {
      return 0;
    }
    const int error = read_btrfs_devices(ioctl_, folder.get(), identity, deadline, (*found)->answers());
    (*found)->answered = error == 0;
    return error;
  }

  BtrfsIoctl ioctl_;
  platform::KeptFile init_;
  platform::KeptFile self_;
  BtrfsMounts mounts_;
  platform::OpenFiles open_files_;
  platform::Devices<std::unique_ptr<FileSystem>> file_systems_;
  std::vector<FileSystem*> found_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return make_with(environment, system_btrfs_ioctl); }

}  // namespace

std::unique_ptr<Collector> make_with(const Environment& environment, BtrfsIoctl ioctl) {
  return std::make_unique<Btrfs>(environment, std::move(ioctl));
}

extern constinit const CollectorSpec spec{
    .name = "btrfs",
    .summary = "btrfs file systems from /sys/fs/btrfs and by ioctl",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::btrfs
