#include "exporter/upkeep.h"

#include <utility>

#include "exporter/http_server.h"
#include "exporter/options.h"
#include "platform/notify.h"
#include "platform/unused_code.h"

namespace exporter {
namespace {

constexpr std::chrono::seconds kShortest{3 * HttpServer::kTendSeconds};

bool watched() {
  const auto time = platform::watchdog_time();
  if (time && *time < kShortest) {
    throw OptionError("WatchdogSec= of the unit is shorter than " + std::to_string(kShortest.count()) + " s");
  }
  return time.has_value();
}

}  // namespace

Upkeep::Upkeep(std::function<bool()> responds) : responds_(std::move(responds)), watched_(watched()) {}

void Upkeep::tend(Clock::time_point now) {
  if (watched_ && responds_()) {
    platform::notify_service_manager("WATCHDOG=1");
  }
  if (now >= let_go_) {
    platform::let_go_of_unused_code();
    let_go_ = now + kNext;
  }
}

}  // namespace exporter
