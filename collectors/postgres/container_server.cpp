#include "collectors/postgres/container_server.h"

#include <cerrno>

#include "collectors/postgres/source.h"
#include "platform/process_table.h"
#include "platform/socket_owner.h"

namespace exporter::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFolder = "/run/postgresql";

std::string remedy(const platform::Host& host, int pid, int error) {
  const std::string group = platform::group_of_process(host, pid);
  std::string line = "PostgreSQL runs in " + (group.empty() ? "process " + std::to_string(pid) : group);
  line += error == ENOENT ? " without a socket in " : ", which takes CAP_SYS_PTRACE to reach by its socket in ";
  return line.append(kFolder).append(": set DATA_SOURCE_NAME, as host=ADDRESS user=ROLE dbname=postgres");
}

}  // namespace

bool ContainerServer::find(const platform::Host& host, std::chrono::seconds pause) {
  if (!folder_.empty() && lowest_socket(host.proc, folder_.c_str(), port_) == 0) {
    return true;
  }
  folder_.clear();
  const auto now = Clock::now();
  if (looked_ != Clock::time_point{} && now - looked_ < pause) {
    return false;
  }
  looked_ = now;
  return look(host);
}

bool ContainerServer::look(const platform::Host& host) {
  out_of_reach_.clear();
  platform::ProcessTable table(host.proc);
  if (table.start() != 0) {
    return false;
  }
  platform::Process process;
  while (table.next(process)) {
    if (process.command != "postgres") {
      continue;
    }
    folder_ = std::to_string(process.pid).append("/root").append(kFolder);
    const int error = lowest_socket(host.proc, folder_.c_str(), port_);
    if (error == 0) {
      out_of_reach_.clear();
      path_ = host.procfs + "/" + folder_;
      return true;
    }
    if (out_of_reach_.empty()) {
      out_of_reach_ = remedy(host, process.pid, error == EACCES || error == EPERM ? error : ENOENT);
    }
  }
  folder_.clear();
  return false;
}

void ContainerServer::lead_to(platform::PqDsn& dsn) const {
  dsn.set("host", path_);
  dsn.set("port", std::to_string(port_));
  dsn.set("password", "");
  dsn.keep_apart();
}

std::string ContainerServer::name() const { return std::string(kFolder) + ":" + std::to_string(port_); }

}  // namespace exporter::postgres
