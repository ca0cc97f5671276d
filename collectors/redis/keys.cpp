// Keys and streams that the options name: TYPE, MEMORY USAGE, LLEN and its like, XINFO (key_reader.h, stream_reader.h).
// Those named by their full name are read with the scrape, those that patterns find between scrapes (key_walk.h).
#include <algorithm>

#include "collectors/redis/command.h"
#include "collectors/redis/key_metrics.h"
#include "collectors/redis/key_walk.h"
#include "platform/text.h"

namespace exporter::redis::keys {
namespace {

constexpr std::size_t kAtOnce = 500;                   // keys in one write
constexpr std::chrono::milliseconds kFirstWait{1000};  // most that the first page waits for what patterns find
constexpr const MetricDesc& kGroupsDuration = metric("redis_last_key_groups_scrape_duration_milliseconds");

class Keys final : public Command {
 public:
  explicit Keys(const Environment& environment)
      : plan_(environment.options), reader_(plan_.values), streams_(plan_.consumers) {
    const auto by_database = [](const KeyName& a, const KeyName& b) { return a.database < b.database; };
    std::stable_sort(plan_.single_keys.begin(), plan_.single_keys.end(), by_database);
    std::stable_sort(plan_.single_streams.begin(), plan_.single_streams.end(), by_database);
  }

  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo& server, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    const auto info = replies[0].text();
    replica_ = info_field(info, "role") == "slave";
    filled_.clear();
    std::string_view rest = info_section(info, "Keyspace");
    std::string_view field;
    std::string_view value;
    while (next_field(rest, field, value)) {
      const auto number = field.starts_with("db") ? platform::number<int>(field.substr(2)) : std::nullopt;
      if (number && *number >= 0) {
        filled_.push_back(*number);
      }
    }
    return server.mode() == Mode::sentinel ? Outcome::no_data : Outcome::ok;
  }

  Outcome ask_on(ServerInfo& server, Dialogue& dialogue, Sink& sink, Outcome so_far) override {
    if (so_far != Outcome::ok) {
      return so_far;
    }
    const bool all = replica_ || !plan_.replicas_only;
    if (!walk_ && plan_.scans()) {
      if (auto connection = dialogue.another()) {
        walk_ = std::make_unique<KeyWalk>(plan_, std::move(connection));
      }
    }
    if (walk_) {
      walk_->update(filled_, all);
    }
    if (all && !(read_keys(server, dialogue, sink) && read_streams(server, dialogue, sink))) {
      sink.problem(Problem::deadline, "single keys");
    }
    if (walk_) {
      walk_->await_first(std::min(dialogue.deadline(), KeyWalk::Clock::now() + kFirstWait));
      walk_->show(sink);
    }
    sink.add(kGroupsDuration, walk_ ? walk_->groups_milliseconds() : 0);
    return Outcome::ok;
  }

 private:
  // The names from `begin` on that are of one database, kAtOnce at most.
  static std::size_t end_of_portion(const std::vector<KeyName>& names, std::size_t begin) {
    std::size_t end = begin;
    while (end < names.size() && end - begin < kAtOnce && names[end].database == names[begin].database) {
      ++end;
    }
    return end;
  }

  bool read_keys(ServerInfo& server, Dialogue& dialogue, Sink& sink) {
    ShownSamples out(sink);
    const auto& names = plan_.single_keys;
    for (std::size_t begin = 0, end = 0; begin < names.size(); begin = end) {
      end = end_of_portion(names, begin);
      entries_.clear();
      for (std::size_t i = begin; i < end; ++i) {
        entries_.push_back({.name = names[i].text, .named = true, .key = true});
      }
      if (!reader_.look(server, dialogue, names[begin].database, entries_, out) ||
          !reader_.show(server, dialogue, names[begin].database, entries_, out)) {
        return false;
      }
    }
    return true;
  }

  bool read_streams(ServerInfo& server, Dialogue& dialogue, Sink& sink) {
    ShownSamples out(sink);
    const auto& names = plan_.single_streams;
    for (std::size_t begin = 0, end = 0; begin < names.size(); begin = end) {
      end = end_of_portion(names, begin);
      texts_.clear();
      for (std::size_t i = begin; i < end; ++i) {
        texts_.push_back(names[i].text);
      }
      if (!streams_.read(server, dialogue, names[begin].database, texts_, out)) {
        return false;
      }
    }
    return true;
  }

  KeyPlan plan_;
  KeyReader reader_;
  StreamReader streams_;
  bool replica_ = false;
  std::vector<int> filled_;  // databases that hold keys
  std::vector<KeyEntry> entries_;
  std::vector<std::string_view> texts_;
  std::unique_ptr<KeyWalk> walk_;  // last: it uses the plan
};

constexpr OptionDesc kOptions[] = {
    {"check-keys", OptionType::text, "",
     "Redis: keys to show with size, memory and value: db0=user:*,db3=queue; names with ?*[]^ are patterns, which SCAN "
     "finds between scrapes.",
     "REDIS_EXPORTER_CHECK_KEYS"},
    {"check-single-keys", OptionType::text, "", "Redis: keys to show likewise, by their full names.",
     "REDIS_EXPORTER_CHECK_SINGLE_KEYS"},
    {"count-keys", OptionType::text, "", "Redis: patterns whose keys are counted: db0=user:*,db1=session:*.",
     "REDIS_EXPORTER_COUNT_KEYS"},
    {"check-key-groups", OptionType::text, "",
     "Redis: Lua patterns, separated by commas; keys are added up by what the first one that matches captures.",
     "REDIS_EXPORTER_CHECK_KEY_GROUPS"},
    {"check-streams", OptionType::text, "", "Redis: streams to show, as --check-keys.", "REDIS_EXPORTER_CHECK_STREAMS"},
    {"check-single-streams", OptionType::text, "", "Redis: streams to show, by their full names.",
     "REDIS_EXPORTER_CHECK_SINGLE_STREAMS"},
    {"streams-exclude-consumer-metrics", OptionType::flag, "false", "Redis: do not ask for the consumers of streams.",
     "REDIS_EXPORTER_STREAMS_EXCLUDE_CONSUMER_METRICS"},
    {"check-keys-batch-size", OptionType::integer, "1000", "Redis: most keys that are asked for at once.",
     "REDIS_EXPORTER_CHECK_KEYS_BATCH_SIZE"},
    {"max-distinct-key-groups", OptionType::integer, "100",
     "Redis: most key groups of a database, those with the most memory; the rest is the group overflow.",
     "REDIS_EXPORTER_MAX_DISTINCT_KEY_GROUPS"},
    {"disable-exporting-key-values", OptionType::flag, "false", "Redis: neither read nor show values of keys.",
     "REDIS_EXPORTER_DISABLE_EXPORTING_KEY_VALUES"},
    {"skip-checkkeys-for-role-master", OptionType::flag, "false",
     "Redis: look at keys, counts and streams of replicas only; key groups are read everywhere.",
     "REDIS_EXPORTER_SKIP_CHECKKEYS_FOR_ROLE_MASTER"},
    {"redis.max-series", OptionType::integer, "100000",
     "Redis: most series of what patterns find, for one server; the others are left out and counted as a problem."},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Keys>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.keys",
    .summary = "keys, key groups and streams that --check-keys, --count-keys and the like name",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "check-keys,check-single-keys,count-keys,check-key-groups,check-streams,check-single-streams",
};

}  // namespace exporter::redis::keys
