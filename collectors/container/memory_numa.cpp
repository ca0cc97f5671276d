// Memory of control groups by memory node, in pages.
//
// Version 1, memory.numa_stat, in pages: "file=12 N0=8 N1=4\nanon=...\nunevictable=...\nhierarchical_file=12 N0=8 N1=4"
// (memory.rst). Version 2, memory.numa_stat, in bytes and with the groups below: "anon N0=4096 N1=0\nfile N0=8192 ..."
// (cgroup-v2.rst); cAdvisor does not read it. The group without those below is known there only where none is below.
#include <algorithm>
#include <array>

#include "collectors/container/inventory.h"
#include "platform/host.h"

namespace exporter::container::memory_numa {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "container_memory_numa_pages",
     "Pages of memory by node, of the group itself and with those below it.",
     {"type", "scope", "node"}},
};
constexpr std::array<std::string_view, 3> kTypes = {"file", "anon", "unevictable"};

class MemoryNuma final : public Collector {
 public:
  explicit MemoryNuma(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        page_(static_cast<std::uint64_t>(environment.host.page)),
        v2_(inventory_.tree().v2(Inventory::Controller::memory)),
        file_(inventory_.tree().file(Inventory::Controller::memory, "memory.numa_stat", Inventory::Reading::whole)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    bool any = false;
    for (Container* const container : inventory_.usage()) {
      if (!inventory_.read(*container, file_, scrape, sink)) {
        continue;
      }
      any = true;
      for (std::string_view text = scrape.buffer.text(); !text.empty();) {
        if (!line(*container, platform::take(text, '\n'), sink)) {
          sink.problem(Problem::parse, container->cgroup->path());
        }
      }
    }
    return any ? Outcome::ok : Outcome::no_data;  // a kernel without nodes has no such file
  }

 private:
  bool line(const Container& container, std::string_view text, Sink& sink) const {
    constexpr std::string_view kSubtree = "hierarchical_";
    std::string_view rest = platform::word(text);
    std::string_view type = platform::take(rest, '=');
    const bool subtree = v2_ || type.starts_with(kSubtree);
    type.remove_prefix(type.starts_with(kSubtree) ? kSubtree.size() : 0);
    const bool wanted = std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
    bool sound = true;
    for (auto word = platform::word(text); wanted && !word.empty(); word = platform::word(text)) {
      const auto node = platform::take(word, '=');
      const auto value = platform::number<std::uint64_t>(word);
      if (!value || node.size() < 2 || node[0] != 'N') {
        sound = false;
        continue;
      }
      const std::uint64_t pages = v2_ ? *value / page_ : *value;
      if (!subtree || (v2_ && container.cgroup->leaf())) {
        sink.add(kMetrics[0], pages, container.labels, {type, "container", node.substr(1)});
      }
      if (subtree) {
        sink.add(kMetrics[0], pages, container.labels, {type, "hierarchy", node.substr(1)});
      }
    }
    return sound;
  }

  Inventory& inventory_;
  std::uint64_t page_;
  bool v2_;
  Inventory::FileId file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<MemoryNuma>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.memory_numa",
    .summary = "memory per control group and memory node",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::memory_numa
