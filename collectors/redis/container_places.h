// Where Redis servers in containers of this machine can be reached, by their processes:
//   /proc/PID/root/run/redis/redis.sock  their socket (proc_pid_root(5)): CAP_SYS_PTRACE or the server's user
//   /proc/PID/net/tcp, fib_trie          the port they listen at and the addresses of their network (proc_pid_net(5))
//
// Whoever may start processes here can have one called redis-server: so nobody's password is sent to these places.
#pragma once
#include <chrono>
#include <vector>

#include "platform/host.h"
#include "platform/redis_address.h"

namespace exporter::redis {

// For one thread at a time.
class ContainerPlaces {
 public:
  static constexpr std::size_t kMost = 16;  // servers that are looked at

  // Looks at all processes, unless less than `pause` has passed since the last time. The server with the lowest process
  // number comes first, and of each its sockets. Servers in our own network namespace are not meant: they are at the
  // usual places, or are named.
  std::vector<platform::RedisAddress> look(const platform::Host& host, std::chrono::seconds pause);

 private:
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace exporter::redis
