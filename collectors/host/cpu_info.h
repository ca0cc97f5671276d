// /proc/cpuinfo: "model name\t: AMD EPYC", a block of such lines per CPU (proc_cpuinfo(5)). The keys differ between
// architectures; those of x86, arm, powerpc, mips and riscv that say the same are treated alike.
#pragma once
#include <optional>
#include <string_view>

#include "platform/text.h"

namespace exporter::host {

// One CPU; the views last as long as the text that was read. What the kernel does not say stays empty.
struct CpuInfo {
  std::string_view processor, vendor, family, model, model_name, microcode, stepping, cache_size, package, core;
  std::string_view flags, bugs;
  std::string_view megahertz;
};

// Puts `value` where `key` belongs; other keys are passed over.
inline void set_cpu_info(CpuInfo& cpu, std::string_view key, std::string_view value) {
  struct Place {
    std::string_view key;
    std::string_view CpuInfo::*field;
  };
  static constexpr Place kPlaces[] = {
      {"vendor_id", &CpuInfo::vendor},
      {"vendor", &CpuInfo::vendor},
      {"cpu", &CpuInfo::vendor},
      {"cpu family", &CpuInfo::family},
      {"model", &CpuInfo::model},
      {"model name", &CpuInfo::model_name},
      {"cpu model", &CpuInfo::model_name},
      {"isa", &CpuInfo::model_name},
      {"microcode", &CpuInfo::microcode},
      {"stepping", &CpuInfo::stepping},
      {"cache size", &CpuInfo::cache_size},
      {"physical id", &CpuInfo::package},
      {"core id", &CpuInfo::core},
      {"hart", &CpuInfo::core},
      {"flags", &CpuInfo::flags},
      {"Features", &CpuInfo::flags},
      {"bugs", &CpuInfo::bugs},
      {"cpu MHz", &CpuInfo::megahertz},
      {"clock", &CpuInfo::megahertz},
  };
  for (const auto& place : kPlaces) {
    if (place.key == key) {
      cpu.*place.field = value;
      return;
    }
  }
}

// Calls visit(CpuInfo) for each CPU of the file.
template <class Visit>
void each_cpu_info(std::string_view text, Visit&& visit) {
  std::optional<CpuInfo> cpu;
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const auto key = platform::trim(line.substr(0, colon));
    const auto value = platform::trim(line.substr(colon + 1));
    if (key == "processor") {
      if (cpu) {
        visit(*cpu);
      }
      cpu.emplace();
      cpu->processor = value;
    } else if (cpu) {
      set_cpu_info(*cpu, key, value);
    }
  }
  if (cpu) {
    visit(*cpu);
  }
}

}  // namespace exporter::host
