// An application beside us that serves metrics of its own: one kept connection, its page at each scrape.
#include <ctime>
#include <exception>
#include <memory>
#include <optional>

#include "collectors/merge/address.h"
#include "collectors/merge/page.h"
#include "platform/ascii.h"
#include "platform/http_client.h"
#include "platform/text.h"

namespace exporter::merge {
namespace {

using platform::Fault;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "resource_exporter_merge_up", "1 when the merged target answered with metrics."},
    {MetricType::gauge, "resource_exporter_merge_duration_seconds", "Time it took to ask it and to read its answer."},
    {MetricType::gauge, "resource_exporter_merge_samples", "Samples of its last answer that are shown."},
    {MetricType::gauge,
     "resource_exporter_target_failure",
     "1 while a monitored server cannot be read, and what keeps it from that.",
     {"module", "reason"}},
};
constexpr const MetricDesc& kUp = kMetrics[0];
constexpr const MetricDesc& kDuration = kMetrics[1];
constexpr const MetricDesc& kSamples = kMetrics[2];
constexpr const MetricDesc& kFailure = kMetrics[3];

constexpr OptionDesc kOptions[] = {
    {"merge.target", OptionType::list, "",
     "An application whose metrics are shown as well: NAME=URL with http://, https:// or unix:///PATH:/metrics; "
     "repeatable, in the environment separated by blanks. user:password@ in it are sent as basic authentication; the "
     "environment keeps them out of the process list"},
    {"merge.max-bytes", OptionType::integer, "8388608",
     "Most bytes of such a page; a target that answers with more is not shown at all"},
    {"merge.ca-file", OptionType::text, "",
     "File of the authorities (PEM) that sign certificates of https:// targets; empty: the system's"},
};

constexpr std::string_view kAccept =
    "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1";

// One for all targets, in Environment::shared.
struct Trust {
  explicit Trust(const Options& options)
      : tls({.files = {.certificate = {}, .key = {}, .authorities = options.text("merge.ca-file")},
             .server_name = {},
             .verify = true}) {
    if (const auto wrong = tls.look(); !wrong.empty()) {
      throw OptionError("option merge.ca-file: " + wrong);
    }
  }
  platform::TlsClient tls;
};

// What its Content-Type says, which may be absent; nothing for what is no format of metrics.
std::optional<Format> format_of(std::string_view content_type) {
  const auto type = platform::trim(platform::take(content_type, ';'));
  if (platform::equal_ignoring_case(type, "application/openmetrics-text")) {
    return Format::open_metrics;
  }
  return type.empty() || platform::equal_ignoring_case(type, "text/plain") ? std::optional(Format::text) : std::nullopt;
}

std::string_view remedy(Fault fault) {
  switch (fault) {
    case Fault::tls_absent:
      return "; write http:// for a port without TLS";
    case Fault::tls_untrusted:
      return "; give its authority with --merge.ca-file";
    case Fault::auth:
      return "; give user:password@ in its URL";
    default:
      return {};
  }
}

class Application final : public Target {
 public:
  Application(const Address& address, const Environment& environment, std::span<const CollectorSpec* const> enabled)
      : name_(address.name),
        shown_(address.shown),
        client_(address.target, kAccept, static_cast<std::size_t>(environment.options.integer("merge.max-bytes")),
                address.target.tls ? &environment.shared.get<Trust>(environment.options).tls : nullptr) {
    label_.append("merge_target", name_);
    for (const auto* spec : enabled) {
      if (const auto* make = std::get_if<MakePage>(&spec->make)) {
        page_ = (*make)(environment);
      }
    }
  }

  std::string_view address() const noexcept override { return name_; }
  std::string_view constant_labels() const noexcept override { return label_.text(); }

  Outcome collect(const Scrape& scrape, TargetPage& page) override {
    const auto start = std::chrono::steady_clock::now();
    // Earlier than the scrape's end, so that what was cut short is told by its reason.
    const platform::Deadline deadline{.at = start + (scrape.deadline - start) / 10 * 9, .stop_fd = scrape.stop_fd};
    Run& run = page.runs.front();
    reason_.clear();
    const bool up = client_.get(deadline) ? read(run) : refuse(client_.fault(), client_.reason());
    run.outcome = up ? Outcome::ok : Outcome::failed;
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    page.self.add(kUp, up ? 1 : 0);
    page.self.add(kDuration, run.seconds);
    page.self.add(kSamples, up ? page_->samples() : 0);
    if (const auto word = platform::word_of(fault_); !up && !word.empty()) {
      page.self.add(kFailure, 1, {to_text(Module::merge), word});
    }
    if (up) {
      page.found = found_;
    } else {
      page.reason = reason_;
    }
    return up ? Outcome::ok : Outcome::failed;
  }

  void write_late(Sink& self) const override {
    self.add(kUp, 0);
    self.add(kFailure, 1, {to_text(Module::merge), platform::word_of(Fault::timeout)});
  }

 private:
  bool read(Run& run) {
    if (const int status = client_.status(); status != 200) {
      return refuse(status == 401 || status == 403 ? Fault::auth : Fault::protocol,
                    "it answers with status " + std::to_string(status) +
                        (status >= 300 && status < 400 ? "; redirects are not followed, write where it leads" : ""));
    }
    const auto format = format_of(client_.content_type());
    if (!format) {
      return refuse(Fault::protocol, "it answers with a Content-Type that is no format of metrics");
    }
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const double seconds = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    const auto wrong = page_->read(client_.body(), *format, seconds, run.sink);
    if (!wrong.empty()) {
      return refuse(Fault::protocol, wrong);
    }
    if (found_.empty() || found_format_ != format) {
      found_format_ = format;
      found_ = std::string(*format == Format::text ? "text format" : "OpenMetrics") + " at " + shown_;
    }
    return true;
  }

  bool refuse(Fault fault, std::string_view why) {
    fault_ = fault;
    reason_.append(shown_).append(": ").append(why).append(remedy(fault));
    return false;
  }

  const std::string name_;
  const std::string shown_;
  LabelBlock label_;
  platform::HttpClient client_;
  std::unique_ptr<Page> page_;
  std::string reason_;
  Fault fault_ = Fault::none;  // what `reason_` is about
  std::string found_;
  std::optional<Format> found_format_;
};

std::vector<std::unique_ptr<Target>> make_targets(const Environment& environment,
                                                  std::span<const CollectorSpec* const> enabled) {
  for (const auto* const limit : {"merge.max-bytes", "merge.max-series"}) {
    if (environment.options.integer(limit) <= 0) {
      throw OptionError("option " + std::string(limit) + ": must be 1 or more");
    }
  }
  std::vector<std::unique_ptr<Target>> targets;
  for (const auto& address : addresses_of(environment.options)) {
    targets.push_back(std::make_unique<Application>(address, environment, enabled));
  }
  return targets;
}

}  // namespace

extern constinit const TargetSpec targets{
    .module = Module::merge,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make_targets,
    .foreign = true,
};

}  // namespace exporter::merge
