// Where each btrfs is mounted, from /proc/<pid>/mountinfo (proc_pid_mountinfo(5)).
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace exporter::host {

// A device that is mounted as btrfs, and the folders where: subvolumes of one file system have many.
struct BtrfsMount {
  std::string device;  // as in mountinfo
  std::vector<std::string> paths;
};

// Remembers what it last read, as mounts change seldom. For one thread at a time.
class BtrfsMounts {
 public:
  // `rootfs` is where the machine's root folder is seen.
  explicit BtrfsMounts(std::string rootfs) : rootfs_(std::move(rootfs)) {}

  // The mounts in `mountinfo`. Lines that are none are passed over: the filesystem collector counts them.
  const std::vector<BtrfsMount>& read(std::string_view mountinfo);

 private:
  void add(std::string_view device, std::string path);

  std::string rootfs_;
  std::string text_;
  std::vector<BtrfsMount> mounts_;
};

}  // namespace exporter::host
