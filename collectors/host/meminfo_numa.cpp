// /sys/devices/system/node/node<N>/meminfo and numastat (drivers/base/node.c), the first as /proc/meminfo:
//   Node 0 Active(anon):     691324 kB          numa_hit 193460335812
//   Node 0 HugePages_Total:      0              numa_miss 12624528
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/attributes.h"
#include "platform/devices.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::meminfo_numa {
namespace {

constexpr const char* kFiles[] = {"meminfo", "numastat"};
enum File : std::size_t { meminfo, numastat };
constexpr std::string_view kFolder = "devices/system/node";
constexpr std::uint64_t kKibibyte = 1024;

// A node of the machine, and the families of its lines.
struct Node {
  platform::Attributes attributes;
  LabelBlock labels;
  const Sink* sink = nullptr;  // to which the families belong
  platform::RowCache<FamilyId> memory;
  platform::RowCache<FamilyId> counters;
};

FamilyId memory_family(Sink& sink, std::string_view field) {
  std::string plain(field);
  plain.erase(std::remove(plain.begin(), plain.end(), ')'), plain.end());
  std::string metric = "node_memory_numa_";
  append_sanitized_name(metric, plain);
  return sink.dynamic(MetricType::gauge, metric, "The field " + std::string(field) + " of the NUMA node's meminfo.");
}

FamilyId counter_family(Sink& sink, std::string_view field) {
  std::string metric = "node_memory_numa_";
  append_sanitized_name(metric, field);
  metric += "_total";
  return sink.dynamic(MetricType::counter, metric, "The counter " + std::string(field) + " of the NUMA node.");
}

bool is_node(std::string_view name) {
  constexpr std::string_view kPrefix = "node";
  return name.starts_with(kPrefix) && platform::number<unsigned>(name.substr(kPrefix.size()));
}

void add_memory(Node& node, std::string_view text, Sink& sink) {
  node.memory.start();
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    platform::word(line);  // "Node"
    platform::word(line);  // its number
    const auto field = platform::take(line, ':');
    auto value = platform::number<std::uint64_t>(platform::word(line));
    const auto unit = platform::word(line);
    const auto name = platform::trim(field);
    if (name.empty() || !value || !(unit.empty() || unit == "kB") ||
        (!unit.empty() && __builtin_mul_overflow(*value, kKibibyte, &*value))) {
      sink.problem(Problem::parse, kFiles[meminfo]);
      continue;
    }
    sink.add(node.memory.at(name, [&] { return memory_family(sink, name); }), *value, node.labels);
  }
  node.memory.finish();
}

void add_counters(Node& node, std::string_view text, Sink& sink) {
  node.counters.start();
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    const auto name = platform::word(line);
    const auto value = platform::number<std::uint64_t>(platform::word(line));
    if (!value) {
      sink.problem(Problem::parse, kFiles[numastat]);
      continue;
    }
    sink.add(node.counters.at(name, [&] { return counter_family(sink, name); }), *value, node.labels);
  }
  node.counters.finish();
}

class MeminfoNuma final : public Collector {
 public:
  explicit MeminfoNuma(const Environment& environment) : nodes_(environment.host.sys, std::string(kFolder)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool any = false;
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      Node node{{std::move(folder), kFiles, open_files_}, {}, nullptr, {}, {}};
      node.labels.append("node", name.substr(name.find_first_of("0123456789")));
      return node;
    };
    const int error = nodes_.each(is_node, make, [&](std::string_view, Node& node) {
      any = true;
      if (node.sink != &sink) {
        node.sink = &sink;
        node.memory.clear();
        node.counters.clear();
      }
      if (read(node, meminfo, scrape, sink)) {
        add_memory(node, scrape.buffer.text(), sink);
      }
      if (read(node, numastat, scrape, sink)) {
        add_counters(node, scrape.buffer.text(), sink);
      }
    });
    if (error != 0) {
      return unreadable(sink, kFolder, error);
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  static bool read(Node& node, File file, const Scrape& scrape, Sink& sink) {
    const int error = node.attributes.read(file, scrape.buffer);
    if (error != 0) {
      attribute_unreadable(sink, kFiles[file], error);
    }
    return error == 0;
  }

  platform::OpenFiles open_files_;
  platform::Devices<Node> nodes_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<MeminfoNuma>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "meminfo_numa",
    .summary = "memory by NUMA node from /sys/devices/system/node",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = {},
    .options = {},
    .make = make,
};

}  // namespace exporter::host::meminfo_numa
