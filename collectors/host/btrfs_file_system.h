// One btrfs file system: what sysfs and the ioctls tell of it, and its samples.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/btrfs_ioctl.h"
#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/attributes.h"
#include "platform/devices.h"
#include "platform/dir.h"

namespace exporter::host::btrfs {

inline constexpr std::size_t kTypeCount = 3;  // data, metadata, system

// How blocks are spread over the devices.
struct Mode {
  std::string_view name;
  double copies;           // 0 for raid5 and raid6
  std::uint64_t parities;  // devices' worth of them
};

// For one thread at a time. It stays where it is made: its members refer to each other.
class FileSystem {
 public:
  // `folder` is /sys/fs/btrfs/<uuid>; `open_files` must outlive this.
  FileSystem(std::string_view uuid, platform::Dir&& folder, platform::OpenFiles& open_files);
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  ~FileSystem() = default;

  const std::optional<BtrfsUuid>& uuid() const noexcept { return uuid_; }
  // What the ioctls said of its devices; shown while `answered`.
  std::vector<BtrfsDevice>& answers() noexcept { return answers_; }
  bool answered = false;

  void write(platform::ReadBuffer& buffer, Sink& sink);

 private:
  // One of allocation/<type>/<mode>.
  struct Layout {
    platform::Attributes attributes;
    LabelBlock labels;
    const Mode* mode;
  };
  struct SysfsDevice {
    platform::Attributes attributes;
    LabelBlock labels;
  };
  // The labels of one of answers_.
  struct Answered {
    BtrfsUuid uuid{};
    std::string name;
    LabelBlock device;
    std::array<LabelBlock, kBtrfsErrors.size()> errors;
  };

  void write_info(platform::ReadBuffer& buffer, Sink& sink);
  void write_commits(platform::ReadBuffer& buffer, Sink& sink);
  // Returns the number of devices. Their sizes are shown only where the ioctls do not tell them.
  std::uint64_t write_devices(platform::ReadBuffer& buffer, Sink& sink);
  void write_layouts(std::size_t type, std::uint64_t devices, platform::ReadBuffer& buffer, Sink& sink);
  void write_answers(Sink& sink);

  std::string name_;
  std::optional<BtrfsUuid> uuid_;
  platform::OpenFiles* open_files_;
  platform::Attributes attributes_;
  LabelBlock labels_;
  std::string label_;
  LabelBlock info_labels_;
  std::array<LabelBlock, kTypeCount> reserved_labels_;
  std::array<platform::Devices<Layout>, kTypeCount> layouts_;
  platform::Devices<SysfsDevice> devices_;
  std::vector<BtrfsDevice> answers_;
  std::vector<Answered> answered_;
};

}  // namespace exporter::host::btrfs
