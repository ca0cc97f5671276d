#include "collectors/host/cpu_sysfs.h"

#include <algorithm>
#include <optional>

#include "platform/text.h"

namespace exporter::host {
namespace {

constexpr std::uint32_t kMaxCpus = 65536;  // a range beyond this is damage, not a machine

std::optional<std::uint64_t> read_number(const platform::Dir& dir, const std::string& name,
                                         platform::ReadBuffer& buffer) {
  if (dir.read(name.c_str(), buffer) != 0) {
    return std::nullopt;
  }
  return platform::number<std::uint64_t>(platform::trim(buffer.text()));
}

bool has(std::span<const CpuSysfs::Throttle> known, const LabelBlock& labels) {
  return std::any_of(known.begin(), known.end(),
                     [&](const auto& throttle) { return throttle.labels.text() == labels.text(); });
}

// "cpu12" -> 12; nothing for cpufreq, cpuidle and the like.
std::optional<std::uint32_t> cpu_number(std::string_view name) {
  return name.starts_with("cpu") ? platform::number<std::uint32_t>(name.substr(3)) : std::nullopt;
}

}  // namespace

bool parse_cpu_list(std::string_view text, std::vector<std::uint32_t>& cpus) {
  cpus.clear();
  text = platform::trim(text);
  while (!text.empty()) {
    std::string_view range = platform::take(text, ',');
    const auto colon = range.find(':');
    const auto step = platform::number<std::uint32_t>(colon == std::string_view::npos ? "1" : range.substr(colon + 1));
    range = range.substr(0, colon);
    const auto first = platform::number<std::uint32_t>(platform::take(range, '-'));
    const auto last = range.empty() ? first : platform::number<std::uint32_t>(range);
    if (!first || !last || *last < *first || *last >= kMaxCpus || !step || *step == 0 || *step >= kMaxCpus) {
      return false;
    }
    for (std::uint32_t cpu = *first; cpu <= *last; cpu += *step) {
      cpus.push_back(cpu);
    }
  }
  return true;
}

CpuSysfs::CpuSysfs(const platform::Host& host)
    : host_(&host), online_(host.sys, "devices/system/cpu/online"), present_(host.sys, "devices/system/cpu/present") {
  platform::ReadBuffer buffer;
  std::vector<std::uint32_t> cpus;
  if (host.sys.read("devices/system/cpu/isolated", buffer) == 0 && parse_cpu_list(buffer.text(), cpus)) {
    for (const auto cpu : cpus) {
      isolated_.emplace_back().append("cpu", std::to_string(cpu));
    }
  }
}

// Both lists, because a CPU that was added may stay offline.
bool CpuSysfs::changed(platform::ReadBuffer& buffer) {
  bool result = !looked_;
  looked_ = true;
  const auto compare = [&](platform::KeptFile& file, std::string& seen) {
    file.read_once(buffer);  // no text when it cannot be read
    if (buffer.text() != seen) {
      seen = buffer.text();
      result = true;
    }
  };
  compare(online_, seen_online_);
  compare(present_, seen_present_);
  return result;
}

void CpuSysfs::refresh(platform::ReadBuffer& buffer) {
  if (!changed(buffer)) {
    return;
  }
  cores_.clear();
  packages_.clear();
  switches_.clear();
  std::vector<std::string> names;
  if (host_->sys.open_dir("devices/system/cpu", cpus_) != 0 || cpus_.list(".", names) != 0) {
    return;
  }
  std::vector<std::uint32_t> online;
  const bool known = parse_cpu_list(seen_online_, online) && !online.empty();
  // By name, not by number: of the CPUs that share a core the first by name speaks for it in the original exporter.
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    const auto cpu = cpu_number(name);
    if (!cpu) {
      continue;
    }
    add_throttles(name, buffer);
    // The list says what the file of each CPU says, in one read.
    if (known && cpus_.exists((name + "/online").c_str())) {
      Switch entry{{}, std::binary_search(online.begin(), online.end(), *cpu)};
      entry.labels.append("cpu", std::to_string(*cpu));
      switches_.push_back(std::move(entry));
    }
  }
}

void CpuSysfs::add_throttles(const std::string& cpu, platform::ReadBuffer& buffer) {
  const auto package = read_number(cpus_, cpu + "/topology/physical_package_id", buffer);
  const auto core = read_number(cpus_, cpu + "/topology/core_id", buffer);
  if (!package || !core) {
    return;
  }
  const auto add = [&](std::vector<Throttle>& list, LabelBlock labels, const std::string& file) {
    if (!has(list, labels) && read_number(cpus_, file, buffer)) {
      list.push_back(Throttle{platform::KeptFile(cpus_, file), std::move(labels)});
    }
  };
  LabelBlock labels;
  labels.append("package", std::to_string(*package));
  add(packages_, labels, cpu + "/thermal_throttle/package_throttle_count");
  labels.clear();
  labels.append("core", std::to_string(*core));
  labels.append("package", std::to_string(*package));
  add(cores_, std::move(labels), cpu + "/thermal_throttle/core_throttle_count");
}

}  // namespace exporter::host
