// The bus of the collectors that ask services over D-Bus: where it is, and what to answer when it cannot be asked.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "platform/bus.h"
#include "platform/system_bus.h"

namespace exporter::host {

// The option that systemd declares for all of them.
inline constexpr std::string_view kBusAddress = "collector.systemd.bus-address";

// Kept back from the scrape's deadline, to write what there is.
inline constexpr std::chrono::milliseconds kBusMargin{50};

// The sockets in a D-Bus address as DBUS_SYSTEM_BUS_ADDRESS has it: "unix:path=/run/dbus/system_bus_socket". Throws
// OptionError for any other transport: those would start programs or go to the network.
std::vector<platform::BusAddress> sockets_in(std::string_view address);

// The system bus: the one that is named, else that of the machine below --path.rootfs, else our own. `direct` puts the
// socket of systemd itself in its place, `fallback` behind it.
std::unique_ptr<platform::Bus> system_bus(const Environment& environment, bool direct = false, bool fallback = false);

// No bus is no data; everything else is a counted problem.
Outcome bus_failed(Sink& sink, const platform::Bus& bus, int error);

// The same for the error that a service answered; a service that does not run is no data.
Outcome call_failed(Sink& sink, std::string_view error);

}  // namespace exporter::host
