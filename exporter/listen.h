// Listening sockets from addresses as exporters write them.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "platform/dir.h"

namespace exporter {

struct Listener {
  platform::Fd socket;           // listening, non-blocking
  std::string address;           // as shown in the log: "[::]:9100", "127.0.0.1:9187", "/run/x.sock"
  std::optional<Module> module;  // what /metrics means here; none: all modules
};

// The address is well-formed and cannot be had now: another program listens there, the machine does not have it yet.
struct ListenError : OptionError {
  using OptionError::OptionError;
};

// `text` is HOST:PORT, :PORT, [V6]:PORT or unix:/PATH, with MODULE= in front to serve only this module at /metrics.
// ":9100" listens on IPv4 and IPv6. Behind a path may stand who can connect: unix:/PATH?mode=0660&group=GROUP. Throws
// OptionError with the address and what to mend; ListenError when another try may go well.
Listener listen_on(const std::string& text);

// The sockets that systemd listens on for us (sd_listen_fds(3)). One whose FileDescriptorName= is a module's serves
// this module. Before other threads, once. Throws OptionError.
std::vector<Listener> listeners_of_systemd();

// Where a client on this machine reaches what listens at `text`, an argument of listen_on(); parse_http_url() reads it.
std::string client_url(std::string_view text, bool tls);

// A URL under which a browser on this machine reaches the listener; empty for a unix socket.
std::string local_url(const Listener& listener, bool tls);

}  // namespace exporter
