// COMMANDLOG LEN slow|large-request|large-reply: integers; CONFIG GET commandlog-*. Valkey 8.1 and later
// (https://valkey.io/commands/commandlog-len/).
#include "collectors/redis/command.h"

namespace exporter::redis::commandlog {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_commandlog_slow_length", "Entries in the log of slow commands."},
    {MetricType::gauge, "redis_commandlog_large_request_length", "Entries in the log of large requests."},
    {MetricType::gauge, "redis_commandlog_large_reply_length", "Entries in the log of large replies."},
    {MetricType::gauge, "redis_commandlog_execution_slower_than",
     "Setting commandlog-execution-slower-than, in microseconds."},
    {MetricType::gauge, "redis_commandlog_slow_execution_max_len", "Setting commandlog-slow-execution-max-len."},
    {MetricType::gauge, "redis_commandlog_request_larger_than", "Setting commandlog-request-larger-than, in bytes."},
    {MetricType::gauge, "redis_commandlog_large_request_max_len", "Setting commandlog-large-request-max-len."},
    {MetricType::gauge, "redis_commandlog_reply_larger_than", "Setting commandlog-reply-larger-than, in bytes."},
    {MetricType::gauge, "redis_commandlog_large_reply_max_len", "Setting commandlog-large-reply-max-len."},
};
constexpr std::string_view kLogs[] = {"slow", "large-request", "large-reply"};
constexpr std::string_view kSettings[] = {
    "commandlog-execution-slower-than", "commandlog-slow-execution-max-len", "commandlog-request-larger-than",
    "commandlog-large-request-max-len", "commandlog-reply-larger-than",      "commandlog-large-reply-max-len",
};
constexpr std::size_t kLogCount = std::size(kLogs);

class Commandlog final : public Command {
 public:
  void ask(const ServerInfo& server, Requests& requests) override {
    if (!server.has_command_log()) {
      return;
    }
    for (const auto log : kLogs) {
      requests.ask({"COMMANDLOG", "LEN", log});
    }
    requests.ask_config({"GET", "commandlog-*"});
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (replies.size() <= kLogCount) {
      return Outcome::no_data;
    }
    Outcome outcome = Outcome::no_data;
    for (std::size_t i = 0; i < kLogCount; ++i) {
      if (replies[i].is(Reply::Type::integer)) {
        sink.add(kMetrics[i], replies[i].integer());
        outcome = Outcome::ok;
      } else {
        unusable(replies[i], "COMMANDLOG LEN", sink);
      }
    }
    if (!replies[kLogCount].is(Reply::Type::array)) {
      unusable(replies[kLogCount], "CONFIG GET commandlog-*", sink);
      return outcome;
    }
    for (std::size_t i = 0; i < std::size(kSettings); ++i) {
      Value value = 0;
      if (parse_value(array_value(replies[kLogCount], kSettings[i]).text(), 1, value)) {
        sink.add(kMetrics[kLogCount + i], value);
        outcome = Outcome::ok;
      }
    }
    return outcome;
  }
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Commandlog>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.commandlog",
    .summary = "logs of slow and large commands (Valkey)",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::redis::commandlog
