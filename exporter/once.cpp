#include "exporter/once.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "collectors/all.h"
#include "exporter/check_report.h"
#include "exporter/container_mode.h"
#include "exporter/discoveries.h"
#include "exporter/log.h"
#include "exporter/probes.h"
#include "exporter/program_settings.h"
#include "exporter/scheduler.h"
#include "exporter/web_gate.h"
#include "platform/dir.h"
#include "platform/surroundings.h"

namespace exporter {
namespace {

using Clock = Scheduler::Clock;

constexpr std::chrono::seconds kTimeout{10};  // Prometheus' usual one

// A scheduler as the program has it when it serves, for one collection.
class Collection {
 public:
  Collection(const CommandLine& line, LogLevel least)
      : log_(std::max(least, log_level(line.options)), log_format(line.options)),
        environment_{host_, line.options, shared_} {
    apply(line.options, host_);
    if (const auto wrong = host_.open(); !wrong.empty()) {
      throw OptionError(wrong);
    }
    scheduler_ = std::make_unique<Scheduler>(environment_, line.enabled, all_target_specs(), log_, stop_.get());
    // Not used, but what is wrong with their settings is to be said.
    const Probes probes(environment_, line.enabled, all_target_specs(), log_, stop_.get(), {});
    const Discoveries discoveries(environment_, line.enabled, all_target_specs(), stop_.get());
    const WebGate gate(line.options.text("web.config.file"), log_);
  }
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  std::shared_ptr<const Body> scrape(const Selection& selection) {
    const auto deadline = Clock::now() + kTimeout;
    scheduler_->settle(Clock::now() + kTimeout / 2);
    return scheduler_->scrape(selection, deadline);
  }
  // True when nobody works any more; if not, this must not be destroyed.
  bool stop() {
    const std::uint64_t one = 1;
    return ::write(stop_.get(), &one, sizeof one) == sizeof one &&
           scheduler_->stop(Clock::now() + std::chrono::milliseconds(300));
  }
  const Scheduler& scheduler() const { return *scheduler_; }
  const platform::Host& host() const { return host_; }

 private:
  const Log log_;
  const platform::Fd stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  platform::Host host_;
  Shared shared_;
  const Environment environment_;
  std::unique_ptr<Scheduler> scheduler_;
};

std::vector<std::string> other_remarks(const CommandLine& line, const platform::Host& host) {
  std::vector<std::string> others;
  for (const auto& [option, notice] : line.notices) {
    others.push_back("--" + std::string(option) + ": " + notice);
  }
  if (const auto missing = missing_in_container(platform::look_around(host), host); !missing.empty()) {
    others.push_back("not the whole machine can be seen: " + missing);
  }
  return others;
}

// `use` makes the result of a collection that is done.
template <class Use>
Once collect(const CommandLine& line, LogLevel least, const Selection& selection, Use use) {
  auto collection = std::make_unique<Collection>(line, least);
  const auto body = collection->scrape(selection);
  Once once = use(*collection, body.get());
  once.rested = collection->stop();
  if (!once.rested) {
    (void)collection.release();
  }
  return once;
}

}  // namespace

Once check(const CommandLine& line) {
  return collect(line, LogLevel::error, Selection::everything(), [&](const Collection& collection, const Body*) {
    std::vector<const CollectorSpec*> all;
    for (const auto& listed : all_collectors()) {
      all.push_back(listed.spec);
    }
    auto report =
        check_report(collection.scheduler().results(), all, line.enabled, other_remarks(line, collection.host()));
    return Once{.text = std::move(report.text), .exit_status = report.well ? 0 : 1};
  });
}

Once scrape_once(const CommandLine& line, const Selection& selection) {
  const LogLevel least = line.options.given("log.level") ? LogLevel::debug : LogLevel::warn;
  return collect(line, least, selection, [](const Collection&, const Body* body) {
    return Once{.text = body == nullptr ? std::string() : body->whole(), .exit_status = body == nullptr ? 1 : 0};
  });
}

}  // namespace exporter
