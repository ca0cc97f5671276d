// /sys/class/scsi_tape/st<N>/stats: what the SCSI tape driver counts, one value a file, times in nanoseconds
// (Documentation/scsi/st.rst):
//   read_byte_cnt 979383912
//   io_ns         9247011087720
#include <array>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::tapestats {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_tape_io_now", "Requests under way.", {"device"}},
    {MetricType::counter, "node_tape_io_others_total", "Requests other than reads and writes.", {"device"}},
    {MetricType::counter, "node_tape_io_time_seconds_total", "Time spent on all requests.", {"device"}},
    {MetricType::counter, "node_tape_read_bytes_total", "Bytes read.", {"device"}},
    {MetricType::counter, "node_tape_read_time_seconds_total", "Time spent on reads.", {"device"}},
    {MetricType::counter, "node_tape_reads_completed_total", "Reads completed.", {"device"}},
    {MetricType::counter, "node_tape_residual_total", "Reads and writes that moved less than was asked.", {"device"}},
    {MetricType::counter, "node_tape_write_time_seconds_total", "Time spent on writes.", {"device"}},
    {MetricType::counter, "node_tape_writes_completed_total", "Writes completed.", {"device"}},
    {MetricType::counter, "node_tape_written_bytes_total", "Bytes written.", {"device"}},
};

// The file and the scale of each metric.
constexpr const char* kFiles[] = {
    "stats/in_flight", "stats/other_cnt", "stats/io_ns",    "stats/read_byte_cnt", "stats/read_ns",
    "stats/read_cnt",  "stats/resid_cnt", "stats/write_ns", "stats/write_cnt",     "stats/write_byte_cnt",
};
constexpr std::array<double, std::size(kMetrics)> kScales = {1, 1, 1e-9, 1, 1e-9, 1, 1, 1e-9, 1, 1};
static_assert(std::size(kFiles) == std::size(kMetrics));

constexpr OptionDesc kOptions[] = {
    {"collector.tapestats.ignored-devices", OptionType::regex, "^$", "Tape devices to leave out."},
};

// "st0", not "nst0" or "st0a": the other names are the same drive in other modes.
bool tape_drive(std::string_view name) {
  return name.size() > 2 && name.starts_with("st") && name.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

struct Drive {
  platform::Attributes attributes;
  LabelBlock labels;
  bool ignored;
};

class Tapestats final : public Collector {
 public:
  explicit Tapestats(const Environment& environment)
      : ignored_(filter_from({}, environment.options.text("collector.tapestats.ignored-devices"))),
        drives_(environment.host.sys, "class/scsi_tape") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      return Drive{{std::move(folder), kFiles, open_files_}, {kMetrics[0], {name}}, !ignored_.keeps(name)};
    };
    const int error = drives_.each(tape_drive, make, [&](std::string_view, Drive& drive) {
      for (std::size_t i = 0; i < std::size(kMetrics) && !drive.ignored; ++i) {
        add_attribute<std::uint64_t>(kMetrics[i], drive.attributes, i, drive.labels, scrape.buffer, sink, kScales[i]);
      }
    });
    return error == 0 ? Outcome::ok : unreadable(sink, "class/scsi_tape", error);
  }

 private:
  platform::Filter ignored_;
  platform::OpenFiles open_files_;
  platform::Devices<Drive> drives_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Tapestats>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "tapestats",
    .summary = "SCSI tape drives from /sys/class/scsi_tape",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::tapestats
