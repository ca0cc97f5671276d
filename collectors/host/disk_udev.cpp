#include "collectors/host/disk_udev.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter::host {
namespace {

// The value of E:<key>= in udev's text; nothing when the key is not there.
std::optional<std::string_view> property(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    if (line.starts_with("E:")) {
      line.remove_prefix(2);
      if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
        return line.substr(key.size() + 1);
      }
    }
  }
  return std::nullopt;
}

// The serial number printed on the disk; devices without SCSI identification (virtio among them) have it elsewhere.
std::string_view serial(std::string_view text) {
  for (const std::string_view key : {"SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"}) {
    if (const auto value = property(text, key); value && !value->empty()) {
      return *value;
    }
  }
  return {};
}

std::string rotational(const platform::Dir& sys, std::string device) {
  std::replace(device.begin(), device.end(), '/', '!');  // as sysfs writes the name cciss/c0d0
  platform::ReadBuffer buffer;
  if (sys.read(("block/" + device + "/queue/rotational").c_str(), buffer) == 0) {
    if (const auto text = platform::trim(buffer.text()); platform::number<unsigned>(text)) {
      return std::string(text);
    }
  }
  return "0";  // what the label has always said of devices without a queue
}

std::optional<double> number_of(std::string_view text, std::string_view key) {
  const auto value = property(text, key);
  return value ? platform::lenient_number(*value) : std::nullopt;
}

}  // namespace

DiskUdev::DiskUdev(std::string_view major, std::string_view minor, std::string_view device)
    : major_(major), minor_(minor), device_(device), file_("b" + major_ + ":" + minor_) {}

void DiskUdev::refresh(const platform::Host& host, bool look) {
  if (known_ && !look) {
    return;
  }
  platform::FileStamp now;
  if (host.udev.valid()) {
    stamp_of(host.udev, file_.c_str(), now);  // no file is a state like any other
  }
  if (!known_ || now != stamp_) {
    known_ = true;
    stamp_ = now;
    read(host);
  }
}

void DiskUdev::read(const platform::Host& host) {
  platform::ReadBuffer buffer;
  if (host.udev.valid()) {
    host.udev.read(file_.c_str(), buffer);  // no text when it cannot be read
  }
  const std::string_view text = buffer.text();
  const auto word = [&](std::string_view key) { return property(text, key).value_or(std::string_view{}); };

  info_.clear();
  info_.append("device", device_);
  info_.append("major", major_);
  info_.append("minor", minor_);
  info_.append("model", word("ID_MODEL"));
  info_.append("path", word("ID_PATH"));
  info_.append("revision", word("ID_REVISION"));
  info_.append("rotational", rotational(host.sys, device_));
  info_.append("serial", serial(text));
  info_.append("wwn", word("ID_WWN"));

  filesystem_.clear();
  if (const auto type = word("ID_FS_TYPE"); !type.empty()) {
    filesystem_.append("device", device_);
    filesystem_.append("type", type);
    filesystem_.append("usage", word("ID_FS_USAGE"));
    filesystem_.append("uuid", word("ID_FS_UUID"));
    filesystem_.append("version", word("ID_FS_VERSION"));
  }

  mapper_.clear();
  if (const auto name = word("DM_NAME"); !name.empty()) {
    mapper_.append("device", device_);
    mapper_.append("lv_layer", word("DM_LV_LAYER"));
    mapper_.append("lv_name", word("DM_LV_NAME"));
    mapper_.append("name", name);
    mapper_.append("uuid", word("DM_UUID"));
    mapper_.append("vg_name", word("DM_VG_NAME"));
  }

  const bool ata = !word("ID_ATA").empty();
  write_cache_ = ata ? number_of(text, "ID_ATA_WRITE_CACHE") : std::nullopt;
  write_cache_enabled_ = ata ? number_of(text, "ID_ATA_WRITE_CACHE_ENABLED") : std::nullopt;
  rotation_rate_ = ata ? number_of(text, "ID_ATA_ROTATION_RATE_RPM") : std::nullopt;
}

}  // namespace exporter::host
