// CLIENT LIST (https://redis.io/docs/latest/commands/client-list/), one connection a line:
// "id=7 addr=10.0.0.5:40010 laddr=10.0.0.1:6379 fd=8 name=worker age=12 idle=0 flags=N db=0 sub=0 psub=0 ssub=0
// multi=-1 qbuf=26 qbuf-free=20448 obl=0 oll=0 omem=0 tot-mem=22298 events=r cmd=get user=default resp=2
// lib-name=redis-py"
#include <array>
#include <chrono>

#include "collectors/redis/client_groups.h"
#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis::clients {
namespace {

constexpr auto kGauge = MetricType::gauge;
constexpr MetricDesc kMetrics[] = {
    {kGauge, "redis_client_group_connections", "Connections of clients with this name.", {"name", "library", "user"}},
    {kGauge, "redis_client_group_memory_bytes", "Memory of these connections.", {"name", "library", "user"}},
    {kGauge,
     "redis_client_group_output_buffer_bytes",
     "Memory of replies that these connections did not take yet.",
     {"name", "library", "user"}},
    {kGauge,
     "redis_client_group_longest_idle_seconds",
     "Time since the quietest of these connections sent a command.",
     {"name", "library", "user"}},
    {kGauge, "redis_connected_client_info", "A connection, in labels; always 1."},
    {kGauge, "redis_connected_client_created_at_timestamp", "Unix time of the connect.", {"id", "name"}},
    {kGauge, "redis_connected_client_idle_since_timestamp", "Unix time of the last command.", {"id", "name"}},
    {kGauge,
     "redis_connected_client_output_buffer_memory_usage_bytes",
     "Memory of replies that the client did not take yet.",
     {"id", "name"}},
    {kGauge, "redis_connected_client_total_memory_consumed_bytes", "Memory of the connection.", {"id", "name"}},
    {kGauge, "redis_connected_client_channel_subscriptions_count", "Channels subscribed to.", {"id", "name"}},
    {kGauge, "redis_connected_client_pattern_matching_subscriptions_count", "Patterns subscribed to.", {"id", "name"}},
    {kGauge, "redis_connected_client_query_buffer_length_bytes", "Bytes in the query buffer.", {"id", "name"}},
    {kGauge, "redis_connected_client_query_buffer_free_space_bytes", "Room in the query buffer.", {"id", "name"}},
    {kGauge, "redis_connected_client_output_buffer_length_bytes", "Bytes in the output buffer.", {"id", "name"}},
    {kGauge, "redis_connected_client_output_list_length", "Replies in the output list.", {"id", "name"}},
    {kGauge,
     "redis_connected_client_shard_channel_subscriptions_count",
     "Shard channels subscribed to.",
     {"id", "name"}},
    {kGauge, "redis_connected_client_shard_channel_watched_keys", "Keys watched.", {"id", "name"}},
};
constexpr const MetricDesc& kInfo = kMetrics[4];
constexpr const MetricDesc& kCreated = kMetrics[5];
constexpr const MetricDesc& kIdleSince = kMetrics[6];

// Fields that are metrics as they stand.
struct Field {
  std::string_view name;
  const MetricDesc& metric;
};
constexpr Field kFields[] = {
    {"omem", kMetrics[7]},  {"tot-mem", kMetrics[8]},    {"sub", kMetrics[9]},  {"psub", kMetrics[10]},
    {"qbuf", kMetrics[11]}, {"qbuf-free", kMetrics[12]}, {"obl", kMetrics[13]}, {"oll", kMetrics[14]},
    {"ssub", kMetrics[15]}, {"watch", kMetrics[16]},
};

// What is read of one line; empty where the server does not say.
struct Client {
  std::string_view id, name, flags, db, addr, user, resp, library, age, idle;
  std::array<std::string_view, std::size(kFields)> numbers{};
};

void read_line(std::string_view line, Client& client) {
  const std::pair<std::string_view, std::string_view*> texts[] = {
      {"id", &client.id},     {"name", &client.name}, {"flags", &client.flags}, {"db", &client.db},
      {"addr", &client.addr}, {"user", &client.user}, {"resp", &client.resp},   {"lib-name", &client.library},
      {"age", &client.age},   {"idle", &client.idle},
  };
  while (!line.empty()) {
    std::string_view value = platform::take(line, ' ');
    const auto field = platform::take(value, '=');  // a name may hold more of them
    for (const auto& [wanted, to] : texts) {
      if (field == wanted) {
        *to = value;
      }
    }
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      if (field == kFields[i].name) {
        client.numbers.at(i) = value;
      }
    }
  }
}

