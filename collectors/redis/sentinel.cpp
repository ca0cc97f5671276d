// INFO of a Sentinel, section Sentinel: "sentinel_masters:1",
// "master0:name=mymaster,status=ok,address=10.0.0.1:6379,slaves=2,sentinels=3"; SENTINEL MASTERS: an array of names and
// values for each master, "name" "mymaster" "ip" "10.0.0.1" "port" "6379" "quorum" "2" ...
#include "collectors/redis/command.h"

namespace exporter::redis::sentinel {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_sentinel_masters", "Masters this Sentinel watches."},
    {MetricType::gauge, "redis_sentinel_tilt", "1 while this Sentinel mistrusts its clock and does not act."},
    {MetricType::gauge, "redis_sentinel_running_scripts", "Notification scripts that run."},
    {MetricType::gauge, "redis_sentinel_scripts_queue_length", "Notification scripts that wait."},
    {MetricType::gauge, "redis_sentinel_simulate_failure_flags", "Failures that are simulated, as a bit mask."},
    {MetricType::gauge,
     "redis_sentinel_master_status",
     "1 when the master is well.",
     {"master_name", "master_address", "master_status"}},
    {MetricType::gauge, "redis_sentinel_master_slaves", "Replicas of the master.", {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_sentinels",
     "Sentinels that watch the master, this one counted.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_setting_ckquorum",
     "Sentinels that must agree that the master is down.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_setting_failover_timeout",
     "Setting failover-timeout, in milliseconds.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_setting_parallel_syncs",
     "Setting parallel-syncs: replicas that resync at the same time after a failover.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_setting_down_after_milliseconds",
     "Setting down-after-milliseconds.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_config_epoch",
     "Epoch of the master's configuration; grows with every failover.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_last_ok_ping_reply_seconds",
     "Seconds since the master last answered a ping well.",
     {"master_name", "master_address"}},
};
constexpr std::string_view kFields[] = {"sentinel_masters", "sentinel_tilt", "sentinel_running_scripts",
                                        "sentinel_scripts_queue_length", "sentinel_simulate_failure_flags"};
constexpr const MetricDesc& kStatus = kMetrics[5];
constexpr const MetricDesc& kSlaves = kMetrics[6];
constexpr const MetricDesc& kSentinels = kMetrics[7];

struct MasterField {
  std::string_view name;
  const MetricDesc& metric;
  double divisor;
};
constexpr MasterField kMasterFields[] = {
    {"quorum", kMetrics[8], 1},          {"failover-timeout", kMetrics[9], 1},
    {"parallel-syncs", kMetrics[10], 1}, {"down-after-milliseconds", kMetrics[11], 1},
    {"config-epoch", kMetrics[12], 1},   {"last-ok-ping-reply", kMetrics[13], 1000},
};

class Sentinel final : public Command {
 public:
  void ask(const ServerInfo& server, Requests& requests) override {
    if (server.mode() == Mode::sentinel) {
      requests.ask_info();
      requests.ask({"SENTINEL", "MASTERS"});
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (replies.empty()) {
      return Outcome::no_data;
    }
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    std::string_view rest = info_section(replies[0].text(), "Sentinel");
    std::string_view field;
    std::string_view text;
    while (next_field(rest, field, text)) {
      if (field.starts_with("master")) {
        read_master(text, sink);
        continue;
      }
      for (std::size_t i = 0; i < std::size(kFields); ++i) {
        Value value = 0;
        if (kFields[i] != field) {
          continue;
        }
        if (parse_value(text, 1, value)) {
          sink.add(kMetrics[i], value);
        } else {
          sink.problem(Problem::parse, field);
        }
      }
    }
    if (replies[1].is(Reply::Type::array)) {
      read_settings(replies[1], sink);
    } else {
      unusable(replies[1], "SENTINEL MASTERS", sink);
    }
    return Outcome::ok;
  }

 private:
  void read_settings(Reply masters, Sink& sink) {
    for (std::size_t i = 0; i < masters.size(); ++i) {
      const auto name = array_value(masters[i], "name").text();
      if (name.empty()) {
        sink.problem(Problem::parse, "SENTINEL MASTERS");
        continue;
      }
      address_ = array_value(masters[i], "ip").text();
      address_ += ':';
      address_ += array_value(masters[i], "port").text();
      for (const auto& field : kMasterFields) {
        const auto text = array_value(masters[i], field.name).text();
        Value value = 0;
        if (parse_value(text, field.divisor, value)) {
          sink.add(field.metric, value, {name, address_});
        } else if (!text.empty()) {
          sink.problem(Problem::parse, field.metric.name);
        }
      }
    }
  }

  static void read_master(std::string_view list, Sink& sink) {
    std::string_view name;
    std::string_view status;
    std::string_view address;
    std::string_view slaves;
    std::string_view sentinels;
    std::string_view item;
    std::string_view text;
    while (next_item(list, item, text)) {
      for (const auto& [wanted, to] : {std::pair{std::string_view("name"), &name},
                                       {"status", &status},
                                       {"address", &address},
                                       {"slaves", &slaves},
                                       {"sentinels", &sentinels}}) {
        if (item == wanted) {
          *to = text;
        }
      }
    }
    if (name.empty() || status.empty()) {
      sink.problem(Problem::parse, "Sentinel master");
      return;
    }
    sink.add(kStatus, status == "ok" ? 1 : 0, {name, address, status});
    Value value = 0;
    if (parse_value(slaves, 1, value)) {
      sink.add(kSlaves, value, {name, address});
    }
    if (parse_value(sentinels, 1, value)) {
      sink.add(kSentinels, value, {name, address});
    }
  }
  std::string address_;
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Sentinel>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.sentinel",
    .summary = "masters watched by a Sentinel, from INFO and SENTINEL MASTERS",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::sentinel
