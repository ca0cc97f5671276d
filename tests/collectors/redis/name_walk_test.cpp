#include "collectors/redis/name_walk.h"

#include <gtest/gtest.h>

#include <thread>

#include "platform/text.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using namespace std::chrono_literals;
using exporter::Problem;
using exporter::redis::keys::KeyName;
using exporter::redis::keys::NameWalk;

// SCAN gives two names at a time, one of them each time again.
std::string answer(const std::string& command, int last) {
  if (!command.starts_with("SCAN ")) {
    return "+OK\r\n";
  }
  std::string_view words = command;
  platform::take(words, ' ');
  const int cursor = platform::number<int>(platform::take(words, ' ')).value_or(0);
  return "*2\r\n" + bulk(cursor == last ? "0" : std::to_string(cursor + 1)) + "*2\r\n" + bulk("same") +
         bulk("name" + std::to_string(cursor));
}

std::string names(NameWalk& walk, std::size_t pattern) {
  std::string all;
  walk.each(pattern, [&](std::string_view name) { all.append(all.empty() ? "" : " ").append(name); });
  return all;
}

class Walk : public NameWalk {
 public:
  Walk(FakeRedis& server, std::vector<KeyName> patterns, std::size_t most, Clock::duration pause)
      : NameWalk(std::move(patterns), most,
                 std::make_unique<platform::RedisConnection>(std::vector{server.address()}, std::string()), pause) {}
  void pass() {
    update();
    await_first(Clock::now() + 5s);
  }
};

template <class Is>
bool soon(Is is) {
  for (int i = 0; i < 500 && !is(); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  return is();
}

TEST(RedisNameWalk, FindsWhatMatchesInItsDatabase) {
  FakeRedis server([](const std::string& command) { return answer(command, 2); });
  Walk walk(server, {{0, "a:*"}, {3, "b:*"}}, 10, 1h);
  walk.pass();
  EXPECT_EQ(names(walk, 0), "name0 name1 name2 same");
  EXPECT_EQ(names(walk, 1), "name0 name1 name2 same");
  EXPECT_EQ(server.asked("SCAN 0 MATCH a:* COUNT 50"), 1U);
  EXPECT_EQ(server.asked("SCAN"), 6U);
  EXPECT_EQ(server.asked("SELECT 3"), 3U);
  walk.update();  // not before the pause is over
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(server.asked("SCAN"), 6U);
}

TEST(RedisNameWalk, LooksAgain) {
  std::atomic<int> last = 0;
  FakeRedis server([&](const std::string& command) { return answer(command, last); });
  Walk walk(server, {{0, "*"}}, 10, 0s);
  walk.pass();
  EXPECT_EQ(names(walk, 0), "name0 same");
  last = 1;
  EXPECT_TRUE(soon([&] {
    walk.update();
    return names(walk, 0) == "name0 name1 same";
  }));
}

TEST(RedisNameWalk, NamesAreBounded) {
  FakeRedis server([](const std::string& command) { return answer(command, 1000); });
  Walk walk(server, {{0, "*"}}, 3, 1h);
  walk.pass();
  EXPECT_EQ(names(walk, 0), "name0 name1 name2");
  EXPECT_EQ(server.asked("SCAN"), 3U);
  exporter::redis::ServerInfo info;
  exporter::Sink sink{{}};
  walk.tell(info, sink);
  EXPECT_EQ(sink.problems()[static_cast<std::size_t>(Problem::limit)], 1U);
}

TEST(RedisNameWalk, AForbiddenScanIsTold) {
  FakeRedis server([](const std::string&) {
    return std::string("-NOPERM this user has no permissions to run the 'scan' command\r\n");
  });
  Walk walk(server, {{0, "*"}}, 3, 1h);
  walk.pass();
  exporter::redis::ServerInfo info;
  exporter::Sink sink{{}};
  walk.tell(info, sink);
  EXPECT_EQ(sink.problems()[static_cast<std::size_t>(Problem::denied)], 1U);
  std::string denied;
  info.each_denied([&](std::string_view command) { denied += command; });
  EXPECT_EQ(denied, "scan");
}

TEST(RedisNameWalk, ADatabaseThatIsNotThereLeavesTheOthers) {
  FakeRedis server([](const std::string& command) {
    return command == "SELECT 3" ? std::string("-ERR DB index is out of range\r\n") : answer(command, 0);
  });
  Walk walk(server, {{3, "*"}, {0, "*"}}, 10, 1h);
  walk.pass();
  EXPECT_EQ(names(walk, 0), "");
  EXPECT_EQ(names(walk, 1), "name0 same");
  exporter::redis::ServerInfo info;
  exporter::Sink sink{{}};
  walk.tell(info, sink);
  EXPECT_EQ(sink.problems()[static_cast<std::size_t>(Problem::io)], 1U);
}

TEST(RedisNameWalk, AServerThatHangsDoesNotKeepTheProgram) {
  FakeServer server([](int fd, int) {
    while (!receive_text(fd).empty()) {
    }
  });
  const auto start = NameWalk::Clock::now();
  {
    NameWalk walk({{0, "*"}}, 10,
                  std::make_unique<platform::RedisConnection>(std::vector{server.address()}, std::string()));
    walk.update();
    walk.await_first(start + 50ms);
  }
  EXPECT_LT(NameWalk::Clock::now() - start, 2s);
}

}  // namespace
}  // namespace tests
