// /proc/<pid>/net/tcp: "  0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999   0 4711 1
// ..."
#include "platform/socket_owner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <vector>

#include "platform/cgroup_name.h"
#include "platform/container_source.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kShort = 8;  // digits of an IPv4 address

bool late(const Deadline& deadline) { return std::chrono::steady_clock::now() >= deadline.at; }

// Whole 32-bit words in the machine's order, as the kernel prints them.
std::string hex_of(const void* bytes, std::size_t size) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (std::size_t at = 0; at < size; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, static_cast<const char*>(bytes) + at, sizeof word);
    for (int shift = 28; shift >= 0; shift -= 4) {
      result += kDigits[(word >> static_cast<unsigned>(shift)) & 15U];
    }
  }
  return result;
}

bool loopback(const std::string& hex) {
  return hex.size() == kShort ? hex.ends_with("7F") : hex == "00000000000000000000000001000000";
}

bool peer_address(int socket, ListenAddress& address) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
    return false;
  }
  if (peer.ss_family == AF_INET) {
    const auto* const in = reinterpret_cast<const sockaddr_in*>(&peer);
    address.hex = hex_of(&in->sin_addr, sizeof in->sin_addr);
    address.port = ntohs(in->sin_port);
    return true;
  }
  if (peer.ss_family != AF_INET6) {
    return false;
  }
  const auto* const in = reinterpret_cast<const sockaddr_in6*>(&peer);
  address.port = ntohs(in->sin6_port);
  const auto* const bytes = reinterpret_cast<const char*>(&in->sin6_addr);
  address.hex = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) ? hex_of(bytes + 12, 4) : hex_of(bytes, 16);
  return true;
}

struct Listener {
  std::uint64_t inode = 0;
  std::uint32_t user = 0;
};

// One line of net/tcp or net/tcp6, when it is what is looked for. A socket of all addresses serves as well.
bool read_listener(std::string_view line, const ListenAddress& wanted, Listener& found) {
  word(line);
  std::string_view port_text = word(line);
  std::string_view address = take(port_text, ':');
  word(line);
  if (word(line) != "0A" || hex_number<std::uint16_t>(port_text) != wanted.port) {
    return false;
  }
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (address.starts_with(kMapped)) {
    address.remove_prefix(kMapped.size());
  }
  if (address != wanted.hex && address.find_first_not_of('0') != std::string_view::npos) {
    return false;
  }
  for (int skip = 0; skip < 3; ++skip) {
    word(line);
  }
  const auto user = number<std::uint32_t>(word(line));
  word(line);
  const auto inode = number<std::uint64_t>(word(line));
  found.user = user.value_or(0);
  found.inode = inode.value_or(0);
  return inode.value_or(0) != 0;
}

bool find_listener(const Host& host, const std::string& process, const ListenAddress& wanted, Listener& found) {
  ReadBuffer buffer;
  for (const char* const file : {"/net/tcp", "/net/tcp6"}) {
    if (host.proc.read((process + file).c_str(), buffer) != 0) {
      continue;
    }
    std::string_view text = buffer.text();
    take(text, '\n');
    while (!text.empty()) {
      if (read_listener(take(text, '\n'), wanted, found)) {
        return true;
      }
    }
  }
  return false;
}

std::vector<std::string> processes(const Host& host) {
  std::vector<std::string> names;
  host.proc.list(".", names);
  std::erase_if(names,
                [](const std::string& name) { return name.find_first_not_of("0123456789") != std::string::npos; });
  return names;
}

// The process that holds the socket: those of the socket's user first, since reading all descriptors of all processes
// takes long.
int holder(const Host& host, const Listener& listener, const Deadline& deadline, int& pid) {
  const std::string wanted = "socket:[" + std::to_string(listener.inode) + "]";
  int error = ENOENT;
  std::vector<std::string> files;
  std::string target;
  std::string path;
  const auto names = processes(host);
  for (const bool same_user : {true, false}) {
    for (const std::string& name : names) {
      struct stat status {};
      if (::fstatat(host.proc.fd(), name.c_str(), &status, 0) != 0 || (status.st_uid == listener.user) != same_user) {
        continue;
      }
      if (late(deadline)) {
        return ETIMEDOUT;
      }
      files.clear();
      const std::string folder = name + "/fd";
      int found = host.proc.list(folder.c_str(), files);
      for (const std::string& file : files) {
        path.assign(folder).append("/").append(file);
        found = host.proc.link(path.c_str(), target);
        if (found == 0 && target == wanted) {
          pid = number<int>(name).value_or(0);
          return 0;
        }
      }
      error = is_denied(found) ? EACCES : error;
    }
  }
  return error;
}

