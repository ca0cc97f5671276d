// CONFIG GET (https://redis.io/docs/latest/commands/config-get/): names and values in one array,
// "maxclients" "10000" "client-output-buffer-limit" "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608
// 60"
#include <array>

#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis::config {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_config_maxclients", "Setting maxclients."},
    {MetricType::gauge, "redis_config_maxmemory", "Setting maxmemory, in bytes; 0 for no limit."},
    {MetricType::gauge, "redis_config_io_threads", "Setting io-threads."},
    {MetricType::gauge, "redis_config_repl_backlog_size", "Setting repl-backlog-size, in bytes."},
    {MetricType::gauge,
     "redis_config_client_output_buffer_limit_bytes",
     "Setting client-output-buffer-limit: sizes; 0 for no limit.",
     {"class", "limit"}},
    {MetricType::gauge,
     "redis_config_client_output_buffer_limit_overcome_seconds",
     "Setting client-output-buffer-limit: how long the soft limit may be passed.",
     {"class", "limit"}},
    {MetricType::gauge, "redis_config_key_value", "A setting and its value, in labels; always 1.", {"key", "value"}},
    {MetricType::gauge, "redis_config_value", "A setting that is a number.", {"key"}},
    {MetricType::gauge,
     "redis_sentinel_config_key_value",
     "A setting of a Sentinel and its value, in labels; always 1.",
     {"key", "value"}},
    {MetricType::gauge, "redis_sentinel_config_value", "A setting of a Sentinel that is a number.", {"key"}},
};
constexpr const MetricDesc& kLimit = kMetrics[4];
constexpr const MetricDesc& kOvercome = kMetrics[5];
constexpr const MetricDesc& kKeyValue = kMetrics[6];
constexpr const MetricDesc& kValue = kMetrics[7];
constexpr const MetricDesc& kSentinelKeyValue = kMetrics[8];
constexpr const MetricDesc& kSentinelValue = kMetrics[9];

struct Setting {
  std::string_view name;
  const MetricDesc& metric;
};
constexpr Setting kSettings[] = {
    {"maxclients", kMetrics[0]},
    {"maxmemory", kMetrics[1]},
    {"io-threads", kMetrics[2]},
    {"repl-backlog-size", kMetrics[3]},
};

bool secret(std::string_view key) noexcept {
  for (const std::string_view name :
       {"masterauth", "requirepass", "tls-key-file-pass", "tls-client-key-file-pass", "sentinel-pass"}) {
    if (key == name) {
      return true;
    }
  }
  return false;
}

class Config final : public Command {
 public:
  explicit Config(const Environment& environment)
      : all_(environment.options.flag("include-config-metrics")),
        redact_(environment.options.flag("redact-config-metrics")) {}

  void ask(const ServerInfo& server, Requests& requests) override {
    sentinel_ = server.mode() == Mode::sentinel;
    if (sentinel_ && all_) {
      requests.ask({"SENTINEL", "CONFIG", "GET", "*"});  // Redis 6.2
    } else if (all_) {
      requests.ask_config({"GET", "*"});
    } else {
      requests.ask_settings();
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    const Reply settings = replies[0];
    if (!settings.is(Reply::Type::array)) {
      return unusable(settings, "CONFIG GET", sink);
    }
    for (std::size_t i = 0; i + 1 < settings.size(); i += 2) {
      if (sentinel_) {
        show(settings[i].text(), settings[i + 1].text(), kSentinelKeyValue, kSentinelValue, sink);
        continue;
      }
      read_setting(settings[i].text(), settings[i + 1].text(), sink);
    }
    return Outcome::ok;
  }

 private:
  void read_setting(std::string_view key, std::string_view text, Sink& sink) const {
    Value value = 0;
    const auto number = platform::lenient_number(text).has_value() && parse_value(text, 1, value);
    for (const auto& setting : kSettings) {
      if (setting.name == key && number) {
        sink.add(setting.metric, value);
      }
    }
    if (key == "client-output-buffer-limit") {
      read_limits(text, sink);
    }
    show(key, text, kKeyValue, kValue, sink);
  }

  void show(std::string_view key, std::string_view text, const MetricDesc& key_value, const MetricDesc& value_metric,
            Sink& sink) const {
    if (!all_ || key.empty() || (redact_ && secret(key))) {
      return;
    }
    sink.add(key_value, 1, {key, text});
    Value value = 0;
    if (platform::lenient_number(text) && parse_value(text, 1, value)) {
      sink.add(value_metric, value, {key});
    }
  }

  // Groups of class, hard limit, soft limit, seconds.
  static void read_limits(std::string_view text, Sink& sink) {
    for (;;) {
      const auto client_class = platform::word(text);
      const auto hard = platform::number<std::int64_t>(platform::word(text));
      const auto soft = platform::number<std::int64_t>(platform::word(text));
      const auto seconds = platform::number<std::int64_t>(platform::word(text));
      if (client_class.empty()) {
        return;
      }
      if (!hard || !soft || !seconds) {
        sink.problem(Problem::parse, "client-output-buffer-limit");
        return;
      }
      sink.add(kLimit, *hard, {client_class, "hard"});
      sink.add(kLimit, *soft, {client_class, "soft"});
      sink.add(kOvercome, *seconds, {client_class, "soft"});
    }
  }

  bool all_;
  bool redact_;
  bool sentinel_ = false;  // the server at hand
};

constexpr OptionDesc kOptions[] = {
    {"include-config-metrics", OptionType::flag, "false", "Redis: export every setting of CONFIG GET.",
     "REDIS_EXPORTER_INCL_CONFIG_METRICS"},
    {"redact-config-metrics", OptionType::flag, "true", "Redis: leave out settings that hold passwords.",
     "REDIS_EXPORTER_REDACT_CONFIG_METRICS"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Config>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.config",
    .summary = "settings from CONFIG GET",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::redis::config
