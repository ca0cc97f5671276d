// INFO, section Keyspace: "db0:keys=60006,expires=30000,avg_ttl=8812345,subexpiry=0"; CONFIG GET databases says how
// many databases there are besides those with keys.
#include <bitset>

#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis::keyspace {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_db_keys", "Keys in a database.", {"db"}},
    {MetricType::gauge, "redis_db_keys_expiring", "Keys in a database that have a time to live.", {"db"}},
    {MetricType::gauge, "redis_db_avg_ttl_seconds", "Estimated mean time to live of these keys.", {"db"}},
    {MetricType::gauge, "redis_db_keys_cached", "Keys of a database held in the cache (KeyDB).", {"db"}},
    {MetricType::gauge,
     "redis_db_keys_with_expiring_items",
     "Keys in a database with items that have a time to live of their own.",
     {"db"}},
};
constexpr const MetricDesc& kKeys = kMetrics[0];
constexpr const MetricDesc& kExpiring = kMetrics[1];

// Items by name, since servers add some in the middle.
constexpr Item kItems[] = {
    {"keys", kKeys, 1},
    {"expires", kExpiring, 1},
    {"avg_ttl", kMetrics[2], 1000},
    {"cached_keys", kMetrics[3], 1},
    {"subexpiry", kMetrics[4], 1},                // Redis 7.4
    {"keys_with_volatile_items", kMetrics[4], 1}  // Valkey 9
};

constexpr std::size_t kMostFilled = 1024;    // some servers have 100,000 databases, nearly all empty
constexpr std::size_t kUsualDatabases = 16;  // where CONFIG is not for us

class Keyspace final : public Command {
 public:
  explicit Keyspace(const Environment& environment)
      : fill_(environment.options.flag("include-metrics-for-empty-databases")) {}

  void ask(const ServerInfo& server, Requests& requests) override {
    requests.ask_info();
    if (fill_ && server.mode() == Mode::standalone) {
      requests.ask_settings();
    }
  }

  Outcome read(const ServerInfo& server, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    if (server.mode() == Mode::sentinel) {
      return Outcome::no_data;
    }
    std::bitset<kMostFilled> seen;
    std::string_view rest = info_section(replies[0].text(), "Keyspace");
    std::string_view field;
    std::string_view value;
    while (next_field(rest, field, value)) {
      const auto number = field.starts_with("db") ? platform::number<std::size_t>(field.substr(2)) : std::nullopt;
      if (!number) {
        sink.problem(Problem::parse, field);
        continue;
      }
      add_items(value, kItems, field, sink);
      if (*number < seen.size()) {
        seen.set(*number);
      }
    }
    const std::size_t databases = fill_ ? std::min(count(server, replies, sink), kMostFilled) : 0;
    for (std::size_t number = 0; number < databases; ++number) {
      if (!seen[number]) {
        name_ = "db";
        name_ += std::to_string(number);
        sink.add(kKeys, 0, {name_});
        sink.add(kExpiring, 0, {name_});
      }
    }
    return Outcome::ok;
  }

 private:
  static std::size_t count(const ServerInfo& server, std::span<const Reply> replies, Sink& sink) {
    if (server.mode() == Mode::cluster) {
      return 1;
    }
    const Reply setting = replies.size() > 1 ? array_value(replies[1], "databases") : Reply();
    const auto databases = platform::number<std::size_t>(setting.text());
    if (!databases && setting.is(Reply::Type::text)) {
      sink.problem(Problem::parse, "CONFIG GET databases");
    }
    return databases.value_or(kUsualDatabases);
  }

  bool fill_;
  std::string name_;
};

constexpr OptionDesc kOptions[] = {
    {"include-metrics-for-empty-databases", OptionType::flag, "true", "Redis: show databases without keys as well.",
     "REDIS_EXPORTER_INCL_METRICS_FOR_EMPTY_DATABASES"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Keyspace>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.keyspace",
    .summary = "keys per database from INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::redis::keyspace
