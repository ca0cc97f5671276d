#include "collectors/host/mount_table.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "platform/text.h"

namespace exporter::host {
namespace {

constexpr std::array<std::string_view, 38> kLocalTypes = {
    "adfs",     "bcachefs",  "befs",     "binfmt_misc", "bpf",    "btrfs", "cgroup", "cgroup2", "configfs", "debugfs",
    "devpts",   "devtmpfs",  "efivarfs", "erofs",       "exfat",  "ext2",  "ext3",   "ext4",    "f2fs",     "hfs",
    "hfsplus",  "hugetlbfs", "iso9660",  "jfs",         "mqueue", "msdos", "nilfs2", "ntfs3",   "pstore",   "ramfs",
    "reiserfs", "squashfs",  "sysfs",    "tmpfs",       "udf",    "vfat",  "xfs",    "zfs",
};

bool has_option(std::string_view options, std::string_view wanted) noexcept {
  while (!options.empty()) {
    if (platform::take(options, ',') == wanted) {
      return true;
    }
  }
  return false;
}

bool read_only(std::string_view options) noexcept {
  return has_option(options, "ro") || has_option(options, "emergency_ro");
}

}  // namespace

std::optional<Mount> parse_mount(std::string_view line) noexcept {
  Mount mount;
  platform::take(line, ' ');  // id
  platform::take(line, ' ');  // parent's id
  std::string_view device = platform::take(line, ' ');
  mount.major = platform::take(device, ':');
  mount.minor = device;
  platform::take(line, ' ');  // root of the mount within its file system
  mount.point = platform::take(line, ' ');
  mount.read_only = read_only(platform::take(line, ' '));
  std::string_view field;
  do {  // optional fields, none or several, end with "-"
    if (line.empty()) {
      return std::nullopt;
    }
    field = platform::take(line, ' ');
  } while (field != "-");
  mount.type = platform::take(line, ' ');
  mount.device = platform::take(line, ' ');  // may be empty
  mount.read_only = mount.read_only || read_only(line);
  const bool numbers = platform::number<unsigned>(mount.major) && platform::number<unsigned>(mount.minor);
  if (!numbers || !mount.point.starts_with('/') || mount.type.empty() || line.empty()) {
    return std::nullopt;
  }
  return mount;
}

std::string unescape_octal(std::string_view text) {
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '7'; };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && digit(i + 1) && text[i + 1] <= '3' && digit(i + 2) && digit(i + 3)) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      result += static_cast<char>(value);
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool is_below(std::string_view path, std::string_view folder) noexcept {
  while (folder.ends_with('/')) {
    folder.remove_suffix(1);
  }
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string_view strip_rootfs(std::string_view point, std::string_view rootfs) noexcept {
  while (rootfs.ends_with('/')) {
    rootfs.remove_suffix(1);
  }
  if (rootfs.empty() || !is_below(point, rootfs)) {
    return point;
  }
  return point.size() == rootfs.size() ? std::string_view("/") : point.substr(rootfs.size());
}

// The C library's texts with a small first letter.
std::string error_text(int error) {
  if (error == ESTALE) {
    return "stale NFS file handle";
  }
  const char* const known = ::strerrordesc_np(error);
  std::string text = known != nullptr ? known : "errno " + std::to_string(error);
  const auto upper = [&](std::size_t i) { return i < text.size() && text[i] >= 'A' && text[i] <= 'Z'; };
  if (upper(0) && !upper(1)) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

bool is_local_type(std::string_view type) noexcept {
  return std::find(kLocalTypes.begin(), kLocalTypes.end(), type) != kLocalTypes.end();
}

}  // namespace exporter::host
