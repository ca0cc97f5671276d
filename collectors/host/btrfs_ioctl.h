// The devices of a mounted btrfs by ioctl (btrfs-ioctl(2), linux/btrfs.h): size, use and errors, which sysfs does not
// tell. For one thread at a time; may wait for the file system.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/deadline.h"

namespace exporter::host {

// As ioctl(2), but returns 0 or an errno value.
using BtrfsIoctl = std::function<int(int fd, unsigned long request, void* argument)>;
int system_btrfs_ioctl(int fd, unsigned long request, void* argument);

using BtrfsUuid = std::array<std::uint8_t, 16>;

struct BtrfsIdentity {
  BtrfsUuid fsid{};
  std::uint64_t device_count = 0;
  std::uint64_t last_id = 0;  // of a device; ids have gaps
};

// The kinds of BtrfsDevice::errors.
inline constexpr std::array<std::string_view, 5> kBtrfsErrors = {"write", "read", "flush", "corruption", "generation"};

struct BtrfsDevice {
  BtrfsUuid uuid{};
  std::string name;  // without its folder: "sda1"
  std::uint64_t total_bytes = 0;
  std::uint64_t unused_bytes = 0;
  std::array<std::uint64_t, kBtrfsErrors.size()> errors{};
};

// BTRFS_IOC_FS_INFO of the file system that holds the open folder `fd`. Returns 0 or an errno value: ENOTTY when it is
// no btrfs.
int read_btrfs_identity(const BtrfsIoctl& ioctl, int fd, BtrfsIdentity& identity);

// BTRFS_IOC_DEV_INFO and BTRFS_IOC_GET_DEV_STATS of each device. Returns 0 or an errno value, EPERM without the
// privilege for it and ETIME after the deadline; `devices`, whose memory is reused, is then of no use.
int read_btrfs_devices(const BtrfsIoctl& ioctl, int fd, const BtrfsIdentity& identity,
                       const platform::Deadline& deadline, std::vector<BtrfsDevice>& devices);

// UUIDs as text: "1b4e28ba-2fa1-11d2-883f-0016d3cca427", in lower case. Nothing when the text is none.
std::optional<BtrfsUuid> parse_btrfs_uuid(std::string_view text) noexcept;
std::string btrfs_uuid_text(const BtrfsUuid& uuid);

}  // namespace exporter::host
