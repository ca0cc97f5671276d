#include "collectors/redis/rights.h"

#include <algorithm>
#include <vector>

#include "collectors/redis/key_plan.h"
#include "collectors/redis/queue_systems.h"
#include "collectors/redis/server_options.h"
#include "collectors/redis/target.h"
#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter::redis {
namespace {

using platform::RedisAddress;

constexpr unsigned bit(Mode mode) { return 1U << static_cast<unsigned>(mode); }
constexpr unsigned kSentinels = bit(Mode::sentinel);
constexpr unsigned kClusters = bit(Mode::cluster);
constexpr unsigned kAlone = bit(Mode::standalone);
constexpr unsigned kServers = kAlone | kClusters;

bool names_sentinel(const Options& options) {
  const auto addresses = addresses_of(options);
  return std::any_of(addresses.begin(), addresses.end(), [](const auto& address) { return address.sentinel; });
}

struct Need {
  std::string_view collector;  // empty: whichever are on
  std::string_view commands;   // separated by blanks
  unsigned modes = kServers | kSentinels;
  bool (*when)(const Options&) = nullptr;
  std::string_view since = {};  // not known to all servers
};
constexpr Need kNeeds[] = {
    {.collector = "", .commands = "info"},
    {.collector = "",
     .commands = "client|setname",
     .when = [](const Options& options) { return options.flag("set-client-name"); }},
    {.collector = "",
     .commands = "cluster|nodes",
     .modes = kClusters,
     .when = [](const Options& options) { return options.flag(kIsCluster); }},
    {.collector = "",
     .commands = "sentinel|masters sentinel|slaves sentinel|sentinels",
     .modes = kSentinels,
     .when = names_sentinel},
    {.collector = "redis.keyspace",
     .commands = "config|get",
     .modes = kAlone,
     .when = [](const Options& options) { return options.flag("include-metrics-for-empty-databases"); }},
    {.collector = "redis.config", .commands = "config|get", .modes = kServers},
    {.collector = "redis.config",
     .commands = "sentinel|config",
     .modes = kSentinels,
     .when = [](const Options& options) { return options.flag("include-config-metrics"); }},
    {.collector = "redis.slowlog", .commands = "slowlog|len slowlog|get", .modes = kServers},
    {.collector = "redis.latency",
     .commands = "latency|latest latency|histogram",
     .modes = kServers,
     .when = [](const Options& options) { return !options.flag("exclude-latency-histogram-metrics"); }},
    {.collector = "redis.commandlog", .commands = "config|get", .modes = kServers, .since = "Valkey 8.1 and later"},
    {.collector = "redis.commandlog", .commands = "commandlog|len", .modes = kServers, .since = "Valkey 8.1 and later"},
    {.collector = "redis.cluster", .commands = "cluster|info", .modes = kClusters},
    {.collector = "redis.slot_stats",
     .commands = "cluster|slot-stats",
     .modes = kClusters,
     .when = [](const Options& options) { return options.on("redis.top-slots"); }},
    {.collector = "redis.sentinel", .commands = "sentinel|masters", .modes = kSentinels},
    {.collector = "redis.sentinel_peers",
     .commands = "sentinel|masters sentinel|ckquorum sentinel|sentinels sentinel|slaves",
     .modes = kSentinels},
    {.collector = "redis.clients", .commands = "client|list", .modes = kServers},
    {.collector = "redis.search_indexes", .commands = "ft._list ft.info", .modes = kServers},
    {.collector = "redis.tile38", .commands = "server", .modes = kServers, .since = "Tile38"},
    {.collector = "redis.scripts",
     .commands = "eval",
     .modes = kServers,
     .when = [](const Options& options) { return options.on("script") && !options.flag("lua-script-read-only"); }},
    {.collector = "redis.scripts",
     .commands = "eval_ro",
     .modes = kServers,
     .when = [](const Options& options) { return options.on("script") && options.flag("lua-script-read-only"); }},
    {.collector = "redis.rdb_file", .commands = "config|get", .modes = kServers},
    {.collector = "redis.ping", .commands = "ping"},
};

void add(Rights& rights, std::string_view commands, std::string_view since = {}) {
  while (!commands.empty()) {
    std::string command(platform::take(commands, ' '));
    if (since.empty()) {
      rights.commands.insert(std::move(command));
    } else {
      rights.newer.emplace(std::move(command), since);
    }
  }
}

bool is_on(std::string_view collector, std::span<const CollectorSpec* const> enabled) {
  return std::any_of(enabled.begin(), enabled.end(), [&](const auto* spec) { return spec->name == collector; });
}

// A key's whole name as a pattern for it alone.
std::string escaped(std::string_view name) {
  std::string pattern;
  for (const char c : name) {
    pattern += std::string_view("*?[]\\^").find(c) != std::string_view::npos ? "\\" : "";
    pattern += c;
  }
  return pattern;
}

using Databases = std::set<int>;

void add_names(Rights& rights, Databases& databases, const std::vector<keys::KeyName>& names, bool patterns) {
  for (const auto& name : names) {
    databases.insert(name.database);
    rights.keys.insert(patterns ? name.text : escaped(name.text));
  }
}

void add_keys(Rights& rights, Databases& databases, const Options& options) {
  const keys::KeyPlan plan(options);
  if (!plan.single_keys.empty() || !plan.patterns.empty()) {
    add(rights, "type memory|usage strlen llen scard zcard hlen xlen getrange pfcount");
    add(rights, plan.values ? "get" : "");
    add(rights, "vcard", "Redis 8 and later");
    add(rights, "arcount", "servers that have arrays");
  }
  add(rights, plan.streams.empty() ? "" : "type");
  if (!plan.streams.empty() || !plan.single_streams.empty()) {
    add(rights, plan.consumers ? "xinfo|stream xinfo|groups xinfo|consumers" : "xinfo|stream xinfo|groups");
  }
  add(rights, plan.scans() ? "scan" : "");
  add_names(rights, databases, plan.single_keys, false);
  add_names(rights, databases, plan.single_streams, false);
  add_names(rights, databases, plan.patterns, true);
  add_names(rights, databases, plan.streams, true);
  for (const auto& name : plan.counts) {  // SCAN alone sees names of all keys
    databases.insert(name.database);
  }
  if (!plan.groups.empty()) {
    add(rights, "memory|usage");
    rights.keys.insert("*");
  }
}

void add_queues(Rights& rights, Databases& databases, const Options& options) {
  for (const auto& entry : keys::parse_key_list("redis.queues", options.text("redis.queues"))) {
    const auto* const found = std::find_if(std::begin(queues::kSystems), std::end(queues::kSystems),
                                           [&](const auto& system) { return system.name == entry.text; });
    if (found == std::end(queues::kSystems)) {
      continue;  // the collector says so
    }
    databases.insert(entry.database);
    for (const auto& counts : {found->counts, found->shared}) {
      for (const auto& count : counts) {
        add(rights, platform::lower(count.command));
      }
    }
    add(rights, !found->index.empty() || found->end.empty() ? "sscan" : "");
    add(rights, found->pattern.empty() ? "" : "scan");
    add(rights, found->deliveries.empty() ? "" : "zrange");
    add(rights, found->processes.empty() ? "" : "sscan hget");
    add(rights, found->workers.empty() ? "" : "scard");
    if (found->oldest != nullptr) {
      add(rights, found->oldest->job.empty() ? "lrange" : "lrange hget");
    }
    for (std::string_view patterns = found->keys; !patterns.empty();) {
      rights.keys.emplace(platform::take(patterns, ' '));
    }
  }
}

// Databases other than the one of the connection, or that one when it is not the first.
bool selects(const Options& options, const Databases& databases, bool all) {
  auto addresses = addresses_of(options);
  std::erase_if(addresses, [](const auto& address) { return address.sentinel; });
  if (addresses.empty()) {
    addresses.emplace_back();
  }
  return all || std::any_of(addresses.begin(), addresses.end(), [&](const RedisAddress& address) {
           return address.database != 0 || std::any_of(databases.begin(), databases.end(),
                                                       [&](int database) { return database != address.database; });
         });
}

// For a shell and for redis-cli's own prompt.
std::string quoted(std::string word) {
  // Neither takes blanks here; a ? stands for what cannot be written.
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c <= ' ' || c == '\'' || c == '\x7f'; }, '?');
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.@:";
  return word.find_first_not_of(kPlain) == std::string::npos ? word : "'" + word + "'";
}

