// CPUs, caches, memory and huge pages by memory node, and how far the nodes are from each other.
//
// /sys/devices/system/node/node<n>/: cpulist "0-3", meminfo "Node 0 MemTotal: 24684 kB", distance "10 20",
// hugepages/hugepages-2048kB/nr_hugepages "0"; /sys/devices/system/cpu/cpu<n>/topology/{core_id,physical_package_id}
// and cache/index<k>/{size "48K",type "Data",level "1",shared_cpu_list "0,2"} (sysfs-devices-system-cpu). A machine
// without nodes is one node 0.
//
// Read when the CPUs that are online change, memory and huge pages at every scrape. A cache is shown once, on the
// lowest CPU that shares it; one from the third level on that all CPUs of the node share has no core_id.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "collectors/container/cpu_list.h"
#include "collectors/container/machine_identity.h"
#include "exporter/collector.h"
#include "platform/host.h"

namespace exporter::container::cpu_topology {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "machine_cpu_cache_capacity_bytes",
     "Size of a cache.",
     {"node_id", "core_id", "type", "level"}},
    {MetricType::gauge, "machine_thread_siblings_count", "CPUs of the same core.", {"node_id", "core_id", "thread_id"}},
    {MetricType::gauge, "machine_node_memory_capacity_bytes", "Memory of a node.", {"node_id"}},
    {MetricType::gauge, "machine_node_hugepages_count", "Huge pages of a node.", {"node_id", "page_size"}},
    {MetricType::gauge,
     "machine_node_distance",
     "Distance between memory nodes; 10 to itself.",
     {"node_id", "target_node_id"}},
};

struct Cpu {
  std::uint32_t number;
  std::string node;
  std::string core;
  std::string socket;
};
struct Cache {
  std::string node;
  std::string core;  // empty: of the whole node
  std::string type;
  std::string level;
  std::uint64_t bytes;
};
struct HugePages {
  std::string size;  // in kB
  std::string file;
};
struct Node {
  std::string number;
  std::vector<std::uint32_t> cpus;
  std::vector<HugePages> pages;
  std::string meminfo;
  std::string distance;
};

// "48K", "2M".
std::optional<std::uint64_t> cache_bytes(std::string_view text) {
  const std::uint64_t unit = text.ends_with('K') ? 1024 : text.ends_with('M') ? 1024 * 1024 : 1;
  text.remove_suffix(unit == 1 ? 0 : 1);
  const auto value = platform::number<std::uint32_t>(text);
  return value ? std::optional(*value * unit) : std::nullopt;
}

