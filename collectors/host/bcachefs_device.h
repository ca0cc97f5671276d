// A device of a bcachefs file system: the attributes of /sys/fs/bcachefs/<uuid>/dev-<N>, and their samples.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/attributes.h"
#include "platform/dir.h"
#include "platform/row_cache.h"

namespace exporter::host::bcachefs {

// For one thread at a time.
class Device {
 public:
  // `name` is the device's number; `open_files` must outlive this.
  Device(std::string_view uuid, std::string_view name, platform::Dir&& folder, platform::OpenFiles& open_files);

  void write(platform::ReadBuffer& buffer, Sink& sink);

 private:
  void write_info(platform::ReadBuffer& buffer, Sink& sink);
  void write_io_done(platform::ReadBuffer& buffer, Sink& sink);
  void write_io_errors(platform::ReadBuffer& buffer, Sink& sink);

  std::string uuid_;
  std::string name_;
  platform::Attributes attributes_;
  LabelBlock labels_;
  std::string label_;
  std::string state_;
  LabelBlock info_labels_;
  std::array<platform::RowCache<LabelBlock>, 2> io_done_;  // read, write
  platform::RowCache<LabelBlock> io_errors_;
};

}  // namespace exporter::host::bcachefs
