// CLUSTER INFO (https://redis.io/docs/latest/commands/cluster-info/), where cluster mode is on:
// "cluster_slots_ok:16384". Fields that are not in the table go out under their own names:
// cluster_stats_messages_ping_sent and so on.
#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis::cluster {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_cluster_state", "1 when the cluster serves requests."},
    {MetricType::gauge, "redis_cluster_slots_assigned", "Slots that belong to a node."},
    {MetricType::gauge, "redis_cluster_slots_ok", "Slots whose node is well."},
    {MetricType::gauge, "redis_cluster_slots_pfail", "Slots whose node this node cannot reach."},
    {MetricType::gauge, "redis_cluster_slots_fail", "Slots whose node has failed."},
    {MetricType::gauge, "redis_cluster_known_nodes", "Nodes that this node knows."},
    {MetricType::gauge, "redis_cluster_size", "Masters that own slots."},
    {MetricType::gauge, "redis_cluster_current_epoch", "Newest epoch of the cluster."},
    {MetricType::gauge, "redis_cluster_my_epoch", "Configuration epoch of this node."},
    {MetricType::gauge, "redis_cluster_messages_sent_total", "Messages sent to other nodes.", {}, Naming::legacy},
    {MetricType::gauge,
     "redis_cluster_messages_received_total",
     "Messages received from other nodes.",
     {},
     Naming::legacy},
};
constexpr std::string_view kFields[] = {
    "cluster_state",
    "cluster_slots_assigned",
    "cluster_slots_ok",
    "cluster_slots_pfail",
    "cluster_slots_fail",
    "cluster_known_nodes",
    "cluster_size",
    "cluster_current_epoch",
    "cluster_my_epoch",
    "cluster_stats_messages_sent",
    "cluster_stats_messages_received",
};
static_assert(std::size(kFields) == std::size(kMetrics), "one field for each metric, in the same order");
constexpr std::size_t kMostPassed = 128;

class Cluster final : public Command {
 public:
  void ask(const ServerInfo& server, Requests& requests) override {
    if (server.mode() == Mode::cluster) {
      requests.ask({"CLUSTER", "INFO"});
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (replies.empty()) {
      return Outcome::no_data;
    }
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "CLUSTER INFO", sink);
    }
    std::string_view rest = replies[0].text();
    std::string_view field;
    std::string_view text;
    std::size_t passed = 0;
    while (next_field(rest, field, text)) {
      Value value = 0;
      if (!field.starts_with("cluster_")) {
        continue;
      }
      if (!parse_value(text, 1, value)) {
        sink.problem(Problem::parse, field);
      } else if (!write_known(field, value, sink)) {
        if (++passed > kMostPassed) {
          sink.problem(Problem::limit, "CLUSTER INFO");
          break;
        }
        name_ = "redis_";
        append_sanitized_name(name_, field);
        sink.add(sink.dynamic(MetricType::gauge, name_, "Field of CLUSTER INFO, as the server names it."), value);
      }
    }
    return Outcome::ok;
  }

 private:
  static bool write_known(std::string_view field, Value value, Sink& sink) {
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      if (kFields[i] == field) {
        sink.add(kMetrics[i], value);
        return true;
      }
    }
    return false;
  }
  std::string name_;
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Cluster>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.cluster",
    .summary = "state of the cluster from CLUSTER INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::cluster
