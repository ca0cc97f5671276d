// Huge pages in use per control group and page size.
//
// Version 1: hugetlb.2MB.usage_in_bytes, .max_usage_in_bytes, .failcnt, each also as hugetlb.2MB.rsvd.*, which counts
// what is reserved and comes first, as with cAdvisor. Version 2: hugetlb.2MB.current or .rsvd.current, and
// hugetlb.2MB.events "max 0"; there is no maximum (hugetlb.rst, cgroup-v2.rst). Page sizes are those of the machine:
// /sys/kernel/mm/hugepages/hugepages-2048kB.
#include <string>
#include <vector>

#include "collectors/container/inventory.h"
#include "platform/host.h"

namespace exporter::container::hugetlb {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "container_hugetlb_failcnt",
     "Times the limit of huge pages was reached.",
     {"pagesize"},
     Naming::legacy},
    {MetricType::gauge, "container_hugetlb_usage_bytes", "Huge pages in use, or reserved.", {"pagesize"}},
    {MetricType::gauge, "container_hugetlb_max_usage_bytes", "Most huge pages in use, or reserved.", {"pagesize"}},
};

// "2MB" of "hugepages-2048kB", as the controller names it; empty for another name.
std::string size_name(std::string_view folder) {
  constexpr std::string_view kBegin = "hugepages-";
  constexpr std::string_view kEnd = "kB";
  if (!folder.starts_with(kBegin) || !folder.ends_with(kEnd)) {
    return {};
  }
  folder.remove_prefix(kBegin.size());
  folder.remove_suffix(kEnd.size());
  const auto kilobytes = platform::number<std::uint64_t>(folder);
  if (!kilobytes || *kilobytes == 0) {
    return {};
  }
  std::uint64_t size = *kilobytes;
  std::size_t unit = 0;
  for (; unit < 2 && size % 1024 == 0; ++unit) {
    size /= 1024;
  }
  static constexpr const char* kUnits[] = {"KB", "MB", "GB"};
  return std::to_string(size) + kUnits[unit];
}

class Hugetlb final : public Collector {
 public:
  explicit Hugetlb(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        v2_(inventory_.tree().v2(Inventory::Controller::hugetlb)) {
    std::vector<std::string> folders;
    environment.host.sys.list("kernel/mm/hugepages", folders);
    auto& tree = inventory_.tree();
    for (const auto& folder : folders) {
      Size size;
      size.name = size_name(folder);
      if (size.name.empty() || !tree.has(Inventory::Controller::hugetlb)) {
        continue;
      }
      const auto file = [&](bool reserved, const char* what) {
        return tree.file(Inventory::Controller::hugetlb, "hugetlb." + size.name + (reserved ? ".rsvd." : ".") + what);
      };
      for (const bool reserved : {true, false}) {
        auto& files = size.files[reserved ? 0 : 1];
        files.usage = file(reserved, v2_ ? "current" : "usage_in_bytes");
        if (!v2_) {
          files.most = file(reserved, "max_usage_in_bytes");
          files.failures = file(reserved, "failcnt");
        }
      }
      size.events = v2_ ? file(false, "events") : 0;
      sizes_.push_back(std::move(size));
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink) || sizes_.empty()) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      for (const Size& size : sizes_) {
        for (const Files& files : size.files) {
          if (pages(*container, size, files, scrape, sink)) {
            break;
          }
        }
        if (v2_) {
          events(*container, size, scrape, sink);
        }
      }
    }
    return Outcome::ok;
  }

 private:
  struct Files {
    Inventory::FileId usage = 0;
    Inventory::FileId most = 0;
    Inventory::FileId failures = 0;
  };
  struct Size {
    std::string name;
    Files files[2];  // reservations first
    Inventory::FileId events = 0;
  };

  // False when the group has no such files.
  bool pages(Container& container, const Size& size, const Files& files, const Scrape& scrape, Sink& sink) {
    const auto& [failcnt, usage, most] = kMetrics;
    const auto now = inventory_.read_number(container, files.usage, scrape, sink);
    if (!now) {
      return false;
    }
    sink.add(usage, *now, container.labels, {size.name});
    if (v2_) {
      return true;
    }
    if (const auto value = inventory_.read_number(container, files.most, scrape, sink)) {
      sink.add(most, *value, container.labels, {size.name});
    }
    if (const auto value = inventory_.read_number(container, files.failures, scrape, sink)) {
      sink.add(failcnt, *value, container.labels, {size.name});
    }
    return true;
  }

  void events(Container& container, const Size& size, const Scrape& scrape, Sink& sink) {
    if (!inventory_.read(container, size.events, scrape, sink)) {
      return;
    }
    const bool sound = each_flat_line(scrape.buffer.text(), [&](std::string_view key, std::uint64_t value) {
      if (key == "max") {
        sink.add(kMetrics[0], value, container.labels, {size.name});
      }
    });
    if (!sound) {
      sink.problem(Problem::parse, container.cgroup->path());
    }
  }

  Inventory& inventory_;
  bool v2_;
  std::vector<Size> sizes_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Hugetlb>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.hugetlb",
    .summary = "huge pages per control group",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::hugetlb
