// <servicedir>/<service>/supervise/status: what runsv(8) knows of its service, 20 octets:
//   0-7 TAI64 time of the last change, 8-11 its nanoseconds, 12-15 process id (least octet first), 16 paused,
//   17 wanted state ('u' up, 'd' down), 18 TERM was sent, 19 state (0 down, 1 up, 2 finish)
// A file `down` beside supervise/ keeps the service from being started by itself.
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::runit {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_service_state",
     "State of the service: 0 down, 1 up, 2 finishing.",
     {"service", "supervisor"}},
    {MetricType::gauge, "node_service_desired_state", "State that it shall have.", {"service", "supervisor"}},
    {MetricType::gauge, "node_service_normal_state", "State that it has after a start.", {"service", "supervisor"}},
    {MetricType::gauge,
     "node_service_state_last_change_timestamp_seconds",
     "When the state changed last, in seconds since 1970.",
     {"service", "supervisor"}},
};
enum Metric : std::size_t { state, desired, normal, changed };

constexpr OptionDesc kOptions[] = {
    {"collector.runit.servicedir", OptionType::text, "/etc/service",
     "Folder of runit's services, below --path.rootfs."},
};

constexpr std::size_t kSize = 20;
constexpr std::size_t kWanted = 17;
constexpr std::size_t kState = 19;
// The TAI64 label of 1970-01-01 00:00:00 UTC, as runit counts.
constexpr std::uint64_t kEpoch = 0x400000000000000aU;

struct Service {
  platform::Dir folder;
  LabelBlock labels;
};

std::string relative(std::string_view path) {
  const auto begin = path.find_first_not_of('/');
  return begin == std::string_view::npos ? "." : std::string(path.substr(begin));
}

class Runit final : public Collector {
 public:
  explicit Runit(const Environment& environment)
      : services_(environment.host.root, relative(environment.options.text("collector.runit.servicedir"))) {}

  bool nothing_to_read() override { return services_.none(); }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [](std::string_view name, platform::Dir&& folder) {
      return Service{std::move(folder), {kMetrics[0], {name, "runit"}}};
    };
    const auto visible = [](std::string_view name) { return !name.starts_with('.'); };
    const int error = services_.each(
        visible, make, [&](std::string_view name, const Service& service) { write(name, service, scrape, sink); });
    return error == 0 ? Outcome::ok : unreadable(sink, "services of runit", error);
  }

 private:
  static void write(std::string_view name, const Service& service, const Scrape& scrape, Sink& sink) {
    // runsv puts a new file in its place at every change: one that is kept open would stay as it was.
    if (const int error = service.folder.read("supervise/status", scrape.buffer)) {
      unreadable(sink, name, error);  // nothing supervises a service without the file
      return;
    }
    const std::string_view text = scrape.buffer.text();
    if (text.size() != kSize) {
      sink.problem(Problem::parse, name);
      return;
    }
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      time = time << 8U | static_cast<unsigned char>(text[i]);
    }
    sink.add(kMetrics[state], static_cast<unsigned char>(text[kState]), service.labels);
    sink.add(kMetrics[desired], text[kWanted] == 'u' ? 1 : 0, service.labels);
    sink.add(kMetrics[normal], service.folder.exists("down") ? 0 : 1, service.labels);
    if (time >= kEpoch) {
      sink.add(kMetrics[changed], time - kEpoch, service.labels);
    } else {
      sink.problem(Problem::parse, name);
    }
  }

  platform::Devices<Service> services_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Runit>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "runit",
    .summary = "services of runit from their supervise/status",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .deprecated = true,
};

}  // namespace exporter::host::runit
