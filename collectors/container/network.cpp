// Interfaces inside a container's network namespace, and of the machine itself for "/".
//
// /proc/<pid>/net/dev of one process of the container (proc_pid_net(5)):
//   eth0: 10248 58 0 0 0 0 0 0 4136 47 0 0 0 0 0 0
// The file is opened and closed at each scrape: an open one would keep the namespace of a dead container alive.
// Each namespace is shown once, on the container that it belongs to: a pod's sandbox, the container that others joined,
// or "/" for the machine's own. Plain control groups have no network of their own.
#include <array>
#include <cerrno>

#include "collectors/container/processes.h"
#include "platform/host.h"

namespace exporter::container::network {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_network_receive_bytes_total", "Bytes received.", {"interface"}},
    {MetricType::counter, "container_network_receive_packets_total", "Packets received.", {"interface"}},
    {MetricType::counter, "container_network_receive_errors_total", "Bad packets received.", {"interface"}},
    {MetricType::counter,
     "container_network_receive_packets_dropped_total",
     "Packets dropped on receipt.",
     {"interface"}},
    {MetricType::counter, "container_network_transmit_bytes_total", "Bytes sent.", {"interface"}},
    {MetricType::counter, "container_network_transmit_packets_total", "Packets sent.", {"interface"}},
    {MetricType::counter, "container_network_transmit_errors_total", "Packets that could not be sent.", {"interface"}},
    {MetricType::counter,
     "container_network_transmit_packets_dropped_total",
     "Packets dropped on sending.",
     {"interface"}},
};
constexpr std::size_t kColumns = 16;
constexpr std::array<std::size_t, std::size(kMetrics)> kColumnOf = {0, 1, 2, 3, 8, 9, 10, 11};
constexpr std::array<std::string_view, 4> kIgnored = {"lo", "veth", "docker", "nerdctl"};

// By the beginning of the name in any case: the machine's end of a container's link says nothing new.
bool ignored(std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (const auto prefix : kIgnored) {
    std::size_t same = 0;
    while (same < prefix.size() && same < name.size() && lower(name[same]) == prefix[same]) {
      ++same;
    }
    if (same == prefix.size()) {
      return true;
    }
  }
  return false;
}

constexpr OptionDesc kOptions[] = {
    {"container.interface-include", OptionType::regex, "", "Interfaces that are shown."},
    {"container.interface-exclude", OptionType::regex, "", "Interfaces that are not shown."},
};

class Network final : public Collector {
 public:
  explicit Network(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        namespaces_(environment.shared.get<NetworkNamespaces>(environment)),
        filter_(filter_of(environment.options, "container.interface-")) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (const auto& [container, pid] : namespaces_.owners(scrape)) {
      interfaces(*container, pid, scrape, sink);
    }
    return Outcome::ok;
  }

 private:
  void interfaces(const Container& container, std::int32_t pid, const Scrape& scrape, Sink& sink) {
    if (const int error = inventory_.host().proc.read(ProcessPath(pid, "net/dev").text(), scrape.buffer)) {
      if (error != ENOENT && error != ESRCH && error != EINVAL) {
        sink.problem(error == EACCES ? Problem::denied : Problem::io, container.cgroup->path(), error);
      }
      return;
    }
    std::string_view text = scrape.buffer.text();
    platform::take(text, '\n');
    platform::take(text, '\n');
    while (!text.empty()) {
      if (!interface(container, platform::take(text, '\n'), sink)) {
        sink.problem(Problem::parse, container.cgroup->path());
      }
    }
  }

  bool interface(const Container& container, std::string_view line, Sink& sink) const {
    const auto colon = line.rfind(':');
    if (colon == std::string_view::npos) {
      return false;
    }
    const auto name = platform::trim(line.substr(0, colon));
    std::array<std::uint64_t, kColumns> values{};
    line.remove_prefix(colon + 1);
    for (auto& value : values) {
      const auto number = platform::number<std::uint64_t>(platform::word(line));
      if (!number) {
        return false;
      }
      value = *number;
    }
    if (!ignored(name) && filter_.keeps(name)) {
      for (std::size_t i = 0; i < kColumnOf.size(); ++i) {
        sink.add(kMetrics[i], values[kColumnOf[i]], container.labels, {name});
      }
    }
    return true;
  }

  Inventory& inventory_;
  NetworkNamespaces& namespaces_;
  platform::Filter filter_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Network>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.network",
    .summary = "network interfaces of containers",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::container::network
