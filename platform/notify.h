// Telling systemd that the service is ready (sd_notify(3)). The protocol is one datagram; libsystemd for this alone
// would cost 2.7 MB of resident memory.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace platform {

// Sends `state` ("READY=1", "STOPPING=1") to the socket that the environment names. Does nothing without one.
void notify_service_manager(std::string_view state) noexcept;

// WatchdogSec= of the unit (sd_watchdog_enabled(3)): the manager ends a service that does not say "WATCHDOG=1" within
// it. None when this process is not watched.
std::optional<std::chrono::microseconds> watchdog_time() noexcept;

}  // namespace platform
