// Which process of this machine is at the other end of a connection, and in which control group it is.
//
// Unix sockets: SO_PEERCRED (unix(7)); no privilege. TCP: the listening socket of that address and port in
// /proc/<pid>/net/tcp and tcp6 (proc_pid_net(5)), then the process that holds its inode, by the links
// /proc/<pid>/fd/<n> "socket:[4711]": CAP_SYS_PTRACE and, for other users, CAP_DAC_READ_SEARCH. Ports that Docker
// publishes are held by docker-proxy, whose command line says where they lead; an address that is not this machine's
// own is looked for in the network namespaces of its processes. For a new connection, not for every scrape: it may read
// /proc/<pid>/fd of many processes. Functions return 0 or an errno value: ENOENT when there is no such process here.
#pragma once
#include <cstdint>
#include <string>

#include "platform/deadline.h"
#include "platform/host.h"

namespace platform {

int peer_process(const Host& host, int socket, const Deadline& deadline, int& pid);

// An address and port that someone listens at.
struct ListenAddress {
  std::string hex;  // as in /proc/net/tcp: 8 or 32 hexadecimal digits, IPv4 in IPv6 as 8
  std::uint16_t port = 0;
};
int listener_process(const Host& host, const ListenAddress& address, const Deadline& deadline, int& pid);

// The control group of a process, as the rows of containers call it: the innermost container around it, or else the
// group itself. Empty when it cannot be read.
std::string group_of_process(const Host& host, int pid);

}  // namespace platform
