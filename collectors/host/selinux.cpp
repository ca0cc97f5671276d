// /sys/fs/selinux/enforce: "1" (selinuxfs, there only when SELinux is on) and /etc/selinux/config:
// "SELINUX=enforcing" (selinux_config(5))
#include <cstdint>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::selinux {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_selinux_enabled", "1 when SELinux is on, 0 when it is off."},
    {MetricType::gauge, "node_selinux_config_mode", "Mode of the next boot: 1 enforcing, 0 permissive, -1 disabled."},
    {MetricType::gauge, "node_selinux_current_mode", "Mode now in force: 1 enforcing, 0 permissive, -1 disabled."},
};

// The value of SELINUX in the file; the first one counts.
int configured_mode(std::string_view text) {
  constexpr std::string_view kKey = "SELINUX=";
  while (!text.empty()) {
    auto line = platform::trim(platform::take(text, '\n'));
    if (!line.starts_with(kKey)) {
      continue;
    }
    line.remove_prefix(kKey.size());
    while (line.starts_with('"')) {
      line.remove_prefix(1);
    }
    while (line.ends_with('"')) {
      line.remove_suffix(1);
    }
    return line == "enforcing" ? 1 : line == "permissive" ? 0 : -1;
  }
  return -1;
}

class Selinux final : public Collector {
 public:
  explicit Selinux(const Environment& environment)
      : enforce_(environment.host.sys, "fs/selinux/enforce"),
        context_(environment.host.proc, "self/attr/current"),
        config_(environment.host.root, "etc/selinux/config") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const int error = enforce_.read_once(scrape.buffer);
    const auto current = platform::number<std::int64_t>(platform::trim(scrape.buffer.text()));
    if (error == ENOENT || !policy_loaded(scrape)) {
      sink.add(kMetrics[0], 0);
      return Outcome::ok;
    }
    sink.add(kMetrics[0], 1);
    if (error != 0) {
      unreadable(sink, enforce_.name(), error);
    } else if (current) {
      sink.add(kMetrics[2], *current);
    } else {
      sink.problem(Problem::parse, enforce_.name());
    }
    if (const int failed = config_.read(scrape.buffer); failed != 0 && failed != ENOENT) {
      unreadable(sink, config_.name(), failed);
    } else {
      sink.add(kMetrics[1], configured_mode(scrape.buffer.text()));
    }
    return Outcome::ok;
  }

 private:
  // Before a policy is loaded every process has the context "kernel".
  bool policy_loaded(const Scrape& scrape) {
    context_.read_once(scrape.buffer);
    auto context = scrape.buffer.text();
    while (context.ends_with('\0') || context.ends_with('\n')) {
      context.remove_suffix(1);
    }
    return context != "kernel";
  }

  platform::KeptFile enforce_;
  platform::KeptFile context_;
  platform::KeptFile config_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Selinux>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "selinux",
    .summary = "whether SELinux is on and in which mode",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::selinux
