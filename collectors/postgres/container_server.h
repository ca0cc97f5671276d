// A PostgreSQL server in a container of this machine, by the socket that it has in its own /run/postgresql:
// /proc/PID/root/run/postgresql/.s.PGSQL.5432 (proc_pid_root(5)). Needs CAP_SYS_PTRACE or the server's user.
//
// Whoever may start processes here can have one called postgres: so nobody is sent a password.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "platform/host.h"
#include "platform/pq_dsn.h"

namespace exporter::postgres {

// For one thread at a time.
class ContainerServer {
 public:
  // False when there is none that can be reached. Looks at the last one's socket, then at all processes, but for that
  // `pause` must have passed since the last time. Of several servers it is the one with the lowest process number.
  bool find(const platform::Host& host, std::chrono::seconds pause);

  // After that was true: the address, and no password of anybody.
  void lead_to(platform::PqDsn& dsn) const;
  // The address inside, "/run/postgresql:5432", which is the same after the server's next start.
  std::string name() const;
  // A server that cannot be reached, and the remedy: one line, empty when there is none or find() was true.
  const std::string& out_of_reach() const noexcept { return out_of_reach_; }

 private:
  bool look(const platform::Host& host);

  std::string folder_;  // below procfs; empty: none was found
  std::string path_;
  std::uint16_t port_ = 0;
  std::string out_of_reach_;
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace exporter::postgres