std::string line_of(const Rights& rights, const std::string& user) {
  std::string line = "ACL SETUSER " + quoted(user) + " on '>PASSWORD' resetkeys resetchannels -@all";
  for (const auto& command : rights.commands) {
    line.append(" ").append(quoted("+" + command));
  }
  const bool all = rights.keys.contains("*");
  for (const auto& key : rights.keys) {
    if (!all || key == "*") {
      line.append(" ").append(quoted("%R~" + key));
    }
  }
  return line + "\n";
}

void append_remarks(const Rights& rights, const Options& options, std::string& remarks) {
  std::map<std::string_view, std::string> newer;
  for (const auto& [command, since] : rights.newer) {
    if (!rights.commands.contains(command)) {
      newer[since].append(" ").append(quoted("+" + command));
    }
  }
  for (const auto& [since, commands] : newer) {
    remarks.append("only on ").append(since).append(", as others refuse it: add").append(commands).append("\n");
  }
  if (!rights.keys.empty()) {
    remarks += "Redis 6 knows no %R~: write ~ instead\n";
  }
  if (rights.commands.contains("eval") || rights.commands.contains("eval_ro")) {
    remarks += "what the scripts of --script call, and the keys they read, must be allowed as well\n";
  }
  if (options.flag(kProbeKeys)) {
    remarks +=
        "keys that requests of /scrape name need rights as well: give them here with --check-keys and its like\n";
  }
  if (options.text("redis.queues").find("celery") != std::string::npos) {
    remarks += "Celery's queues are lists of any name: list them, 'unacked*' and '_kombu.binding.*' instead of *\n";
  }
}