// "  |-- 172.17.0.2\n     /32 host LOCAL": the namespace's own addresses.
bool has_address(std::string_view trie, const std::string& dotted) {
  std::string line = "|-- ";
  line.append(dotted).append("\n");
  for (auto at = trie.find(line); at != std::string_view::npos; at = trie.find(line, at + 1)) {
    std::string_view rest = trie.substr(at + line.size());
    if (take(rest, '\n').find("host LOCAL") != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// In the network namespaces of other processes; IPv4 only, which is what containers are reached by.
int search_namespaces(const Host& host, const ListenAddress& address, const Deadline& deadline, int& pid) {
  if (address.hex.size() != kShort) {
    return ENOENT;
  }
  const in_addr in{hex_number<std::uint32_t>(address.hex).value_or(0)};
  std::array<char, INET_ADDRSTRLEN> dotted{};
  ::inet_ntop(AF_INET, &in, dotted.data(), dotted.size());
  std::set<std::string> seen;
  ReadBuffer buffer;
  bool denied = false;
  for (const std::string& name : processes(host)) {
    if (late(deadline)) {
      return ETIMEDOUT;
    }
    std::string space;
    if (const int error = host.proc.link((name + "/ns/net").c_str(), space); error != 0) {
      denied = denied || is_denied(error);
      continue;
    }
    Listener listener;
    if (!seen.insert(space).second || host.proc.read((name + "/net/fib_trie").c_str(), buffer) != 0 ||
        !has_address(buffer.text(), dotted.data()) || !find_listener(host, name, address, listener)) {
      continue;
    }
    return holder(host, listener, deadline, pid);
  }
  return denied ? EACCES : ENOENT;
}

// "docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 5432 -container-ip 172.17.0.2 -container-port 5432"
bool behind_proxy(const Host& host, int pid, ListenAddress& address) {
  ReadBuffer buffer;
  const std::string process = std::to_string(pid);
  if (host.proc.read((process + "/comm").c_str(), buffer) != 0 || trim(buffer.text()) != "docker-proxy" ||
      host.proc.read((process + "/cmdline").c_str(), buffer) != 0) {
    return false;
  }
  bool found = false;
  for (std::string_view text = buffer.text(); !text.empty();) {
    const auto name = take(text, '\0');
    if (name == "-container-ip") {
      in_addr in{};
      found = ::inet_pton(AF_INET, std::string(take(text, '\0')).c_str(), &in) == 1;
      address.hex = hex_of(&in, sizeof in);
    } else if (name == "-container-port") {
      address.port = number<std::uint16_t>(take(text, '\0')).value_or(0);
    }
  }
  return found && address.port != 0;
}

}  // namespace

int listener_process(const Host& host, const ListenAddress& address, const Deadline& deadline, int& pid) {
  Listener listener;
  // Process 1 has the machine's own namespace; in a container with a namespace of its own that is this program's.
  const bool here = find_listener(host, "1", address, listener) || find_listener(host, "self", address, listener);
  if (!here) {
    return loopback(address.hex) ? ENOENT : search_namespaces(host, address, deadline, pid);
  }
  if (const int error = holder(host, listener, deadline, pid)) {
    return error;
  }
  ListenAddress behind;
  return behind_proxy(host, pid, behind) ? search_namespaces(host, behind, deadline, pid) : 0;
}

int peer_process(const Host& host, int socket, const Deadline& deadline, int& pid) {
  ucred peer{};
  socklen_t size = sizeof peer;
  sockaddr_storage own{};
  socklen_t own_size = sizeof own;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) {
    return errno;
  }
  if (own.ss_family == AF_UNIX) {
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
      return errno;
    }
    pid = peer.pid;  // 0: in a PID namespace that this one does not see
    return pid > 0 ? 0 : ENOENT;
  }
  ListenAddress address;
  return peer_address(socket, address) ? listener_process(host, address, deadline, pid) : ENOENT;
}

std::string group_of_process(const Host& host, int pid) {
  ReadBuffer buffer;
  if (host.proc.read((std::to_string(pid) + "/cgroup").c_str(), buffer) != 0) {
    return {};
  }
  // Version 1 has "4:memory:/docker/<id>" for each hierarchy, version 2 "0::/docker/<id>". On a hybrid machine the
  // latter may be the root only.
  std::string_view path;
  for (std::string_view text = buffer.text(); !text.empty();) {
    std::string_view line = take(text, '\n');
    const auto number_text = take(line, ':');
    const auto controllers = take(line, ':');
    const bool counts = number_text == "0" || controllers.find("memory") != std::string_view::npos ||
                        controllers.find("cpu") != std::string_view::npos || controllers == "pids";
    if (counts && (path.size() <= 1 || controllers.find("memory") != std::string_view::npos) && !line.empty()) {
      path = line;
    }
  }
  for (std::string_view part = path; part.size() > 1; part = part.substr(0, part.rfind('/'))) {
    if (cgroup_name(part).runtime != Runtime::none) {
      return std::string(part);
    }
  }
  return std::string(path);
}

}  // namespace platform
