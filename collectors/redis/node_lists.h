// What servers say of others: the nodes of a cluster, and what a Sentinel watches.
#pragma once
#include <string_view>
#include <vector>

#include "platform/redis_address.h"
#include "platform/redis_reply.h"

namespace exporter::redis {

// All append addresses like `asked`, with its TLS and login and another host and port. What they say is written by
// others: only what can be the name or address of a host goes on.

// `nodes` is the reply to CLUSTER NODES (https://redis.io/docs/latest/commands/cluster-nodes/), a line for each:
// "07c37df... 10.0.0.4:30004@31004,node4,shard-id=69bc... slave e7d1eec... 0 1426238317239 4 connected"
// Nodes that nobody can connect to are left out. A node without an address is `asked`. `names`: by the host names that
// they announce, where they do.
void append_cluster_nodes(std::string_view nodes, const platform::RedisAddress& asked, bool names,
                          std::vector<platform::RedisAddress>& addresses);

// `servers` is the reply to SENTINEL MASTERS, SLAVES or SENTINELS
// (https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/), an array of names and values for each
// server: "ip" "10.0.0.2" "port" "6379" ...
void append_sentinel_servers(platform::RedisReply servers, const platform::RedisAddress& asked,
                             std::vector<platform::RedisAddress>& addresses);
// One element of it.
void append_sentinel_server(platform::RedisReply server, const platform::RedisAddress& asked,
                            std::vector<platform::RedisAddress>& addresses);

}  // namespace exporter::redis
