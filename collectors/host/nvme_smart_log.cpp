#include "collectors/host/nvme_smart_log.h"

namespace exporter::host {
namespace {

using Bytes = std::span<const std::uint8_t, NvmeSmartLog::kBytes>;

constexpr double kDataUnit = 512000;  // bytes: thousands of 512
constexpr double kMinute = 60;
constexpr double kHour = 3600;
constexpr int kZeroCelsius = 27315;  // in hundredths of a kelvin

// The counter of `size` bytes at `offset`. 128 bits fit a double but for their last digits.
double number(Bytes bytes, std::size_t offset, std::size_t size) {
  double value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value * 256 + bytes[offset + i];
  }
  return value;
}

double counter(Bytes bytes, std::size_t offset) { return number(bytes, offset, 16); }

}  // namespace

NvmeSmartLog parse_nvme_smart_log(Bytes bytes) noexcept {
  NvmeSmartLog log;
  log.critical_warning = bytes[0];
  // In whole kelvin; 0 where it is not measured.
  if (const int kelvin = bytes[1] | bytes[2] << 8; kelvin != 0) {
    log.temperature_celsius = (kelvin * 100 - kZeroCelsius) / 100.0;
  }
  log.available_spare_percent = bytes[3];
  log.spare_threshold_percent = bytes[4];
  log.used_percent = bytes[5];
  log.bytes_read = counter(bytes, 32) * kDataUnit;
  log.bytes_written = counter(bytes, 48) * kDataUnit;
  log.read_commands = counter(bytes, 64);
  log.write_commands = counter(bytes, 80);
  log.busy_seconds = counter(bytes, 96) * kMinute;
  log.power_cycles = counter(bytes, 112);
  log.power_on_seconds = counter(bytes, 128) * kHour;
  log.unsafe_shutdowns = counter(bytes, 144);
  log.media_errors = counter(bytes, 160);
  log.error_log_entries = counter(bytes, 176);
  log.warning_temperature_seconds = number(bytes, 192, 4) * kMinute;
  log.critical_temperature_seconds = number(bytes, 196, 4) * kMinute;
  return log;
}

}  // namespace exporter::host
