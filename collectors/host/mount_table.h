// Mounts from /proc/<pid>/mountinfo (proc_pid_mountinfo(5)):
//   36 35 98:0 /srv /mnt/my\040disk rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace exporter::host {

struct Mount {
  std::string_view major;
  std::string_view minor;
  std::string_view point;  // escaped as in the file
  std::string_view type;
  std::string_view device;  // escaped as in the file
  bool read_only = false;   // of the mount or of the file system below it
};

// Nothing when the line is none. Views point into `line`.
std::optional<Mount> parse_mount(std::string_view line) noexcept;

// Text in which the kernel wrote blanks, newlines and backslashes as \ooo.
std::string unescape_octal(std::string_view text);

// `point` as seen from `rootfs`: the prefix is cut off whole names only.
std::string_view strip_rootfs(std::string_view point, std::string_view rootfs) noexcept;

// True for file systems whose statfs answers from memory and waits for no server or user process.
bool is_local_type(std::string_view type) noexcept;

// What the device_error label says of an errno value: the texts that dashboards know.
std::string error_text(int error);

// True when `path` is `folder` or below it.
bool is_below(std::string_view path, std::string_view folder) noexcept;

}  // namespace exporter::host
