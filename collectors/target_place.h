// Where a monitored server runs: the control group of the process at the other end of the connection, and the
// container's name. Looked up once for each connection (platform/socket_owner.h), so it costs one fstat per scrape.
#pragma once
#include <cstdint>
#include <string>

#include "exporter/collector.h"
#include "platform/deadline.h"

namespace exporter {

// For the target's own thread.
class TargetPlace {
 public:
  explicit TargetPlace(const Environment& environment) : environment_(environment) {}

  // `socket` is the open connection. Fills page.group and page.container, when the server is on this machine.
  void fill(int socket, const platform::Deadline& deadline, const Scrape& scrape, TargetPage& page);

 private:
  void look_up(int socket, const platform::Deadline& deadline, const Scrape& scrape, Sink& self);

  const Environment& environment_;
  std::uint64_t connection_ = 0;  // the socket's inode
  int tries_ = 0;
  std::string group_;
  std::string container_;
};

}  // namespace exporter
