// Calls over D-Bus, as a caller sees them: a batch of method calls goes out, their replies come back as flat values.
// https://dbus.freedesktop.org/doc/dbus-specification.html
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "platform/deadline.h"

namespace platform {

// One method call. Its texts must outlive the run. A service that does not run is not started by it.
struct BusCall {
  const char* destination;
  const char* path;
  const char* interface;
  const char* member;
  const char* first = nullptr;  // string arguments; null for none
  const char* second = nullptr;
};

// The call that reads one property.
constexpr BusCall property_of(const char* destination, const char* path, const char* interface, const char* name) {
  return {destination, path, "org.freedesktop.DBus.Properties", "Get", interface, name};
}

struct BusValue {
  std::string_view text;                // of a string, an object path or a signature
  std::optional<std::uint64_t> number;  // of an integer that is not negative, or of a boolean
};

// Valid during the call that it is passed to.
struct BusReply {
  std::string_view error;  // the D-Bus name of an error; empty when the call succeeded
  // The basic values in their order, without the arrays and structures around them. A variant gives exactly one, the
  // first that is in it, so that a dictionary of variants is a list of pairs.
  std::span<const BusValue> values;
};

// For one thread at a time.
class Bus {
 public:
  // `call` is the index of the call that is answered. Replies may come in any order.
  using Receive = std::function<void(std::size_t call, const BusReply& reply)>;

  Bus() = default;
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  virtual ~Bus() = default;

  // Makes the calls and passes on each reply. Returns 0 when all were answered, else an errno value: ETIMEDOUT when the
  // deadline passed, ECANCELED when the program ends, ENOENT when there is no bus.
  virtual int run(std::span<const BusCall> calls, const Deadline& deadline, const Receive& receive) = 0;
  // Why the last run failed, where there is more to say than its errno value; one line.
  virtual std::string_view reason() const noexcept { return {}; }
  // True when there is no bus to be asked; costs a system call or two.
  virtual bool absent() const noexcept { return false; }
};

}  // namespace platform