bool sentinel_alone(const RedisAddress& address) {
  return !address.sentinel && address.endpoint.path.empty() && address.endpoint.port == RedisAddress::kSentinelPort;
}

std::string user_of(const std::string& of_address, const std::string& of_options) {
  return !of_address.empty() ? of_address : !of_options.empty() ? of_options : "resource_exporter";
}

}  // namespace

Rights rights_of(const Options& options, std::span<const CollectorSpec* const> enabled, Mode mode) {
  Rights rights;
  for (const auto& need : kNeeds) {
    if ((need.modes & bit(mode)) != 0 && (need.collector.empty() || is_on(need.collector, enabled)) &&
        (need.when == nullptr || need.when(options))) {
      add(rights, need.commands, need.since);
    }
  }
  if (mode != Mode::sentinel) {
    Databases databases;
    const bool keys = is_on("redis.keys", enabled);
    if (keys) {
      add_keys(rights, databases, options);
    }
    if (is_on("redis.queues", enabled)) {
      add_queues(rights, databases, options);
    }
    if (selects(options, databases, keys && mode == Mode::standalone && options.on("check-key-groups"))) {
      add(rights, "select");
    }
  }
  if (options.text("config-command") == "-") {
    rights.commands.erase("config|get");
    rights.newer.erase("config|get");
  }
  return rights;
}

Grants grants_of(const Options& options, std::span<const CollectorSpec* const> enabled) {
  const auto addresses = addresses_of(options);
  const auto guards = std::find_if(addresses.begin(), addresses.end(), [](const RedisAddress& address) {
    return address.sentinel || sentinel_alone(address);
  });
  const auto server = std::find_if(addresses.begin(), addresses.end(),
                                   [](const auto& address) { return !address.sentinel && !sentinel_alone(address); });
  Grants grants;
  if (server != addresses.end() || addresses.empty() || names_sentinel(options)) {
    // Whether a server is a node of a cluster shows when it answers.
    Rights rights = rights_of(options, enabled, Mode::standalone);
    Rights of_nodes = rights_of(options, enabled, Mode::cluster);
    rights.commands.merge(of_nodes.commands);
    rights.newer.merge(of_nodes.newer);
    grants.statements =
        line_of(rights, user_of(server != addresses.end() ? server->user : "", options.text("redis.user")));
    append_remarks(rights, options, grants.remarks);
  }
  if (guards != addresses.end()) {
    const auto user = user_of(guards->user, guards->sentinel ? std::string() : options.text("redis.user"));
    const std::string line = line_of(rights_of(options, enabled, Mode::sentinel), user);
    grants.statements +=
        grants.statements.empty() ? line : "# on the Sentinels, which have users of their own:\n" + line;
  }
  grants.remarks += "put a password of your own in the place of PASSWORD\n";
  return grants;
}

}  // namespace exporter::redis