class CpuTopology final : public Collector {
 public:
  explicit CpuTopology(const Environment& environment)
      : sys_(environment.host.sys), online_(sys_, "devices/system/cpu/online") {
    append_identity(environment, labels_);
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = online_.read_once(scrape.buffer)) {
      sink.problem(Problem::io, online_.name(), error);
      return Outcome::no_data;
    }
    if (scrape.buffer.text() != online_text_ || nodes_.empty()) {
      online_text_ = scrape.buffer.text();
      look(scrape.buffer, sink);
    }
    write_cpus(sink);
    for (const Node& node : nodes_) {
      write_node(node, scrape, sink);
    }
    return Outcome::ok;
  }

 private:
  void look(platform::ReadBuffer& buffer, Sink& sink) {
    nodes_.clear();
    cpus_.clear();
    caches_.clear();
    std::vector<std::string> names;
    sys_.list("devices/system/node", names);
    for (const auto& name : names) {
      if (name.starts_with("node") && platform::number<std::uint32_t>(std::string_view(name).substr(4))) {
        add_node(name.substr(4), "devices/system/node/" + name + "/", buffer, sink);
      }
    }
    if (nodes_.empty()) {
      nodes_.push_back({.number = "0", .cpus = {}, .pages = {}, .meminfo = {}, .distance = {}});
      each_listed(platform::trim(online_text_), [&](std::uint32_t cpu) { nodes_[0].cpus.push_back(cpu); });
    }
    std::sort(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) {
      return a.number.size() != b.number.size() ? a.number.size() < b.number.size() : a.number < b.number;
    });
    for (const Node& node : nodes_) {
      for (const std::uint32_t cpu : node.cpus) {
        const std::string place = "devices/system/cpu/cpu" + std::to_string(cpu) + "/";
        const auto read = [&](const char* name) { return first_line(sys_, (place + name).c_str(), buffer); };
        const std::string core = read("topology/core_id");
        if (!core.empty()) {
          cpus_.push_back({cpu, node.number, core, read("topology/physical_package_id")});
        }
        add_caches(node, cpu, core, place + "cache", buffer);
      }
    }
  }

  void add_node(std::string number, const std::string& place, platform::ReadBuffer& buffer, Sink& sink) {
    Node node{std::move(number), {}, {}, place + "meminfo", place + "distance"};
    if (!each_listed(first_line(sys_, (place + "cpulist").c_str(), buffer),
                     [&](std::uint32_t cpu) { node.cpus.push_back(cpu); })) {
      sink.problem(Problem::parse, place + "cpulist");
      node.cpus.clear();
    }
    std::vector<std::string> sizes;
    sys_.list((place + "hugepages").c_str(), sizes);
    std::sort(sizes.begin(), sizes.end());
    for (const auto& name : sizes) {
      if (name.starts_with("hugepages-") && name.ends_with("kB")) {
        std::string file = place;
        file.append("hugepages/").append(name).append("/nr_hugepages");
        node.pages.push_back({name.substr(10, name.size() - 12), std::move(file)});
      }
    }
    nodes_.push_back(std::move(node));
  }

  void add_caches(const Node& node, std::uint32_t cpu, const std::string& core, const std::string& place,
                  platform::ReadBuffer& buffer) {
    std::vector<std::string> names;
    sys_.list(place.c_str(), names);
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
      if (!name.starts_with("index")) {
        continue;
      }
      const auto read = [&](const char* file) {
        path_.assign(place).append("/").append(name).append(file);
        return first_line(sys_, path_.c_str(), buffer);
      };
      const auto bytes = cache_bytes(read("/size"));
      std::set<std::uint32_t> sharing;
      const bool listed = each_listed(read("/shared_cpu_list"), [&](std::uint32_t other) { sharing.insert(other); });
      if (!bytes || !listed || (!sharing.empty() && *sharing.begin() != cpu)) {
        continue;  // another CPU shows it
      }
      const std::string level = read("/level");
      const bool whole_node = level > "2" && std::all_of(node.cpus.begin(), node.cpus.end(), [&](std::uint32_t other) {
                                return sharing.count(other) == 1;
                              });
      Cache cache{node.number, whole_node ? "" : core, read("/type"), level, *bytes};
      // Sockets that are one node may number their cores alike.
      const bool known = std::any_of(caches_.begin(), caches_.end(), [&](const Cache& other) {
        return other.node == cache.node && other.core == cache.core && other.type == cache.type &&
               other.level == cache.level;
      });
      if (!known) {
        caches_.push_back(std::move(cache));
      }
    }
  }

  void write_cpus(Sink& sink) {
    for (const Cpu& cpu : cpus_) {
      const auto siblings = std::count_if(cpus_.begin(), cpus_.end(), [&](const Cpu& other) {
        return other.core == cpu.core && other.socket == cpu.socket;
      });
      char number[16];
      char* const end = std::to_chars(number, number + sizeof number, cpu.number).ptr;
      sink.add(kMetrics[1], siblings, labels_,
               {cpu.node, cpu.core, std::string_view(number, static_cast<std::size_t>(end - number))});
    }
    for (const Cache& cache : caches_) {
      sink.add(kMetrics[0], cache.bytes, labels_, {cache.node, cache.core, cache.type, cache.level});
    }
  }

  void write_node(const Node& node, const Scrape& scrape, Sink& sink) const {
    if (!node.meminfo.empty() && sys_.read(node.meminfo.c_str(), scrape.buffer) == 0) {
      for (std::string_view text = scrape.buffer.text(); !text.empty();) {
        std::string_view line = platform::take(text, '\n');
        const auto at = line.find("MemTotal:");
        if (at == std::string_view::npos) {
          continue;
        }
        line.remove_prefix(at + 9);
        const auto value = platform::number<std::uint64_t>(platform::word(line));
        if (value && *value < (std::uint64_t{1} << 53)) {
          sink.add(kMetrics[2], *value * 1024, labels_, {node.number});
        } else {
          sink.problem(Problem::parse, node.meminfo);
        }
      }
    }
    for (const HugePages& pages : node.pages) {
      if (sys_.read(pages.file.c_str(), scrape.buffer) != 0) {
        continue;
      }
      if (const auto count = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()))) {
        sink.add(kMetrics[3], *count, labels_, {node.number, pages.size});
      } else {
        sink.problem(Problem::parse, pages.file);
      }
    }
    if (!node.distance.empty() && sys_.read(node.distance.c_str(), scrape.buffer) == 0) {
      std::string_view text = scrape.buffer.text();
      for (const Node& target : nodes_) {  // a column for each node that is online, in their order
        const auto word = platform::word(text);
        if (const auto value = platform::number<std::uint32_t>(word)) {
          sink.add(kMetrics[4], *value, labels_, {node.number, target.number});
        } else {
          sink.problem(Problem::parse, node.distance);
          break;
        }
      }
    }
  }

  const platform::Dir& sys_;
  platform::KeptFile online_;
  LabelBlock labels_;
  std::string online_text_;
  std::vector<Node> nodes_;
  std::vector<Cpu> cpus_;
  std::vector<Cache> caches_;
  std::string path_;  // scratch
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<CpuTopology>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.cpu_topology",
    .summary = "cores, caches, memory and distances of the machine's memory nodes",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::cpu_topology