class Clients final : public Command {
 public:
  explicit Clients(const Environment& environment)
      : each_(environment.options.flag("export-client-list")), port_(environment.options.flag("export-client-port")) {}

  void ask(const ServerInfo&, Requests& requests) override {
    requests.ask({"CLIENT", "LIST"});
    requests.ask_info();
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "CLIENT LIST", sink);
    }
    groups_.clear();
    const std::int64_t now = clock(replies[1].text());
    for (std::string_view rest = replies[0].text(); !rest.empty();) {
      const auto line = platform::trim(platform::take(rest, '\n'));
      if (line.empty()) {
        continue;
      }
      Client client;
      read_line(line, client);
      if (client.id.empty() || client.addr.empty()) {
        sink.problem(Problem::parse, "CLIENT LIST");
        continue;
      }
      groups_.add({client.name, client.library, client.user}, platform::number<std::uint64_t>(client.numbers[1]),
                  platform::number<std::uint64_t>(client.numbers[0]), platform::number<std::uint64_t>(client.idle));
      if (each_) {
        write(client, now, sink);
      }
    }
    for (const auto& group : groups_.found()) {
      const std::initializer_list<std::string_view> labels = {group.name, group.library, group.user};
      sink.add(kMetrics[0], group.connections, labels);
      if (group.has_memory) {
        sink.add(kMetrics[1], group.memory, labels);
      }
      sink.add(kMetrics[2], group.output, labels);
      sink.add(kMetrics[3], group.idle, labels);
    }
    return Outcome::ok;
  }

 private:
  // The server's own clock, since ages are its; only servers before 7 leave it out.
  static std::int64_t clock(std::string_view info) {
    if (const auto now = platform::number<std::int64_t>(info_field(info, "server_time_usec"))) {
      return *now / 1000000;
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
  }

  void write(const Client& client, std::int64_t now, Sink& sink) {
    const auto colon = client.addr.rfind(':');
    labels_.clear();
    labels_.append("id", client.id);
    labels_.append("name", client.name);
    labels_.append("flags", client.flags);
    labels_.append("db", client.db);
    labels_.append("host", client.addr.substr(0, colon));
    if (port_ && colon != std::string_view::npos) {
      labels_.append("port", client.addr.substr(colon + 1));
    }
    if (!client.user.empty()) {
      labels_.append("user", client.user);
    }
    if (!client.resp.empty()) {
      labels_.append("resp", client.resp);
    }
    sink.add(kInfo, 1, labels_);
    for (const auto& [text, metric] : {std::pair{client.age, &kCreated}, {client.idle, &kIdleSince}}) {
      if (const auto seconds = platform::number<std::int64_t>(text)) {
        sink.add(*metric, now - *seconds, {client.id, client.name});
      }
    }
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      Value value = 0;
      if (parse_value(client.numbers.at(i), 1, value)) {
        sink.add(kFields[i].metric, value, {client.id, client.name});
      }
    }
  }

  const bool each_;
  const bool port_;
  ClientGroups groups_;
  LabelBlock labels_;
};

constexpr OptionDesc kOptions[] = {
    {"export-client-list", OptionType::flag, "false",
     "Redis: export every connection of CLIENT LIST; each new connection is a new series.",
     "REDIS_EXPORTER_EXPORT_CLIENT_LIST"},
    {"export-client-port", OptionType::flag, "false", "Redis: add the label port to redis_connected_client_info.",
     "REDIS_EXPORTER_EXPORT_CLIENT_PORT"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Clients>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.clients",
    .summary = "connections from CLIENT LIST by name, library and user; each of them with --export-client-list",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "export-client-list",
};

}  // namespace exporter::redis::clients
