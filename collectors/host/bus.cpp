#include "collectors/host/bus.h"

#include <cerrno>

#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host {
namespace {

constexpr const char* kSystemSocket = "/run/dbus/system_bus_socket";
constexpr const char* kSystemdSocket = "/run/systemd/private";

// Undoes %XX.
std::string unescaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto code = text[0] == '%' ? platform::hex_number<unsigned char>(text.substr(1, 2)) : std::nullopt;
    result += code ? static_cast<char>(*code) : text[0];
    text.remove_prefix(code && text.size() >= 3 ? 3 : 1);
  }
  return result;
}

void add_socket(const Environment& environment, const char* path, bool direct,
                std::vector<platform::BusAddress>& addresses) {
  std::string root = environment.host.rootfs;
  while (root.ends_with('/')) {
    root.pop_back();
  }
  if (!root.empty()) {
    addresses.push_back({root + path, direct});
  }
  addresses.push_back({path, direct});
}

}  // namespace

std::vector<platform::BusAddress> sockets_in(std::string_view address) {
  static constexpr std::string_view kKind = "unix:path=";
  std::vector<platform::BusAddress> result;
  while (!address.empty()) {
    std::string_view one = platform::take(address, ';');
    if (!one.starts_with(kKind)) {
      throw OptionError("option " + std::string(kBusAddress) + ": not unix:path=/SOCKET");
    }
    one.remove_prefix(kKind.size());
    result.push_back({unescaped(platform::take(one, ',')), false});
  }
  return result;
}

std::unique_ptr<platform::Bus> system_bus(const Environment& environment, bool direct, bool fallback) {
  std::vector<platform::BusAddress> addresses;
  if (direct) {
    add_socket(environment, kSystemdSocket, true, addresses);
  } else {
    addresses = sockets_in(environment.options.text(kBusAddress));
    if (addresses.empty()) {
      add_socket(environment, kSystemSocket, false, addresses);
    }
    if (fallback) {
      add_socket(environment, kSystemdSocket, true, addresses);
    }
  }
  return std::make_unique<platform::SystemBus>(std::move(addresses));
}

Outcome bus_failed(Sink& sink, const platform::Bus& bus, int error) {
  if (error == ENOENT) {
    return Outcome::no_data;
  }
  const auto kind = error == ETIMEDOUT                  ? Problem::deadline
                    : error == EACCES || error == EPERM ? Problem::denied
                    : error == ENOPKG                   ? Problem::missing
                                                        : Problem::io;
  sink.problem(kind, bus.reason().empty() ? "D-Bus" : bus.reason(), error);
  return Outcome::failed;
}

Outcome call_failed(Sink& sink, std::string_view error) {
  if (error == "org.freedesktop.DBus.Error.NameHasNoOwner" || error == "org.freedesktop.DBus.Error.ServiceUnknown") {
    return Outcome::no_data;
  }
  sink.problem(error == "org.freedesktop.DBus.Error.AccessDenied" ? Problem::denied : Problem::io, error);
  return Outcome::failed;
}

}  // namespace exporter::host
