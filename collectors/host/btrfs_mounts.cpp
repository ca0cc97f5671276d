#include "collectors/host/btrfs_mounts.h"

#include <algorithm>

#include "collectors/host/mount_table.h"
#include "platform/text.h"

namespace exporter::host {

const std::vector<BtrfsMount>& BtrfsMounts::read(std::string_view mountinfo) {
  if (mountinfo == text_) {
    return mounts_;
  }
  text_ = mountinfo;
  mounts_.clear();
  while (!mountinfo.empty()) {
    const auto mount = parse_mount(platform::take(mountinfo, '\n'));
    if (mount && mount->type == "btrfs") {
      const std::string point = unescape_octal(mount->point);
      const auto inside = strip_rootfs(point, rootfs_);
      add(mount->device, rootfs_ == "/" ? std::string(inside) : rootfs_ + std::string(inside));
    }
  }
  return mounts_;
}

void BtrfsMounts::add(std::string_view device, std::string path) {
  const auto known = std::find_if(mounts_.begin(), mounts_.end(), [&](const auto& m) { return m.device == device; });
  if (known == mounts_.end()) {
    mounts_.push_back({std::string(device), {std::move(path)}});
  } else {
    known->paths.push_back(std::move(path));
  }
}

}  // namespace exporter::host
