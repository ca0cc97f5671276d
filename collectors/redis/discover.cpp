// GET /discover-cluster-nodes: the nodes of a cluster as targets for Prometheus' http_sd_config, from CLUSTER NODES.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "collectors/redis/node_lists.h"
#include "collectors/redis/target.h"
#include "platform/counted.h"
#include "platform/timed_lock.h"

namespace exporter::redis {
namespace {

using platform::RedisAddress;

constexpr int kMostWaiting = 4;  // requests; each holds a thread of the scrape port

std::vector<std::string> targets_of(std::string_view nodes, const RedisAddress& asked, bool names) {
  std::vector<RedisAddress> addresses;
  append_cluster_nodes(nodes, asked, names, addresses);
  std::vector<std::string> targets;
  targets.reserve(addresses.size());
  for (const auto& address : addresses) {
    targets.push_back((address.tls ? "rediss://" : "redis://") + address.shown());
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

std::string json_of(const std::vector<std::string>& targets) {
  std::string text = "[\n  {\n    \"targets\": [";
  for (const auto& target : targets) {
    text.append(&target == &targets.front() ? "\n" : ",\n").append("      \"").append(target).append("\"");
  }
  return text.append(targets.empty() ? "" : "\n    ").append("],\n    \"labels\": {}\n  }\n]\n");
}

class ClusterNodes final : public Discoverer {
 public:
  explicit ClusterNodes(const Environment& environment)
      : on_(environment.options.flag("is-cluster")),
        names_(environment.options.flag("cluster-discover-hostnames")),
        seeds_(cluster_seeds(environment.options)),
        access_(access_of(environment)) {
    constexpr std::string_view kWords[] = {"CLUSTER", "NODES"};
    platform::append_redis_command(command_, std::data(kWords), std::size(kWords));
    if (on_ && !seeds_.empty()) {
      connection_ = std::make_unique<platform::RedisConnection>(
          seeds_, std::string{}, platform::RedisLimits{},
          platform::RedisAccess{.logins = &access_.logins(),
                                .allowed = platform::RedisLogins::Allowed::all,
                                .tls = &access_.tls(),
                                .server_name = {}});
    }
  }

  Answer discover(const platform::Deadline& deadline) override {
    if (!connection_) {
      return {400, "start with --is-cluster, and --redis.addr with some of the cluster's nodes"};
    }
    const platform::Counted waiting(waiting_);
    std::unique_lock lock(mutex_, std::defer_lock);
    if (waiting.number > kMostWaiting || !lock.try_lock_until(deadline.at)) {
      return {503, "other requests for the cluster's nodes are under way, try again later"};
    }
    if (connection_->exchange(command_, 1, deadline) != platform::RedisConnection::Failure::none) {
      return {500, with_remedy(connection_->reason(), connection_->fault())};
    }
    const Reply nodes = connection_->reply(0);
    if (!nodes.is(Reply::Type::text)) {
      return {500, nodes.is(Reply::Type::error) ? connection_->error_line(nodes)
                                                : "CLUSTER NODES was not answered with text"};
    }
    return {200, json_of(targets_of(nodes.text(), connection_->address(), names_))};
  }

 private:
  const bool on_;
  const bool names_;
  const std::vector<RedisAddress> seeds_;
  Access& access_;
  std::atomic<std::int64_t> waiting_{0};
  platform::TimedLock mutex_;
  std::unique_ptr<platform::RedisConnection> connection_;
  std::string command_;
};

}  // namespace

std::unique_ptr<Discoverer> make_discoverer(const Environment& environment) {
  return std::make_unique<ClusterNodes>(environment);
}

}  // namespace exporter::redis
