// /sys/class/dmi/id: what the firmware says about the machine, one text a file
// (Documentation/ABI/testing/sysfs-class-dmi); serial numbers and the UUID are for root only. Does not change while the
// machine runs.
//   sys_vendor    Example Corp.
//   product_name  Server 2000
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::dmi {
namespace {

// Without label names: a label exists for what the firmware tells.
constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_dmi_info", "Always 1; the labels are what the firmware says about the machine."},
};

// The files, which are the names of the labels too but for sys_vendor.
constexpr const char* kFiles[] = {
    "bios_date",      "bios_release",   "bios_vendor",     "bios_version",    "board_asset_tag",
    "board_name",     "board_serial",   "board_vendor",    "board_version",   "chassis_asset_tag",
    "chassis_serial", "chassis_vendor", "chassis_version", "product_family",  "product_name",
    "product_serial", "product_sku",    "product_uuid",    "product_version", "sys_vendor",
};

class Dmi final : public Collector {
 public:
  explicit Dmi(const Environment& environment) {
    platform::Dir folder;
    if (environment.host.sys.open_dir("class/dmi/id", folder) != 0) {
      return;
    }
    platform::ReadBuffer buffer;
    for (const std::string_view file : kFiles) {
      const int error = folder.read(file.data(), buffer);
      if (error == 0) {
        labels_.append(file == "sys_vendor" ? "system_vendor" : file, platform::trim(buffer.text()));
      } else if (error != ENOENT && error != EACCES && error != EPERM) {
        unreadable_.emplace_back(file, error);
      }
    }
  }

  Outcome collect(const Scrape& /*scrape*/, Sink& sink) override {
    for (const auto& [file, error] : unreadable_) {
      sink.problem(Problem::io, file, error);
    }
    if (labels_.text().empty()) {
      return Outcome::no_data;
    }
    sink.add(kMetrics[0], 1, labels_);
    return Outcome::ok;
  }

 private:
  LabelBlock labels_;
  std::vector<std::pair<std::string_view, int>> unreadable_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Dmi>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "dmi",
    .summary = "what the firmware says about the machine from /sys/class/dmi/id",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::dmi
