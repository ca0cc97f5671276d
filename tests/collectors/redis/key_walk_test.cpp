#include "collectors/redis/key_walk.h"

#include <gtest/gtest.h>

#include <thread>

#include "collectors/redis/key_metrics.h"
#include "exporter/registry.h"
#include "platform/text.h"
#include "tests/support/exposition.h"
#include "tests/support/fake_redis.h"
#include "tests/support/fixture.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using namespace std::chrono_literals;
using exporter::Problem;
using exporter::redis::keys::KeyPlan;
using exporter::redis::keys::KeyWalk;

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  while (!command.empty()) {
    words.emplace_back(platform::take(command, ' '));
  }
  return words;
}

std::string number(std::size_t value) { return ":" + std::to_string(value) + "\r\n"; }

// A server with lists "list:0" ... and one stream; SCAN gives some of them twice, as a growing table does.
std::string answer(const std::string& command, std::size_t lists) {
  const auto words = words_of(command);
  if (words[0] == "SCAN") {
    const auto from = std::stoul(words[1]);
    const auto end = std::min(lists, from + std::stoul(words.back()));
    std::vector<std::string> names = {"events"};
    for (std::size_t i = from; i < end; ++i) {
      names.push_back("list:" + std::to_string(i));
    }
    std::string reply =
        "*2\r\n" + bulk(end == lists ? "0" : std::to_string(end)) + "*" + std::to_string(names.size()) + "\r\n";
    for (const auto& name : names) {
      reply += bulk(name);
    }
    return reply;
  }
  if (words[0] == "TYPE") {
    return words[1] == "events" ? "+stream\r\n" : "+list\r\n";
  }
  if (words[0] == "MEMORY") {
    return number(100);
  }
  if (words[0] == "LLEN") {
    return number(std::stoul(words[1].substr(5)));
  }
  if (words[0] == "XINFO") {
    return words[1] == "STREAM" ? "*2\r\n" + bulk("length") + ":3\r\n" : std::string("*0\r\n");
  }
  return "+OK\r\n";
}

class Walk {
 public:
  Walk(const std::string& flags, FakeRedis& server) {
    for (const char* name : {"redis.keys"}) {
      options_.declare(spec_of(name).options);
    }
    for (std::string_view rest = flags; !rest.empty();) {
      std::string_view value = platform::take(rest, '\n');
      const auto name = platform::take(value, '=');
      options_.set(name, value);
    }
    plan_ = std::make_unique<KeyPlan>(options_);
    walk_ = std::make_unique<KeyWalk>(
        *plan_, std::make_unique<platform::RedisConnection>(std::vector{server.address()}, std::string()));
  }
  // A scrape, and the end of the pass that it begins.
  void pass(bool all = true) {
    const std::vector<int> filled = {0};
    walk_->update(filled, all);
    walk_->await_first(KeyWalk::Clock::now() + 5s);
  }
  std::string page() {
    sink_.clear();
    walk_->show(sink_);
    exporter::Registry registry;
    std::string page;
    const exporter::Sink* sinks[] = {&sink_};
    append_page(registry, sinks, page);
    return page;
  }
  bool shows(const std::string& line) { return page().find(line + "\n") != std::string::npos; }
  std::uint32_t problems(Problem kind) { return sink_.problems()[static_cast<std::size_t>(kind)]; }
  KeyWalk& walk() { return *walk_; }

 private:
  exporter::Options options_;
  std::unique_ptr<KeyPlan> plan_;
  std::unique_ptr<KeyWalk> walk_;
  exporter::Sink sink_{exporter::redis::keys::kMetrics};
};

TEST(RedisKeyWalk, OnePassServesAllPatterns) {
  FakeRedis server([](const std::string& command) { return answer(command, 200); });
  Walk walk(
      "check-keys=db0=list:1?\ncount-keys=db0=list:*,db0=list:?\ncheck-streams=db0=ev*\ncheck-key-groups=^(%a+):\n",
      server);
  walk.pass();
  EXPECT_TRUE(walk.shows(R"(redis_key_size{db="db0",key="list:17"} 17)"));
  EXPECT_FALSE(walk.shows(R"(redis_key_size{db="db0",key="list:20"} 20)"));
  EXPECT_TRUE(walk.shows(R"(redis_key_memory_usage_bytes{db="db0",key="list:17"} 100)"));
  EXPECT_TRUE(walk.shows(R"(redis_keys_count{db="db0",key="list:*"} 200)"));
  EXPECT_TRUE(walk.shows(R"(redis_keys_count{db="db0",key="list:?"} 10)"));
  EXPECT_TRUE(walk.shows(R"(redis_stream_length{db="db0",stream="events"} 3)"));
  EXPECT_TRUE(walk.shows(R"(redis_key_group_count{db="db0",key_group="list"} 200)"));
  EXPECT_TRUE(walk.shows(R"(redis_key_group_memory_usage_bytes{db="db0",key_group="list"} 20000)"));
  EXPECT_EQ(walk.problems(Problem::duplicate), 0U);  // the stream came several times
  EXPECT_EQ(server.asked("XINFO STREAM"), 1U);
  EXPECT_EQ(server.asked("SCAN 0 COUNT"), 1U);
  EXPECT_EQ(server.asked("SELECT"), 0U);
  EXPECT_GT(walk.walk().groups_milliseconds(), 0);
}

