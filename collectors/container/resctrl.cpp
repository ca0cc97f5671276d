// Memory bandwidth and cache that the CPU itself counts, by monitoring groups (Documentation/arch/x86/resctrl.rst).
//
// /sys/fs/resctrl/mon_data/mon_L3_00/{llc_occupancy,mbm_total_bytes,mbm_local_bytes}, "1234" or "Unavailable", of all
// tasks for "/"; of a container from a group that has the container's id in its name, as runtimes and cAdvisor make
// them: /sys/fs/resctrl/<group>/mon_data, /sys/fs/resctrl/mon_groups/<group>/mon_data. cAdvisor makes such groups
// itself and moves tasks into them; this program changes nothing on the machine.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "collectors/container/inventory.h"
#include "platform/dir_names.h"
#include "platform/host.h"

namespace exporter::container::resctrl {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_memory_bandwidth_bytes", "Octets moved to and from memory.", {"node_id"}},
    {MetricType::gauge, "container_memory_bandwidth_local_bytes", "The same, of this node's memory.", {"node_id"}},
    {MetricType::gauge, "container_llc_occupancy_bytes", "Octets held in the last level's cache.", {"node_id"}},
};
constexpr std::array<std::string_view, std::size(kMetrics)> kFiles = {"/mbm_total_bytes", "/mbm_local_bytes",
                                                                      "/llc_occupancy"};
constexpr const char* kRoot = "fs/resctrl";
constexpr std::string_view kDomain = "mon_L3_";

class Resctrl final : public Collector {
 public:
  explicit Resctrl(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)), sys_(environment.host.sys) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink) || !sys_.exists("fs/resctrl/mon_data")) {
      return Outcome::no_data;  // not mounted, or a CPU that does not count
    }
    find_groups();
    for (const Container* const container : inventory_.usage()) {
      if (container->is_root()) {
        group(kRoot, *container, scrape, sink);
      } else if (container->is_container()) {
        for (const std::string& place : groups_) {
          if (place.find(container->runtime_id) != std::string::npos) {
            group(place, *container, scrape, sink);
            break;
          }
        }
      }
    }
    return Outcome::ok;
  }

 private:
  void find_groups() {
    std::size_t count = 0;
    for (const char* const folder : {"fs/resctrl", "fs/resctrl/mon_groups"}) {
      platform::Dir dir;
      if (sys_.open_dir(folder, dir) != 0 || names_.read(dir) != 0) {
        continue;
      }
      for (const auto& entry : names_.entries()) {
        if (entry.name.size() < 64) {  // no container's id fits
          continue;
        }
        if (count == groups_.size()) {
          groups_.emplace_back();
        }
        groups_[count++].assign(folder).append("/").append(entry.name);
      }
    }
    groups_.resize(count);
  }

  void group(std::string_view place, const Container& container, const Scrape& scrape, Sink& sink) {
    path_.assign(place).append("/mon_data");
    platform::Dir dir;
    if (sys_.open_dir(path_.c_str(), dir) != 0 || names_.read(dir) != 0) {
      return;
    }
    for (const auto& entry : names_.entries()) {
      if (!entry.name.starts_with(kDomain)) {
        continue;
      }
      std::string_view node = entry.name.substr(kDomain.size());
      while (node.size() > 1 && node.front() == '0') {
        node.remove_prefix(1);
      }
      for (std::size_t i = 0; i < kFiles.size(); ++i) {
        path_.assign(entry.name).append(kFiles[i]);
        if (dir.read(path_.c_str(), scrape.buffer) != 0) {
          continue;  // a CPU that counts other things only
        }
        const auto text = platform::trim(scrape.buffer.text());
        if (const auto value = platform::number<std::uint64_t>(text)) {
          sink.add(kMetrics[i], *value, container.labels, {node});
        } else if (text != "Unavailable" && text != "Error") {  // the hardware's own words for "not now"
          sink.problem(Problem::parse, path_);
        }
      }
    }
  }

  Inventory& inventory_;
  const platform::Dir& sys_;
  platform::DirNames names_;
  std::vector<std::string> groups_;
  std::string path_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Resctrl>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.resctrl",
    .summary = "memory bandwidth and cache occupancy by resctrl",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::resctrl
