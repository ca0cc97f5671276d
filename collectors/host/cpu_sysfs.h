// /sys/devices/system/cpu: which CPUs there are and are online, and how often they were throttled for heat
// (Documentation/ABI/testing/sysfs-devices-system-cpu)
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metric.h"
#include "platform/dir.h"
#include "platform/host.h"

namespace exporter::host {

// "0-2,5" as numbers; "0-6:2" is every second one. False when the text is something else; `cpus` then holds what stood
// before.
bool parse_cpu_list(std::string_view text, std::vector<std::uint32_t>& cpus);

// Looks around when CPUs come, go or change between on- and offline; what does not change in between is kept. Used by
// one thread at a time.
class CpuSysfs {
 public:
  struct Throttle {
    platform::KeptFile count;
    LabelBlock labels;
  };
  struct Switch {
    LabelBlock labels;
    bool online;
  };

  // `host` must outlive this.
  explicit CpuSysfs(const platform::Host& host);
  // Once per scrape; `buffer` is scratch.
  void refresh(platform::ReadBuffer& buffer);

  std::span<Throttle> cores() noexcept { return cores_; }
  std::span<Throttle> packages() noexcept { return packages_; }
  // CPUs that can be switched off.
  std::span<const Switch> switches() const noexcept { return switches_; }
  // CPUs the scheduler leaves alone; as it was when the program started.
  std::span<const LabelBlock> isolated() const noexcept { return isolated_; }

 private:
  bool changed(platform::ReadBuffer& buffer);
  void add_throttles(const std::string& cpu, platform::ReadBuffer& buffer);

  const platform::Host* host_;
  platform::Dir cpus_;
  platform::KeptFile online_;
  platform::KeptFile present_;
  std::string seen_online_;
  std::string seen_present_;
  bool looked_ = false;
  std::vector<Throttle> cores_;
  std::vector<Throttle> packages_;
  std::vector<Switch> switches_;
  std::vector<LabelBlock> isolated_;
};

}  // namespace exporter::host
