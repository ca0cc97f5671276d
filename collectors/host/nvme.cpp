// /sys/class/nvme/nvme<N>/{cntlid,firmware_rev,model,serial,state}, one text a file, and its namespaces nvme<N>n<K>, or
// nvme<N>c<M>n<K> where the kernel joins several paths to one disk:
//   size                      976773168 (of 512 bytes, whatever the namespace's own block size)
//   nuse                      488281250 (of logical blocks; since Linux 6.8, and the kernel may ask the device)
//   queue/logical_block_size  4096
//   ana_state                 optimized
#include <optional>
#include <string>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/info_labels.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::nvme {
namespace {

enum Metric : std::size_t { info, namespace_info, capacity, size, used, block_size };

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_nvme_info",
     "Always 1; the labels describe the controller.",
     {"cntlid", "device", "firmware_revision", "model", "serial", "state"}},
    {MetricType::gauge,
     "node_nvme_namespace_info",
     "Always 1; the labels describe the namespace and this controller's access to it.",
     {"ana_state", "device", "nsid"}},
    {MetricType::gauge,
     "node_nvme_namespace_capacity_bytes",
     "Capacity of the namespace, the same as its size.",
     {"device", "nsid"}},
    {MetricType::gauge, "node_nvme_namespace_size_bytes", "Size of the namespace.", {"device", "nsid"}},
    {MetricType::gauge,
     "node_nvme_namespace_used_bytes",
     "Space of the namespace that the device has allocated.",
     {"device", "nsid"}},
    {MetricType::gauge,
     "node_nvme_namespace_logical_block_size_bytes",
     "Logical block size of the namespace.",
     {"device", "nsid"}},
};

constexpr const char* kControllerFiles[] = {"cntlid", "firmware_rev", "model", "serial", "state"};
constexpr std::size_t kControllerLabels[] = {0, 2, 3, 4, 5};  // of node_nvme_info
constexpr std::size_t kNameLabel = 1;

enum NamespaceFile : std::size_t { size_file, nuse_file, block_size_file, ana_state_file };
constexpr const char* kNamespaceFiles[] = {"size", "nuse", "queue/logical_block_size", "ana_state"};
enum NamespaceLabel : std::size_t { ana_state_label, device_label, nsid_label };

constexpr std::uint64_t kSectorBytes = 512;

// Cuts `letter` and the digits behind it from the start of `name`; the digits, or nothing when there are none.
std::string_view take_numbered(std::string_view& name, std::string_view letters) {
  if (!name.starts_with(letters)) {
    return {};
  }
  const auto rest = name.substr(letters.size());
  const auto digits = rest.substr(0, rest.find_first_not_of("0123456789"));
  if (!digits.empty()) {
    name.remove_prefix(letters.size() + digits.size());
  }
  return digits;
}

// The <K> of "nvme0n<K>" and of "nvme0c1n<K>"; empty for every other name.
std::string_view namespace_id(std::string_view name) {
  if (take_numbered(name, "nvme").empty()) {
    return {};
  }
  take_numbered(name, "c");
  const auto id = take_numbered(name, "n");
  return name.empty() ? id : std::string_view{};
}

bool is_namespace(std::string_view name) { return !namespace_id(name).empty(); }

struct Namespace {
  platform::Attributes attributes;
  InfoLabels info;
  LabelBlock labels;
};

struct Controller {
  platform::Attributes attributes;
  InfoLabels info;
  platform::Devices<Namespace> namespaces;
};

std::optional<std::uint64_t> read_number(Namespace& space, std::size_t file, platform::ReadBuffer& buffer, Sink& sink) {
  const auto text = attribute_text(space.attributes, file, buffer, sink);
  if (text.empty()) {
    return std::nullopt;
  }
  const auto value = platform::number<std::uint64_t>(text);
  if (!value) {
    sink.problem(Problem::parse, space.attributes.name(file));
  }
  return value;
}

void add_bytes(const MetricDesc& metric, std::optional<std::uint64_t> blocks, std::uint64_t block,
               const Namespace& space, Sink& sink) {
  std::uint64_t bytes = 0;
  if (!blocks) {
    return;
  }
  if (__builtin_mul_overflow(*blocks, block, &bytes)) {
    sink.problem(Problem::parse, metric.name);
    return;
  }
  sink.add(metric, bytes, space.labels);
}

void add_namespace(Namespace& space, platform::ReadBuffer& buffer, Sink& sink) {
  const auto state = attribute_text(space.attributes, ana_state_file, buffer, sink);
  space.info.set(ana_state_label, state.empty() ? "unknown" : state);
  sink.add(kMetrics[namespace_info], 1, space.info.block());
  const auto sectors = read_number(space, size_file, buffer, sink);
  add_bytes(kMetrics[capacity], sectors, kSectorBytes, space, sink);
  add_bytes(kMetrics[size], sectors, kSectorBytes, space, sink);
  const auto block = read_number(space, block_size_file, buffer, sink);
  if (!block) {
    return;
  }
  sink.add(kMetrics[block_size], *block, space.labels);
  add_bytes(kMetrics[used], read_number(space, nuse_file, buffer, sink), *block, space, sink);
}

class Nvme final : public Collector {
 public:
  explicit Nvme(const Environment& environment) : sys_(environment.host.sys), controllers_(sys_, kClass) {}

  bool nothing_to_read() override { return controllers_.none(); }
  Outcome outcome_of_nothing() override { return controllers_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      Controller controller{{std::move(folder), kControllerFiles, open_files_},
                            InfoLabels(kMetrics[info]),
                            {sys_, std::string(kClass) + '/' + std::string(name)}};
      controller.info.set(kNameLabel, name);
      return controller;
    };
    const int error = controllers_.each(make, [&](std::string_view name, Controller& controller) {
      add_controller(name, controller, scrape.buffer, sink);
    });
    return error == 0 ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  static constexpr const char* kClass = "class/nvme";

  void add_controller(std::string_view device, Controller& controller, platform::ReadBuffer& buffer, Sink& sink) {
    for (std::size_t i = 0; i < std::size(kControllerFiles); ++i) {
      controller.info.set(kControllerLabels[i], attribute_text(controller.attributes, i, buffer, sink));
    }
    sink.add(kMetrics[info], 1, controller.info.block());
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      const auto id = namespace_id(name);
      Namespace space{{std::move(folder), kNamespaceFiles, open_files_},
                      InfoLabels(kMetrics[namespace_info]),
                      {kMetrics[size], {device, id}}};
      space.info.set(device_label, device);
      space.info.set(nsid_label, id);
      return space;
    };
    // Of a controller that went away meanwhile there are no namespaces.
    (void)controller.namespaces.each(
        is_namespace, make, [&](std::string_view /*name*/, Namespace& space) { add_namespace(space, buffer, sink); });
  }

  const platform::Dir& sys_;
  platform::OpenFiles open_files_;
  platform::Devices<Controller> controllers_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Nvme>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "nvme",
    .summary = "NVMe controllers and their namespaces from /sys/class/nvme",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::nvme
