// The system bus, by sd-bus (sd-bus(3)). libsystemd is loaded at the first call: linked, it would cost every machine
// 2.7 MB.
//
// Nothing blocks: connecting, logging in and all calls of a run share one deadline, and the end of the program is
// watched as well. The connection is kept; one that failed is made anew at the next run. A call that was not answered
// in time stays the only one of its kind: until its reply has come, or the connection has ended, no other is sent, so a
// service that hangs does not find a queue of ours when it wakes up.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "platform/bus.h"
#include "platform/sd_bus.h"

namespace platform {

// Where a bus may be found. `direct`: the service itself listens there and no bus daemon is in between. systemd sends
// all its signals to such a connection, so it is closed after each run.
struct BusAddress {
  std::string path;  // of the unix socket
  bool direct = false;
};

class SystemBus final : public Bus {
 public:
  // The first that can be connected to is used.
  explicit SystemBus(std::vector<BusAddress> addresses);
  ~SystemBus() override;

  int run(std::span<const BusCall> calls, const Deadline& deadline, const Receive& receive) override;
  std::string_view reason() const noexcept override { return reason_; }
  bool absent() const noexcept override;

 private:
  // A call under way. kAbandoned as index: nobody waits for the reply any more.
  struct Pending {
    std::uint64_t cookie;
    std::size_t call;
  };
  static constexpr std::size_t kAbandoned = static_cast<std::size_t>(-1);

  int connect();
  int open(const BusAddress& address);
  void disconnect();
  int catch_up(const Deadline& deadline);
  int run_connected(std::span<const BusCall> calls, const Deadline& deadline, const Receive& receive);
  int send(const BusCall& call, std::size_t index);
  // Sends and takes what can be without waiting; `any` when there was something. `receive` may be null.
  int take_messages(const Deadline& deadline, const Receive* receive, bool& any);
  // The same, then waits for more when there was nothing.
  int step(const Deadline& deadline, const Receive* receive);
  int wait(const Deadline& deadline) const;
  void take_reply(sd_bus_message* message, const Receive* receive);
  bool read_values(sd_bus_message* message, unsigned depth, bool only_first);

  std::vector<BusAddress> addresses_;
  std::unique_ptr<SdBus> sd_bus_;
  sd_bus* bus_ = nullptr;
  bool direct_ = false;
  std::vector<Pending> pending_;
  std::vector<BusValue> values_;
  std::string reason_;
};

}  // namespace platform