TEST(RedisKeyWalk, TheServerLooksForAnOnlyPattern) {
  FakeRedis server([](const std::string& command) { return answer(command, 20); });
  Walk walk("check-keys=db4=list:1?\ncheck-keys-batch-size=7\n", server);
  walk.pass();
  EXPECT_EQ(server.asked("SCAN 0 MATCH list:1? COUNT 7"), 1U);
  EXPECT_TRUE(walk.shows(R"(redis_key_size{db="db4",key="list:19"} 19)"));
  EXPECT_EQ(server.asked("SELECT 4"), server.asked("SELECT 0"));
}

TEST(RedisKeyWalk, SeriesAreBounded) {
  FakeRedis server([](const std::string& command) { return answer(command, 20); });
  Walk walk("check-keys=list:*\nredis.max-series=10\n", server);
  walk.pass();
  EXPECT_TRUE(walk.shows(R"(redis_key_size{db="db0",key="list:4"} 4)"));
  EXPECT_FALSE(walk.shows(R"(redis_key_size{db="db0",key="list:5"} 5)"));
  EXPECT_EQ(walk.problems(Problem::limit), 1U);
}

TEST(RedisKeyWalk, ADatabaseThatCannotBeReadLeavesTheOthers) {
  FakeRedis server([](const std::string& command) {
    return command == "SELECT 3" ? std::string("-ERR DB index is out of range\r\n") : answer(command, 5);
  });
  Walk walk("count-keys=db3=*,db7=*\n", server);
  walk.pass();
  EXPECT_TRUE(walk.shows(R"(redis_keys_count{db="db7",key="*"} 6)"));
  EXPECT_FALSE(walk.shows(R"(redis_keys_count{db="db3",key="*"} 6)"));
  EXPECT_EQ(walk.problems(Problem::io), 1U);
}

TEST(RedisKeyWalk, OfAMasterOnlyGroupsAreRead) {
  FakeRedis server([](const std::string& command) { return answer(command, 5); });
  Walk walk("count-keys=db3=*\ncheck-keys=*\ncheck-key-groups=^(%a+):\n", server);
  walk.pass(false);
  EXPECT_TRUE(walk.shows(R"(redis_key_group_count{db="db0",key_group="list"} 5)"));
  EXPECT_EQ(walk.page().find("redis_keys_count"), std::string::npos);
  EXPECT_EQ(walk.page().find("redis_key_size"), std::string::npos);
  EXPECT_EQ(server.asked("SELECT 3"), 0U);
}

TEST(RedisKeyWalk, AServerThatHangsDoesNotKeepTheProgram) {
  FakeServer server([](int fd, int) {
    while (!receive_text(fd).empty()) {
    }
  });
  exporter::Options options;
  options.declare(spec_of("redis.keys").options);
  options.set("count-keys", "*");
  const KeyPlan plan(options);
  const auto start = KeyWalk::Clock::now();
  {
    KeyWalk walk(plan, std::make_unique<platform::RedisConnection>(std::vector{server.address()}, std::string()));
    walk.update({}, true);
    walk.await_first(start + 50ms);
  }
  EXPECT_LT(KeyWalk::Clock::now() - start, 2s);
}

TEST(RedisKeyWalk, APortionFollowsTheAnswers) {
  exporter::redis::keys::Portion portion(10, 100);
  EXPECT_EQ(portion.size(), 10U);
  portion.took(100us, true);
  EXPECT_EQ(portion.size(), 16U);
  portion.took(100us, false);
  EXPECT_EQ(portion.size(), 16U);
  for (int i = 0; i < 20; ++i) {
    portion.took(100us, true);
  }
  EXPECT_EQ(portion.size(), 100U);
  portion.took(500us, true);
  EXPECT_EQ(portion.size(), 100U);
  portion.took(2ms, true);
  EXPECT_EQ(portion.size(), 50U);
}

}  // namespace
}  // namespace tests
