// INFO of a Sentinel, section Sentinel: "sentinel_masters:1",
// "master0:name=mymaster,status=ok,address=10.0.0.1:6379,slaves=2,sentinels=3"
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
};
constexpr std::string_view kFields[] = {"sentinel_masters", "sentinel_tilt", "sentinel_running_scripts",
                                        "sentinel_scripts_queue_length", "sentinel_simulate_failure_flags"};
constexpr const MetricDesc& kStatus = kMetrics[5];
constexpr const MetricDesc& kSlaves = kMetrics[6];
constexpr const MetricDesc& kSentinels = kMetrics[7];

class Sentinel final : public Command {
 public:
  void ask(const ServerInfo& server, Requests& requests) override {
    if (server.mode() == Mode::sentinel) {
      requests.ask_info();
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
    return Outcome::ok;
  }

 private:
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
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Sentinel>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.sentinel",
    .summary = "masters watched by a Sentinel, from INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::sentinel
