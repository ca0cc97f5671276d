// /sys/class/nvme-subsystem/nvme-subsys<N>/{subsysnqn,model,serial,iopolicy}, one text a file. In the same folder are
// the subsystem's controllers nvme<N>, each a path to it, with files of their own, and its namespaces nvme<N>n<K>:
//   nvme0/state      live
//   nvme0/transport  tcp
#include <array>
#include <string>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/info_labels.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::nvmesubsystem {
namespace {

enum Metric : std::size_t { info, namespace_info, paths, paths_live, path_state };

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_nvmesubsystem_info",
     "Always 1; the labels describe the NVMe subsystem.",
     {"iopolicy", "model", "nqn", "serial", "subsystem"}},
    {MetricType::gauge,
     "node_nvmesubsystem_namespace_info",
     "Always 1; the block device of a namespace of the subsystem.",
     {"device", "subsystem"}},
    {MetricType::gauge, "node_nvmesubsystem_paths", "Controllers that lead to the subsystem.", {"subsystem"}},
    {MetricType::gauge, "node_nvmesubsystem_paths_live", "Controllers of the subsystem that are live.", {"subsystem"}},
    {MetricType::gauge,
     "node_nvmesubsystem_path_state",
     "1 for the state that the controller is in.",
     {"state"}},  // behind the labels of the path
};

constexpr const char* kSubsystemFiles[] = {"iopolicy", "model", "subsysnqn", "serial"};  // as the labels of its info
constexpr std::size_t kNameLabel = 4;
enum PathFile : std::size_t { state_file, transport_file };
constexpr const char* kPathFiles[] = {"state", "transport"};

enum State : std::size_t { connecting, dead, deleting, live, fresh, resetting, unknown };
constexpr std::string_view kStates[] = {"connecting", "dead", "deleting", "live", "new", "resetting", "unknown"};

State state_of(std::string_view text) {
  if (text == "deleting (no IO)") {
    return deleting;
  }
  for (std::size_t i = 0; i < unknown; ++i) {
    if (text == kStates[i]) {
      return static_cast<State>(i);
    }
  }
  return unknown;
}

// Cuts a run of digits from the start of `text`. False when there is none.
bool skip_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end != 0;
}

enum class Kind { path, space, other };

// "nvme0" is a path, "nvme0n1" a namespace; "nvme0c0n1" is one of its paths and no device of its own.
Kind kind_of(std::string_view name) {
  if (!name.starts_with("nvme")) {
    return Kind::other;
  }
  name.remove_prefix(4);
  if (!skip_digits(name)) {
    return Kind::other;
  }
  if (name.empty()) {
    return Kind::path;
  }
  if (name.front() != 'n') {
    return Kind::other;
  }
  name.remove_prefix(1);
  return skip_digits(name) && name.empty() ? Kind::space : Kind::other;
}

struct Path {
  platform::Attributes attributes;
  std::string transport;
  LabelBlock labels;
};

struct Subsystem {
  platform::Attributes attributes;
  InfoLabels info;
  LabelBlock labels;
  platform::Devices<Path> paths;
};

class Nvmesubsystem final : public Collector {
 public:
  explicit Nvmesubsystem(const Environment& environment) : sys_(environment.host.sys), subsystems_(sys_, kClass) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      Subsystem subsystem{{std::move(folder), kSubsystemFiles, open_files_},
                          InfoLabels(kMetrics[info]),
                          {kMetrics[paths], {name}},
                          {sys_, std::string(kClass) + '/' + std::string(name)}};
      subsystem.info.set(kNameLabel, name);
      return subsystem;
    };
    const auto wanted = [](std::string_view name) { return name.starts_with("nvme-subsys"); };
    const int error = subsystems_.each(wanted, make, [&](std::string_view name, Subsystem& subsystem) {
      add_subsystem(name, subsystem, scrape.buffer, sink);
    });
    return error == 0 ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  static constexpr const char* kClass = "class/nvme-subsystem";

  void add_subsystem(std::string_view name, Subsystem& subsystem, platform::ReadBuffer& buffer, Sink& sink) {
    for (std::size_t i = 0; i < std::size(kSubsystemFiles); ++i) {
      subsystem.info.set(i, attribute_text(subsystem.attributes, i, buffer, sink));
    }
    sink.add(kMetrics[info], 1, subsystem.info.block());
    // One walk sees both kinds: namespaces are shown as they pass.
    const auto is_path = [&](std::string_view entry) {
      const Kind kind = kind_of(entry);
      if (kind == Kind::space) {
        sink.add(kMetrics[namespace_info], 1, {entry, name});
      }
      return kind == Kind::path;
    };
    const auto make = [&](std::string_view, platform::Dir&& folder) {
      return Path{{std::move(folder), kPathFiles, open_files_}, {}, {}};
    };
    std::size_t count = 0;
    std::size_t alive = 0;
    const int error = subsystem.paths.each(is_path, make, [&](std::string_view controller, Path& path) {
      const State state = add_path(name, controller, path, buffer, sink);
      ++count;
      alive += state == live ? 1 : 0;
    });
    if (error != 0) {
      attribute_unreadable(sink, kClass, error);
      return;
    }
    sink.add(kMetrics[paths], count, subsystem.labels);
    sink.add(kMetrics[paths_live], alive, subsystem.labels);
  }

  static State add_path(std::string_view subsystem, std::string_view controller, Path& path,
                        platform::ReadBuffer& buffer, Sink& sink) {
    const auto transport = attribute_text(path.attributes, transport_file, buffer, sink);
    if (path.labels.text().empty() || path.transport != transport) {
      path.transport = transport;
      const Label labels[] = {{"controller", controller}, {"subsystem", subsystem}, {"transport", transport}};
      path.labels = LabelBlock(labels);
    }
    const State state = state_of(attribute_text(path.attributes, state_file, buffer, sink));
    for (std::size_t i = 0; i < std::size(kStates); ++i) {
      sink.add(kMetrics[path_state], i == state ? 1 : 0, path.labels, {kStates[i]});
    }
    return state;
  }

  const platform::Dir& sys_;
  platform::OpenFiles open_files_;
  platform::Devices<Subsystem> subsystems_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Nvmesubsystem>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "nvmesubsystem",
    .summary = "NVMe subsystems and the paths to them from /sys/class/nvme-subsystem",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::nvmesubsystem
