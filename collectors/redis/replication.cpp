// INFO, section Replication: "slave0:ip=10.0.0.7,port=6379,state=online,offset=42,lag=1" on a master;
// "master_host:10.0.0.1", "master_link_status:up" and so on on a replica. KeyDB numbers several masters:
// "master_1_host". Fields without labels are in info_table.h.
#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis::replication {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_master_link_up", "1 when the link to the master is up.", {"master_host", "master_port"}},
    {MetricType::gauge,
     "redis_master_last_io_seconds_ago",
     "Seconds since the master was last heard; -1 while the link is down.",
     {"master_host", "master_port"}},
    {MetricType::gauge,
     "redis_master_sync_in_progress",
     "1 while the replica takes over the master's data.",
     {"master_host", "master_port"}},
    {MetricType::gauge,
     "redis_slave_repl_offset",
     "Replication offset of this replica.",
     {"master_host", "master_port"}},
    {MetricType::gauge,
     "redis_slave_info",
     "A replica's master and whether it is read-only, in labels; always 1.",
     {"master_host", "master_port", "read_only"}},
    {MetricType::gauge,
     "redis_connected_slave_offset_bytes",
     "Replication offset of a connected replica.",
     {"slave_ip", "slave_port", "slave_state"}},
    {MetricType::gauge,
     "redis_connected_slave_lag_seconds",
     "Seconds since a connected replica was last heard.",
     {"slave_ip", "slave_port", "slave_state"}},
};
constexpr const MetricDesc& kLinkUp = kMetrics[0];
constexpr const MetricDesc& kLastIo = kMetrics[1];
constexpr const MetricDesc& kSync = kMetrics[2];
constexpr const MetricDesc& kOffset = kMetrics[3];
constexpr const MetricDesc& kInfo = kMetrics[4];
constexpr const MetricDesc& kSlaveOffset = kMetrics[5];
constexpr const MetricDesc& kSlaveLag = kMetrics[6];

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

class Replication final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    const auto section = info_section(replies[0].text(), "Replication");
    if (section.empty()) {
      return Outcome::no_data;
    }
    std::string_view rest = section;
    std::string_view field;
    std::string_view value;
    while (next_field(rest, field, value)) {
      if (field.starts_with("slave") && all_digits(field.substr(5))) {
        read_slave(field, value, sink);
      } else if (field == "master_host") {
        read_master(section, "master_", value, sink);
      } else if (field.starts_with("master_") && field.ends_with("_host") && field.size() > 12 &&
                 all_digits(field.substr(7, field.size() - 12))) {
        read_master(section, field.substr(0, field.size() - 4), value, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  void read_slave(std::string_view field, std::string_view list, Sink& sink) {
    std::string_view ip;
    std::string_view port;
    std::string_view state;
    std::string_view offset;
    std::string_view lag;
    std::string_view name;
    std::string_view value;
    while (next_item(list, name, value)) {
      for (const auto& [wanted, to] : {std::pair{std::string_view("ip"), &ip},
                                       {"port", &port},
                                       {"state", &state},
                                       {"offset", &offset},
                                       {"lag", &lag}}) {
        if (name == wanted) {
          *to = value;
        }
      }
    }
    Value number = 0;
    if (!parse_value(offset, 1, number)) {
      sink.problem(Problem::parse, field);
      return;
    }
    sink.add(kSlaveOffset, number, {ip, port, state});
    if (parse_value(lag, 1, number)) {
      sink.add(kSlaveLag, number, {ip, port, state});
    }
  }

  std::string_view of_master(std::string_view section, std::string_view prefix, std::string_view rest) {
    name_.assign(prefix).append(rest);
    return info_field(section, name_);
  }

  void read_master(std::string_view section, std::string_view prefix, std::string_view host, Sink& sink) {
    const auto port = of_master(section, prefix, "port");
    const auto link = of_master(section, prefix, "link_status");
    if (!link.empty()) {
      sink.add(kLinkUp, link == "up" ? 1 : 0, {host, port});
    }
    number(kLastIo, of_master(section, prefix, "last_io_seconds_ago"), host, port, sink);
    number(kSync, of_master(section, prefix, "sync_in_progress"), host, port, sink);
    number(kOffset, info_field(section, "slave_repl_offset"), host, port, sink);
    sink.add(kInfo, 1, {host, port, info_field(section, "slave_read_only")});
  }

  static void number(const MetricDesc& metric, std::string_view text, std::string_view host, std::string_view port,
                     Sink& sink) {
    Value value = 0;
    if (parse_value(text, 1, value)) {
      sink.add(metric, value, {host, port});
    } else if (!text.empty()) {
      sink.problem(Problem::parse, metric.name);
    }
  }

  std::string name_;
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Replication>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.replication",
    .summary = "replicas of a master, the master of a replica",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::replication
