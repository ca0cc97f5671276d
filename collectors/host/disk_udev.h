// What udev knows about a block device: /run/udev/data/b8:0 with lines such as "E:ID_MODEL=WDC_WD10", and the kernel's
// /sys/block/<device>/queue/rotational (udev(7), Documentation/ABI/stable/sysfs-block)
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/metric.h"
#include "platform/file_stamp.h"
#include "platform/host.h"

namespace exporter::host {

// Whether udev may have written about any device since the last scrape.
class UdevWatch {
 public:
  // Once per scrape. udev replaces whole files, so the time of their folder tells. True once more at the scrape after a
  // change: a second one within the same tick of the file system's clock would not show.
  bool changed(const platform::Dir& udev) {
    platform::FileStamp now;
    stamp_of(udev, ".", now);
    const bool moved = now != stamp_;
    stamp_ = now;
    return std::exchange(moved_, moved) || moved;
  }

 private:
  platform::FileStamp stamp_;
  bool moved_ = false;
};

// One device's descriptions as label text. Used by one thread at a time.
class DiskUdev {
 public:
  DiskUdev(std::string_view major, std::string_view minor, std::string_view device);

  // Reads everything at the first call, later only when `look` says so and udev wrote anew about the device.
  void refresh(const platform::Host& host, bool look);

  const LabelBlock& info() const noexcept { return info_; }
  // Nothing in these: the device holds no file system that udev knows, is no device-mapper device.
  const LabelBlock& filesystem() const noexcept { return filesystem_; }
  const LabelBlock& mapper() const noexcept { return mapper_; }
  // Only of ATA devices.
  std::optional<double> write_cache() const noexcept { return write_cache_; }
  std::optional<double> write_cache_enabled() const noexcept { return write_cache_enabled_; }
  std::optional<double> rotation_rate() const noexcept { return rotation_rate_; }

 private:
  void read(const platform::Host& host);

  std::string major_, minor_, device_;
  std::string file_;
  bool known_ = false;
  platform::FileStamp stamp_;
  LabelBlock info_, filesystem_, mapper_;
  std::optional<double> write_cache_, write_cache_enabled_, rotation_rate_;
};

}  // namespace exporter::host
