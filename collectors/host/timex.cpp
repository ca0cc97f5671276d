// The kernel's clock discipline, by adjtimex(2) that changes nothing: struct timex in include/uapi/linux/timex.h.
//   offset 1843 (ns with STA_NANO, else us), freq 655360 (2^-16 ppm), status 0x2001, tick 10000 (us)
#include "collectors/host/timex.h"

#include <cerrno>

namespace exporter::host::timex {
namespace {

enum Metric : std::size_t {
  sync_status,
  offset,
  frequency,
  max_error,
  estimated_error,
  status,
  time_constant,
  tick,
  pps_frequency,
  pps_jitter,
  pps_shift,
  pps_stability,
  pps_jitters,
  pps_calibrations,
  pps_errors,
  pps_unstable,
  tai_offset
};

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_timex_sync_status", "1 when the clock follows a reliable server, else 0."},
    {MetricType::gauge, "node_timex_offset_seconds", "How far the clock is off what it follows."},
    {MetricType::gauge, "node_timex_frequency_adjustment_ratio", "Factor by which the clock's frequency is corrected."},
    {MetricType::gauge, "node_timex_maxerror_seconds", "Largest error that the clock may have."},
    {MetricType::gauge, "node_timex_estimated_error_seconds", "Error that the clock is believed to have."},
    {MetricType::gauge, "node_timex_status", "Status bits of the clock, STA_* of sys/timex.h."},
    {MetricType::gauge, "node_timex_loop_time_constant", "Time constant of the phase-locked loop."},
    {MetricType::gauge, "node_timex_tick_seconds", "Time between two ticks of the clock."},
    {MetricType::gauge, "node_timex_pps_frequency_hertz", "Frequency of the pulse per second."},
    {MetricType::gauge, "node_timex_pps_jitter_seconds", "Jitter of the pulse per second."},
    {MetricType::gauge, "node_timex_pps_shift_seconds", "Length of the pulse calibration, as a power of two."},
    {MetricType::gauge, "node_timex_pps_stability_hertz", "Wander of the pulse's frequency."},
    {MetricType::counter, "node_timex_pps_jitter_total", "Pulses that came with too much jitter."},
    {MetricType::counter, "node_timex_pps_calibration_total", "Calibrations of the pulse."},
    {MetricType::counter, "node_timex_pps_error_total", "Calibrations of the pulse that failed."},
    {MetricType::counter, "node_timex_pps_stability_exceeded_total",
     "Calibrations in which the pulse wandered too far."},
    {MetricType::gauge, "node_timex_tai_offset_seconds", "Seconds that atomic time (TAI) is ahead of UTC."},
};

constexpr double kMicroseconds = 1e6;  // in a second
constexpr double kNanoseconds = 1e9;
constexpr double kFrequencyUnits = 65536 * 1e6;  // parts per million with 16 bits behind the point

class Timex final : public Collector {
 public:
  explicit Timex(Function function) : adjtimex_(function) {}

  Outcome collect(const Scrape& /*scrape*/, Sink& sink) override {
    ::timex now{};
    const int state = adjtimex_(&now);
    if (state < 0) {
      if (errno == EPERM || errno == EACCES || errno == ENOSYS) {
        return Outcome::no_data;  // a container whose seccomp profile forbids the call
      }
      sink.problem(Problem::io, "adjtimex", errno);
      return Outcome::failed;
    }
    const double fine = (now.status & STA_NANO) != 0 ? kNanoseconds : kMicroseconds;
    const auto put = [&](Metric metric, Value value) { sink.add(kMetrics[metric], value); };
    put(sync_status, state == TIME_ERROR ? 0 : 1);
    put(offset, static_cast<double>(now.offset) / fine);
    put(frequency, 1 + static_cast<double>(now.freq) / kFrequencyUnits);
    put(max_error, static_cast<double>(now.maxerror) / kMicroseconds);
    put(estimated_error, static_cast<double>(now.esterror) / kMicroseconds);
    put(status, now.status);
    put(time_constant, now.constant);
    put(tick, static_cast<double>(now.tick) / kMicroseconds);
    put(pps_frequency, static_cast<double>(now.ppsfreq) / kFrequencyUnits);
    put(pps_jitter, static_cast<double>(now.jitter) / fine);
    put(pps_shift, now.shift);
    put(pps_stability, static_cast<double>(now.stabil) / kFrequencyUnits);
    put(pps_jitters, now.jitcnt);
    put(pps_calibrations, now.calcnt);
    put(pps_errors, now.errcnt);
    put(pps_unstable, now.stbcnt);
    put(tai_offset, now.tai);
    return Outcome::ok;
  }

 private:
  Function adjtimex_;
};

}  // namespace

std::unique_ptr<Collector> make_with(Function function) { return std::make_unique<Timex>(function); }

extern constinit const CollectorSpec spec{
    .name = "timex",
    .summary = "the kernel's clock discipline by adjtimex(2)",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = [](const Environment& /*environment*/) { return make_with(::adjtimex); },
};

}  // namespace exporter::host::timex
