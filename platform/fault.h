// Why a server could not be reached or read, as far as it matters for what to do about it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace platform {

enum class Fault : std::uint8_t {
  none,
  refused,   // nobody listens, or the server has no room for us
  dns,       // no such host name
  timeout,   // no answer before the deadline
  network,   // anything else that the kernel says: no route, connection reset
  denied,    // a socket or a command that is not for this user
  auth,      // a password or user is missing or wrong
  loading,   // the server is starting
  protocol,  // what answers is no server of this kind, or hung up in the middle
  stopping,  // this program ends
  // TLS, all of which is one to a user's alert, and a remedy each:
  tls,                  // anything but the following
  tls_absent,           // the port does not speak it
  tls_wanted,           // the port speaks it, and we did not
  tls_untrusted,        // signed by nobody whom we trust
  tls_name,             // the certificate is for other names
  tls_expired,          // or not valid yet
  tls_own_certificate,  // the server wants one of ours, or takes not the one it got
};

struct Failed {
  Fault fault = Fault::none;
  std::string reason;  // one stable line, without address or secret
};

// The word for resource_exporter_target_failure{reason}; empty when there is nothing to tell.
std::string_view word_of(Fault fault) noexcept;

}  // namespace platform
