// /proc/drbd of DRBD 8.4 (the DRBD user's guide, "Status information in /proc/drbd"), with amounts of data in KiB:
//    1: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
//       ns:17324442 nr:10961011 dw:28263521 dr:118696670 al:1100 bm:221 lo:0 pe:0 ua:0 ap:0 ep:1 wo:d oos:0
#include <algorithm>
#include <limits>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::drbd {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_drbd_network_sent_bytes_total", "Bytes sent to the peer.", {"device"}},
    {MetricType::counter, "node_drbd_network_received_bytes_total", "Bytes received from the peer.", {"device"}},
    {MetricType::counter, "node_drbd_disk_written_bytes_total", "Bytes written to the local disk.", {"device"}},
    {MetricType::counter, "node_drbd_disk_read_bytes_total", "Bytes read from the local disk.", {"device"}},
    {MetricType::counter, "node_drbd_activitylog_writes_total", "Updates of the activity log.", {"device"}},
    {MetricType::counter, "node_drbd_bitmap_writes_total", "Updates of the bitmap.", {"device"}},
    {MetricType::gauge, "node_drbd_local_pending", "Requests to the local disk not yet answered.", {"device"}},
    {MetricType::gauge, "node_drbd_remote_pending", "Requests to the peer not yet answered.", {"device"}},
    {MetricType::gauge,
     "node_drbd_remote_unacknowledged",
     "Requests of the peer that we have not yet answered.",
     {"device"}},
    {MetricType::gauge, "node_drbd_application_pending", "Requests to the device not yet answered.", {"device"}},
    {MetricType::gauge, "node_drbd_epochs", "Epochs under way.", {"device"}},
    {MetricType::gauge, "node_drbd_out_of_sync_bytes", "Bytes that differ from the peer's or may do so.", {"device"}},
    {MetricType::gauge, "node_drbd_node_role_is_primary", "1 when the node's role is Primary.", {"device", "node"}},
    {MetricType::gauge,
     "node_drbd_disk_state_is_up_to_date",
     "1 when the node's disk is UpToDate.",
     {"device", "node"}},
    {MetricType::gauge, "node_drbd_connected", "1 while there is a connection to the peer.", {"device"}},
};

// The numbers, in the order of kMetrics.
struct Number {
  std::string_view key;
  std::uint64_t scale;
};
constexpr Number kNumbers[] = {
    {"ns", 1024}, {"nr", 1024}, {"dw", 1024}, {"dr", 1024}, {"al", 1}, {"bm", 1},
    {"lo", 1},    {"pe", 1},    {"ua", 1},    {"ap", 1},    {"ep", 1}, {"oos", 1024},
};
constexpr std::size_t kRole = std::size(kNumbers);
constexpr std::size_t kDisk = kRole + 1;
constexpr std::size_t kConnected = kDisk + 1;
static_assert(kConnected + 1 == std::size(kMetrics));

struct Labels {
  LabelBlock device;
  LabelBlock local;
  LabelBlock remote;
};

class Drbd final : public Collector {
 public:
  explicit Drbd(const Environment& environment) : file_(environment.host.proc, "drbd") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    const Labels* labels = nullptr;
    std::string_view text = scrape.buffer.text();
    devices_.start();
    for (auto value = platform::word(text); !value.empty(); value = platform::word(text)) {
      const auto key = platform::take(value, ':');
      if (value.empty() && platform::number<std::uint32_t>(key)) {  // "1:" begins a device
        labels = &devices_.at(key, [&] { return make_labels(key); });
      } else if (labels != nullptr && !write(key, value, *labels, sink)) {
        sink.problem(Problem::parse, key);
      }
    }
    devices_.finish();
    return Outcome::ok;
  }

 private:
  static Labels make_labels(std::string_view number) {
    const std::string name = "drbd" + std::string(number);
    return {{kMetrics[kConnected], {name}}, {kMetrics[kRole], {name, "local"}}, {kMetrics[kRole], {name, "remote"}}};
  }

  // False when the value of a key we know cannot be read.
  static bool write(std::string_view key, std::string_view value, const Labels& labels, Sink& sink) {
    if (key == "cs") {
      if (!value.empty()) {
        sink.add(kMetrics[kConnected], value == "Connected" ? 1 : 0, labels.device);
      }
      return !value.empty();
    }
    if (key == "ro") {
      return write_pair(kMetrics[kRole], value, "Primary", labels, sink);
    }
    if (key == "ds") {
      return write_pair(kMetrics[kDisk], value, "UpToDate", labels, sink);
    }
    const auto* const end = std::end(kNumbers);
    const auto* const known =
        std::find_if(std::begin(kNumbers), end, [&](const Number& one) { return one.key == key; });
    if (known == end) {
      return true;
    }
    const auto number = platform::number<std::uint64_t>(value);
    const bool fits = number && *number <= std::numeric_limits<std::uint64_t>::max() / known->scale;
    if (fits) {
      sink.add(kMetrics[known - kNumbers], *number * known->scale, labels.device);
    }
    return fits;
  }

  // "Primary/Secondary": ours, then the peer's.
  static bool write_pair(const MetricDesc& metric, std::string_view value, std::string_view good, const Labels& labels,
                         Sink& sink) {
    const auto ours = platform::take(value, '/');
    if (ours.empty() || value.empty()) {
      return false;
    }
    sink.add(metric, ours == good ? 1 : 0, labels.local);
    sink.add(metric, value == good ? 1 : 0, labels.remote);
    return true;
  }

  platform::KeptFile file_;
  platform::RowCache<Labels> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Drbd>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "drbd",
    .summary = "replicated block devices from /proc/drbd",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::drbd
