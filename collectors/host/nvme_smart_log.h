// The SMART / Health Information log page of an NVMe controller (NVM Express Base Specification, Get Log Page, log
// identifier 02h): 512 bytes, little endian, counters of 128 bits.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace exporter::host {

struct NvmeSmartLog {
  static constexpr std::size_t kBytes = 512;

  std::uint8_t critical_warning = 0;          // bits as the specification numbers them
  std::optional<double> temperature_celsius;  // composite; nothing when the controller does not say
  std::uint8_t available_spare_percent = 0;
  std::uint8_t spare_threshold_percent = 0;
  std::uint8_t used_percent = 0;  // may be more than 100
  double bytes_read = 0;
  double bytes_written = 0;
  double read_commands = 0;
  double write_commands = 0;
  double busy_seconds = 0;
  double power_cycles = 0;
  double power_on_seconds = 0;
  double unsafe_shutdowns = 0;
  double media_errors = 0;
  double error_log_entries = 0;
  double warning_temperature_seconds = 0;
  double critical_temperature_seconds = 0;
};

NvmeSmartLog parse_nvme_smart_log(std::span<const std::uint8_t, NvmeSmartLog::kBytes> bytes) noexcept;

}  // namespace exporter::host
