#include "tests/support/knowing_redis.h"

#include "platform/redis_glob.h"
#include "platform/text.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::redis::Mode;

constexpr std::string_view kNames[] = {"k:string", "k:big",  "k:log",    "k:list",  "k:set",
                                       "k:zset",   "k:hash", "k:stream", "k:array", "k:vectorset"};
std::string array(const Words& elements) {
  std::string text = "*" + std::to_string(elements.size()) + "\r\n";
  for (const auto& element : elements) {
    text += element.starts_with('*') || element.starts_with(':') ? element : bulk(element);
  }
  return text;
}

std::string info(Mode mode) {
  const std::string kind = mode == Mode::sentinel ? "sentinel" : mode == Mode::cluster ? "cluster" : "standalone";
  return bulk(
      "# Server\r\nredis_version:7.4.0\r\nvalkey_version:8.1.0\r\nredis_mode:" + kind +
      "\r\nrun_id:a\r\nuptime_in_seconds:5\r\n# Cluster\r\ncluster_enabled:" + (mode == Mode::cluster ? "1" : "0") +
      "\r\n# Keyspace\r\ndb0:keys=9,expires=0\r\n" + (mode == Mode::cluster ? "" : "db3:keys=1,expires=0\r\n"));
}

std::string scanned(const Words& words) {
  Words names;
  const bool matches = words.size() > 3 && words[2] == "MATCH";
  for (const std::string_view name : {"_kombu.binding.mail", "bull:images:meta", "{bull}:videos:meta"}) {
    if (matches && platform::matches_redis_glob(words[3], name)) {
      names.emplace_back(name);
    }
  }
  if (!matches || words[3].starts_with("k:")) {
    names.assign(std::begin(kNames), std::end(kNames));
  }
  return array({"0", array(names)});
}

std::string members(const std::string& set) {
  return array({"0", array({set == "queues"                ? "default"
                            : set == "processes"           ? "app:1:aa"
                            : set.starts_with("rq:queues") ? "rq:queue:d"
                                                           : "a\x06\x16\x06\x16mail"})});
}

std::string cluster_reply(const std::string& word, std::uint16_t port) {
  if (word == "NODES") {
    return bulk("07c3 127.0.0.1:" + std::to_string(port) + "@1 myself,master - 0 0 1 connected 0-16383\n");
  }
  if (word == "SLOT-STATS") {
    return array({array({":0\r\n", array({"key-count", ":1\r\n", "cpu-usec", ":1\r\n"})})});
  }
  return bulk("cluster_state:ok\r\n");
}

}  // namespace

Words words_of(std::string_view command) {
  Words words;
  while (!command.empty()) {
    words.emplace_back(platform::take(command, ' '));
  }
  return words;
}

std::string known_answer(const std::string& command, Mode mode, std::uint16_t port) {
  const Words words = words_of(command);
  const std::string& first = words[0];
  const std::string second = words.size() > 1 ? words[1] : "";
  if (first == "INFO") {
    return info(mode);
  }
  if (first == "SCAN") {
    return scanned(words);
  }
  if (first == "TYPE") {
    const auto name = second.substr(2);
    return "+" + (name == "big" || name == "log" ? "string" : name) + "\r\n";
  }
  if (first == "MEMORY") {
    return words[2] == "k:big" ? ":100000\r\n" : ":100\r\n";
  }
  if (first == "GET" || first == "GETRANGE") {
    return bulk(second == "k:log" ? "HYLL" : "12");
  }
  if (first == "XINFO") {
    return second == "GROUPS" ? array({array({"name", "g", "consumers", ":1\r\n"})}) : array({"length", ":3\r\n"});
  }
  if (first == "CLUSTER") {
    return cluster_reply(second, port);
  }
  if (first == "SENTINEL") {
    return second == "MASTERS" ? array({array({"name", "m", "ip", "127.0.0.1", "port", std::to_string(port)})})
                               : array({});
  }
  if (first == "SSCAN") {
    return members(second);
  }
  if (first == "LRANGE") {
    return array({second.starts_with("queue:") ? R"({"enqueued_at":1})" : "id"});
  }
  if (first == "CLIENT" && second == "LIST") {
    return bulk("id=1 addr=10.0.0.1:1 name=x age=1 idle=1\n");
  }
  if (first == "ZRANGE" || first == "FT.INFO") {
    return array({"num_docs", "1"});
  }
  for (const std::string_view list : {"CONFIG", "EVAL", "EVAL_RO", "SERVER", "LATENCY"}) {
    if (first == list) {
      return array({});
    }
  }
  if (first == "FT._LIST" || first == "HGET") {
    return first == "HGET" ? bulk("5") : array({"index"});
  }
  return first == "SLOWLOG" && second == "GET"    ? array({})
         : first == "SELECT" || first == "CLIENT" ? "+OK\r\n"
                                                  : ":1\r\n";
}

}  // namespace tests
