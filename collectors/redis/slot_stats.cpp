// CLUSTER SLOT-STATS ORDERBY KEY-COUNT LIMIT 10 DESC (https://valkey.io/commands/cluster-slot-stats/), from Valkey 8.0
// and Redis 8.2 on: arrays of a slot and its statistics, 866 ["key-count" 512 "cpu-usec" 33000 ...]. All but the first
// one need cluster-slot-stats-enabled, Redis shows memory-bytes as well. Where there is cpu-usec the order by it is
// asked for.
#include <bitset>

#include "collectors/redis/command.h"

namespace exporter::redis::slot_stats {
namespace {

constexpr std::string_view kOption = "redis.top-slots";
constexpr std::int64_t kSlots = 16384;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_cluster_slot_keys", "Keys of a slot.", {"slot"}},
    {MetricType::gauge, "redis_cluster_slot_memory_bytes", "Memory of the keys of a slot.", {"slot"}},
    {MetricType::counter, "redis_cluster_slot_cpu_seconds_total", "CPU time for commands about a slot.", {"slot"}},
    {MetricType::counter, "redis_cluster_slot_input_bytes_total", "Bytes received for a slot.", {"slot"}},
    {MetricType::counter, "redis_cluster_slot_output_bytes_total", "Bytes sent for a slot.", {"slot"}},
};
constexpr std::string_view kCpu = "cpu-usec";
// In the order of kMetrics.
constexpr std::string_view kFields[] = {"key-count", "memory-bytes", kCpu, "network-bytes-in", "network-bytes-out"};
static_assert(std::size(kFields) == std::size(kMetrics));

class SlotStats final : public Command {
 public:
  explicit SlotStats(const Environment& environment) {
    const auto most = environment.options.integer(kOption);
    if (most < 0 || most > kSlots) {
      throw OptionError("option " + std::string(kOption) + ": expected 0 to " + std::to_string(kSlots));
    }
    most_ = most > 0 ? std::to_string(most) : std::string();
    by_cpu_.ask({"CLUSTER", "SLOT-STATS", "ORDERBY", "CPU-USEC", "LIMIT", most_, "DESC"});
  }

  void ask(const ServerInfo& server, Requests& requests) override {
    if (server.mode() == Mode::cluster && !most_.empty()) {
      requests.ask({"CLUSTER", "SLOT-STATS", "ORDERBY", "KEY-COUNT", "LIMIT", most_, "DESC"});
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    shown_.reset();
    cpu_ = false;
    if (replies.empty()) {
      return Outcome::no_data;
    }
    if (!replies[0].is(Reply::Type::array)) {
      return unusable(replies[0], "CLUSTER SLOT-STATS", sink);
    }
    cpu_ = array_value(replies[0][0][1], kCpu).is(Reply::Type::integer);
    show(replies[0], sink);
    return Outcome::ok;
  }

  Outcome ask_on(ServerInfo&, Dialogue& dialogue, Sink& sink, Outcome so_far) override {
    if (!cpu_) {
      return so_far;
    }
    if (!dialogue.exchange(by_cpu_)) {
      sink.problem(Problem::deadline, "CLUSTER SLOT-STATS");
    } else if (const Reply slots = dialogue.reply(0); slots.is(Reply::Type::array)) {
      show(slots, sink);
    } else {
      unusable(slots, "CLUSTER SLOT-STATS", sink);
    }
    return so_far;
  }

 private:
  // Those that are not shown yet.
  void show(Reply slots, Sink& sink) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::int64_t slot = slots[i][0].integer();
      if (!slots[i][0].is(Reply::Type::integer) || slot < 0 || slot >= kSlots) {
        sink.problem(Problem::parse, "CLUSTER SLOT-STATS");
        continue;
      }
      const auto number = static_cast<std::size_t>(slot);
      if (shown_[number]) {
        continue;
      }
      shown_[number] = true;
      show(std::to_string(slot), slots[i][1], sink);
    }
  }
  static void show(const std::string& slot, Reply statistics, Sink& sink) {
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      const Reply value = array_value(statistics, kFields[i]);
      if (!value.is(Reply::Type::integer)) {
        continue;
      }
      if (kFields[i] == kCpu) {
        sink.add(kMetrics[i], static_cast<double>(value.integer()) / 1e6, {slot});
      } else {
        sink.add(kMetrics[i], value.integer(), {slot});
      }
    }
  }

  std::string most_;  // LIMIT; empty: none
  Questions by_cpu_;
  std::bitset<kSlots> shown_;
  bool cpu_ = false;
};

constexpr OptionDesc kOptions[] = {
    {kOption, OptionType::integer, "0",
     "Redis: slots of a cluster's node to show, those with the most keys and those that took the most CPU time; 0: "
     "none."},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<SlotStats>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.slot_stats",
    .summary = "slots with the most keys or CPU time from CLUSTER SLOT-STATS; on with --redis.top-slots",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = kOption,
};

}  // namespace exporter::redis::slot_stats
