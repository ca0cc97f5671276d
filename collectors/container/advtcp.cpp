// TCP's counters inside a container's network namespace.
//
// /proc/<pid>/net/netstat, the lines TcpExt, and /proc/<pid>/net/snmp, the lines Tcp: names and values in pairs of
// lines (proc_net(5)): "Tcp: RtoAlgorithm RtoMin ...\nTcp: 1 200 ...". cAdvisor knows 99 of the fields and shows 0 for
// those that a kernel does not have; here are the kernel's. Namespaces are shown once, as in the network collector.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "collectors/container/processes.h"
#include "platform/host.h"

namespace exporter::container::advtcp {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "container_network_advance_tcp_stats_total",
     "Counters of TCP, by the kernel's name of each.",
     {"tcp_state"},
     Naming::legacy},
};

// The names of a line change with the kernel only.
struct Table {
  const char* file;
  std::string_view protocol;  // with the colon
  std::string heading = {};
  std::vector<std::string> names = {};
};

void note_names(Table& table, std::string_view heading) {
  table.heading = heading;
  table.names.clear();
  platform::word(heading);
  for (auto name = platform::word(heading); !name.empty(); name = platform::word(heading)) {
    std::string& lower = table.names.emplace_back(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  }
}

class AdvTcp final : public Collector {
 public:
  explicit AdvTcp(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        namespaces_(environment.shared.get<NetworkNamespaces>(environment)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (const auto& [container, pid] : namespaces_.owners(scrape)) {
      for (Table& table : tables_) {
        if (inventory_.host().proc.read(ProcessPath(pid, table.file).text(), scrape.buffer) == 0 &&
            !write(table, *container, scrape.buffer.text(), sink)) {
          sink.problem(Problem::parse, table.file);
        }
      }
    }
    return Outcome::ok;
  }

 private:
  static bool write(Table& table, const Container& container, std::string_view text, Sink& sink) {
    std::string_view heading;
    while (!text.empty()) {
      std::string_view line = platform::take(text, '\n');
      if (!line.starts_with(table.protocol)) {
        continue;
      }
      if (heading.empty()) {
        heading = line;
        continue;
      }
      if (heading != table.heading) {
        note_names(table, heading);
      }
      platform::word(line);
      for (const auto& name : table.names) {
        const auto word = platform::word(line);
        if (const auto value = platform::number<std::uint64_t>(word)) {
          sink.add(kMetrics[0], *value, container.labels, {name});
        } else if (const auto negative = platform::number<std::int64_t>(word)) {  // MaxConn is -1
          sink.add(kMetrics[0], *negative, container.labels, {name});
        } else {
          return false;
        }
      }
      return platform::word(line).empty();
    }
    return heading.empty();
  }

  Inventory& inventory_;
  NetworkNamespaces& namespaces_;
  std::array<Table, 2> tables_{{{"net/netstat", "TcpExt:"}, {"net/snmp", "Tcp:"}}};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<AdvTcp>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.advtcp",
    .summary = "counters of TCP in containers",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::advtcp
