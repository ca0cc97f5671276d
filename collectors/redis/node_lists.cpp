#include "collectors/redis/node_lists.h"

#include <string>

#include "collectors/probe_list.h"
#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis {
namespace {

using platform::RedisAddress;

struct Node {
  std::string_view host;
  std::string_view name;  // announced beside the address; may be empty
  std::string_view port;
};

// False for a node that is not known yet, or whose address got lost.
bool read_node(std::string_view line, Node& node) {
  platform::word(line);  // the node's id
  std::string_view address = platform::word(line);
  const auto flags = platform::word(line);
  if (flags.find("noaddr") != std::string_view::npos || flags.find("handshake") != std::string_view::npos) {
    return false;
  }
  std::string_view where = platform::take(address, ',');
  const auto name = platform::take(address, ',');
  node.name = name.find('=') == std::string_view::npos ? name : std::string_view{};
  where = where.substr(0, where.find('@'));
  const auto colon = where.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  node.host = where.substr(0, colon);
  node.port = where.substr(colon + 1);
  return true;
}

void append(std::string_view host, std::string_view port, const RedisAddress& asked,
            std::vector<RedisAddress>& addresses) {
  const auto number = platform::number<std::uint16_t>(port);
  if (!number || *number == 0 || !plain_host(host)) {
    return;
  }
  RedisAddress& address = addresses.emplace_back(asked);
  address.endpoint = {};
  address.endpoint.host = host;
  address.endpoint.port = *number;
  address.database = 0;
  address.sentinel = false;
  address.group.clear();
}

}  // namespace

void append_cluster_nodes(std::string_view nodes, const RedisAddress& asked, bool names,
                          std::vector<RedisAddress>& addresses) {
  while (!nodes.empty()) {
    Node node;
    if (!read_node(platform::take(nodes, '\n'), node)) {
      continue;
    }
    // A node that is alone does not know its own address.
    const auto host = names && !node.name.empty() ? node.name : node.host;
    append(host.empty() ? std::string_view(asked.endpoint.host) : host, node.port, asked, addresses);
  }
}

void append_sentinel_servers(platform::RedisReply servers, const RedisAddress& asked,
                             std::vector<RedisAddress>& addresses) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    append_sentinel_server(servers[i], asked, addresses);
  }
}

void append_sentinel_server(platform::RedisReply server, const RedisAddress& asked,
                            std::vector<RedisAddress>& addresses) {
  append(array_value(server, "ip").text(), array_value(server, "port").text(), asked, addresses);
}

}  // namespace exporter::redis
