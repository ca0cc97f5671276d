#include "collectors/redis/container_places.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "platform/process_table.h"
#include "platform/text.h"

namespace exporter::redis {
namespace {

using platform::RedisAddress;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kServers[] = {"redis-server", "valkey-server", "keydb-server", "dragonfly"};
constexpr std::string_view kSockets[] = {"run/redis/redis-server.sock", "run/redis/redis.sock",
                                         "run/valkey/valkey-server.sock", "run/valkey/valkey.sock"};
constexpr std::size_t kLongestPath = 107;  // of a socket, see unix(7)

void add(std::vector<RedisAddress>& places, platform::Endpoint endpoint) {
  RedisAddress& address = places.emplace_back();
  address.endpoint = std::move(endpoint);
  address.apart = true;
}

// The port of a line "0: 00000000:18EB 00000000:0000 0A ..." of net/tcp; 0 when nobody listens there for others.
std::uint16_t open_port(std::string_view line) {
  constexpr std::string_view kListens = "0A";
  constexpr std::string_view kLoopback4 = "7F";  // the last octets of an address, the first in writing
  constexpr std::string_view kLoopback6 = "00000000000000000000000001000000";
  platform::word(line);
  std::string_view local = platform::word(line);
  platform::word(line);
  const std::string_view address = platform::take(local, ':');
  if (platform::word(line) != kListens || address.ends_with(kLoopback4) || address == kLoopback6) {
    return 0;
  }
  return platform::hex_number<std::uint16_t>(local).value_or(0);
}

// The usual port if someone listens there, or else the lowest; 0 for none.
std::uint16_t port_of(const platform::Host& host, const std::string& process, platform::ReadBuffer& buffer) {
  std::uint16_t best = 0;
  for (const char* const name : {"/net/tcp", "/net/tcp6"}) {
    if (host.proc.read((process + name).c_str(), buffer) != 0) {
      continue;
    }
    for (std::string_view rest = buffer.text(); !rest.empty();) {
      const auto port = open_port(platform::take(rest, '\n'));
      if (port != 0 && best != RedisAddress::kPort && (best == 0 || port < best || port == RedisAddress::kPort)) {
        best = port;
      }
    }
  }
  return best;
}

// The first address of its own that is for others; empty for none.
//   |-- 172.17.0.2
//      /32 host LOCAL
std::string address_of(const platform::Host& host, const std::string& process, platform::ReadBuffer& buffer) {
  if (host.proc.read((process + "/net/fib_trie").c_str(), buffer) != 0) {
    return {};
  }
  std::string_view address;
  for (std::string_view rest = buffer.text(); !rest.empty();) {
    std::string_view line = platform::trim(platform::take(rest, '\n'));
    if (line.starts_with("|-- ")) {
      address = line.substr(4);
    } else if (line == "/32 host LOCAL" && !address.starts_with("127.")) {
      return std::string(address);
    }
  }
  return {};
}

bool is_server(std::string_view command) {
  return std::find(std::begin(kServers), std::end(kServers), command) != std::end(kServers);
}

}  // namespace

std::vector<RedisAddress> ContainerPlaces::look(const platform::Host& host, std::chrono::seconds pause) {
  std::vector<RedisAddress> places;
  const auto now = Clock::now();
  if (looked_ != Clock::time_point{} && now - looked_ < pause) {
    return places;
  }
  looked_ = now;
  std::string ours;
  platform::ProcessTable table(host.proc);
  if (host.proc.link("self/ns/net", ours) != 0 || table.start() != 0) {
    return places;
  }
  platform::ReadBuffer buffer;
  platform::Process process;
  for (std::size_t servers = 0; servers < kMost && table.next(process);) {
    if (!is_server(process.command)) {
      continue;
    }
    ++servers;
    const std::string folder = std::to_string(process.pid);
    for (const auto socket : kSockets) {
      const std::string path = folder + "/root/" + std::string(socket);
      const std::string whole = host.procfs + "/" + path;
      if (host.proc.exists(path.c_str()) && whole.size() <= kLongestPath) {
        add(places, {.host = {}, .port = 0, .path = whole});
      }
    }
    std::string space;
    if (host.proc.link((folder + "/ns/net").c_str(), space) != 0 || space == ours) {
      continue;
    }
    const auto port = port_of(host, folder, buffer);
    if (auto address = address_of(host, folder, buffer); port != 0 && !address.empty()) {
      add(places, {.host = std::move(address), .port = port, .path = {}});
    }
  }
  return places;
}

}  // namespace exporter::redis
