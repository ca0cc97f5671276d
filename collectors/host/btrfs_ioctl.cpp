#include "collectors/host/btrfs_ioctl.h"

#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "platform/text.h"

namespace exporter::host {
namespace {

// The order of kBtrfsErrors.
constexpr std::array<std::size_t, kBtrfsErrors.size()> kValues = {
    BTRFS_DEV_STAT_WRITE_ERRS, BTRFS_DEV_STAT_READ_ERRS, BTRFS_DEV_STAT_FLUSH_ERRS, BTRFS_DEV_STAT_CORRUPTION_ERRS,
    BTRFS_DEV_STAT_GENERATION_ERRS};

// The text after the last '/' of `path`, which ends with a NUL or fills the field.
std::string_view base_name(const __u8* path, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(path), size);
  text = text.substr(0, text.find('\0'));
  return text.substr(text.rfind('/') + 1);
}

int read_device(const BtrfsIoctl& ioctl, int fd, std::uint64_t id, BtrfsDevice& device) {
  btrfs_ioctl_dev_info_args info{};
  info.devid = id;
  if (const int error = ioctl(fd, BTRFS_IOC_DEV_INFO, &info)) {
    return error;
  }
  btrfs_ioctl_get_dev_stats stats{};
  stats.devid = id;
  stats.nr_items = BTRFS_DEV_STAT_VALUES_MAX;
  if (const int error = ioctl(fd, BTRFS_IOC_GET_DEV_STATS, &stats)) {
    return error;
  }
  std::copy(std::begin(info.uuid), std::end(info.uuid), device.uuid.begin());
  device.name = base_name(info.path, sizeof info.path);
  device.total_bytes = info.total_bytes;
  device.unused_bytes = info.total_bytes - std::min(info.bytes_used, info.total_bytes);
  for (std::size_t i = 0; i < kValues.size(); ++i) {
    device.errors[i] = stats.values[kValues[i]];
  }
  return 0;
}

}  // namespace

int system_btrfs_ioctl(int fd, unsigned long request, void* argument) {
  return ::ioctl(fd, request, argument) < 0 ? errno : 0;
}

int read_btrfs_identity(const BtrfsIoctl& ioctl, int fd, BtrfsIdentity& identity) {
  btrfs_ioctl_fs_info_args info{};
  if (const int error = ioctl(fd, BTRFS_IOC_FS_INFO, &info)) {
    return error;
  }
  std::copy(std::begin(info.fsid), std::end(info.fsid), identity.fsid.begin());
  identity.device_count = info.num_devices;
  identity.last_id = info.max_id;
  return 0;
}

int read_btrfs_devices(const BtrfsIoctl& ioctl, int fd, const BtrfsIdentity& identity,
                       const platform::Deadline& deadline, std::vector<BtrfsDevice>& devices) {
  std::size_t count = 0;
  // Device 0 is the target of a replacement under way.
  for (std::uint64_t id = 0; id <= identity.last_id && count < identity.device_count; ++id) {
    if (deadline.expired()) {
      return ETIME;
    }
    if (count == devices.size()) {
      devices.emplace_back();
    }
    const int error = read_device(ioctl, fd, id, devices[count]);
    if (error == 0) {
      ++count;
    } else if (error != ENODEV) {
      return error;
    }
  }
  devices.resize(count);
  return 0;
}

std::optional<BtrfsUuid> parse_btrfs_uuid(std::string_view text) noexcept {
  constexpr std::size_t kLength = 36;
  BtrfsUuid uuid{};
  if (text.size() != kLength) {
    return std::nullopt;
  }
  for (std::uint8_t& byte : uuid) {
    if (text.starts_with('-')) {
      text.remove_prefix(1);
    }
    const auto value = platform::hex_number<std::uint8_t>(text.substr(0, 2));
    if (!value || text.size() < 2) {
      return std::nullopt;
    }
    byte = *value;
    text.remove_prefix(2);
  }
  return uuid;
}

std::string btrfs_uuid_text(const BtrfsUuid& uuid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      text += '-';
    }
    text += kDigits[uuid[i] >> 4U];
    text += kDigits[uuid[i] & 15U];
  }
  return text;
}

}  // namespace exporter::host
