// The machine below the containers.
//
// /sys/devices/system/cpu/online "0-3,5"; cpu<n>/topology/{core_id,physical_package_id}; /proc/meminfo "MemTotal: 24684
// kB"; /proc/sys/kernel/osrelease; /etc/os-release PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"; edac:
// mc<n>/dimm<n>/{dimm_mem_type,size in MB}.
//
// Cores are counted per socket, so two sockets with equal core numbers are not taken for one. What cAdvisor shows as 0
// on every machine but a few (books, drawers, NVM without its library) is left out.
#include <algorithm>
#include <map>
#include <set>

#include "collectors/container/cadvisor_flags.h"
#include "collectors/container/cpu_list.h"
#include "collectors/container/machine_identity.h"
#include "exporter/collector.h"
#include "platform/host.h"

namespace exporter::container::machine {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "machine_cpu_cores", "Logical CPUs that are online."},
    {MetricType::gauge, "machine_cpu_physical_cores", "Physical cores."},
    {MetricType::gauge, "machine_cpu_sockets", "CPU sockets."},
    {MetricType::gauge, "machine_memory_bytes", "Memory of the machine."},
    {MetricType::gauge, "machine_swap_bytes", "Swap of the machine."},
    {MetricType::gauge, "machine_dimm_count", "Memory modules, by type.", {"type"}},
    {MetricType::gauge, "machine_dimm_capacity_bytes", "Capacity of memory modules, by type.", {"type"}},
    {MetricType::gauge, "machine_scrape_error", "1 when the machine's facts could not be read."},
    {MetricType::gauge, "cadvisor_version_info", "The program that makes this page; constant 1."},
};

class Machine final : public Collector {
 public:
  explicit Machine(const Environment& environment)
      : host_(environment.host), online_(host_.sys, "devices/system/cpu/online"), meminfo_(host_.proc, "meminfo") {
    platform::ReadBuffer buffer;
    append_identity(environment, labels_);
    append_if_known(version_, "kernelVersion", first_line(host_.proc, "sys/kernel/osrelease", buffer));
    append_if_known(version_, "osVersion", system_name(buffer));
    version_.append("cadvisorVersion", "resource_exporter " RESOURCE_EXPORTER_VERSION);
    modules(buffer);
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const bool processors_sound = processors(scrape, sink);
    const bool memory_sound = memory(scrape, sink);
    const bool sound = processors_sound && memory_sound;
    const auto& [cores, physical, sockets, memory_bytes, swap, dimms, dimm_bytes, error, version] = kMetrics;
    for (const auto& [type, total] : modules_) {
      sink.add(dimms, total.count, labels_, {type});
      sink.add(dimm_bytes, total.bytes, labels_, {type});
    }
    sink.add(error, sound ? 0 : 1);
    sink.add(version, 1, version_);
    return Outcome::ok;
  }

 private:
  struct Modules {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };

  std::string system_name(platform::ReadBuffer& buffer) const {
    constexpr std::string_view kKey = "PRETTY_NAME=";
    if (host_.root.read("etc/os-release", buffer) != 0 && host_.root.read("usr/lib/os-release", buffer) != 0) {
      return {};
    }
    for (std::string_view text = buffer.text(); !text.empty();) {
      std::string_view line = platform::trim(platform::take(text, '\n'));
      if (line.starts_with(kKey)) {
        line.remove_prefix(kKey.size());
        if (line.size() >= 2 && line.front() == line.back() && (line.front() == '"' || line.front() == '\'')) {
          line = line.substr(1, line.size() - 2);
        }
        return std::string(line);
      }
    }
    return {};
  }

  void modules(platform::ReadBuffer& buffer) {
    platform::Dir controllers;
    std::vector<std::string> names;
    std::vector<std::string> slots;
    if (host_.sys.open_dir("devices/system/edac/mc", controllers) != 0) {
      return;
    }
    controllers.list(".", names);
    for (const auto& name : names) {
      controllers.list(name.c_str(), slots);
      for (const auto& slot : slots) {
        if (!name.starts_with("mc") || !slot.starts_with("dimm")) {
          continue;
        }
        std::string place = name;
        place.append("/").append(slot);
        const std::string type = first_line(controllers, (place + "/dimm_mem_type").c_str(), buffer);
        const auto size = platform::number<std::uint32_t>(first_line(controllers, (place + "/size").c_str(), buffer));
        if (!type.empty() && size) {
          ++modules_[type].count;
          modules_[type].bytes += std::uint64_t{*size} << 20;
        }
      }
    }
  }

  bool processors(const Scrape& scrape, Sink& sink) {
    if (const int error = online_.read_once(scrape.buffer)) {
      sink.problem(Problem::io, online_.name(), error);
      return false;
    }
    const auto text = platform::trim(scrape.buffer.text());
    if (text != online_text_) {  // a CPU came or went: count anew
      online_text_ = text;
      core_count_ = socket_count_ = 0;
      cpus_.clear();
      if (each_listed(online_text_, [&](std::uint32_t cpu) { cpus_.push_back(cpu); })) {
        topology(scrape.buffer);
      } else {
        cpus_.clear();
      }
    }
    if (cpus_.empty()) {
      sink.problem(Problem::parse, online_.name());
      return false;
    }
    sink.add(kMetrics[0], cpus_.size(), labels_);
    if (core_count_ != 0) {
      sink.add(kMetrics[1], core_count_, labels_);
      sink.add(kMetrics[2], socket_count_, labels_);
    }
    return true;
  }

  void topology(platform::ReadBuffer& buffer) {
    std::set<std::pair<std::int32_t, std::int32_t>> cores;
    std::set<std::int32_t> sockets;
    for (const auto cpu : cpus_) {
      const std::string place = "devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
      const auto core = platform::number<std::int32_t>(first_line(host_.sys, (place + "core_id").c_str(), buffer));
      const auto socket =
          platform::number<std::int32_t>(first_line(host_.sys, (place + "physical_package_id").c_str(), buffer));
      if (core && socket) {
        cores.emplace(*socket, *core);
        sockets.insert(*socket);
      }
    }
    core_count_ = cores.size();
    socket_count_ = sockets.size();
  }

  bool memory(const Scrape& scrape, Sink& sink) {
    if (const int error = meminfo_.read(scrape.buffer)) {
      sink.problem(Problem::io, meminfo_.name(), error);
      return false;
    }
    bool sound = true;
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      std::string_view line = platform::take(text, '\n');
      const auto key = platform::word(line);
      if (key != "MemTotal:" && key != "SwapTotal:") {
        continue;
      }
      const auto value = platform::number<std::uint64_t>(platform::word(line));
      if (value && *value < (std::uint64_t{1} << 53)) {
        sink.add(kMetrics[key == "MemTotal:" ? 3 : 4], *value * 1024, labels_);
      } else {
        sink.problem(Problem::parse, meminfo_.name());
        sound = false;
      }
    }
    return sound;
  }

  const platform::Host& host_;
  platform::KeptFile online_;
  platform::KeptFile meminfo_;
  LabelBlock labels_;
  LabelBlock version_;
  std::map<std::string, Modules> modules_;
  std::string online_text_;
  std::vector<std::uint32_t> cpus_;
  std::size_t core_count_ = 0;
  std::size_t socket_count_ = 0;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Machine>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.machine",
    .summary = "CPUs, memory and identity of the machine",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kCadvisorOptions,
    .make = make,
};

}  // namespace exporter::container::machine
