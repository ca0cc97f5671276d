#include <gtest/gtest.h>

#include "collectors/redis/queue_reader.h"
#include "exporter/registry.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::OptionError;
using exporter::Outcome;
using exporter::Problem;
using exporter::redis::queues::kSystems;
using exporter::redis::queues::QueueReader;

const std::string kInfo = bulk("# Server\r\nredis_version:7.0.15\r\nrun_id:1\r\nserver_time_usec:1719505260500000\r\n");
const std::string kNone = "*0\r\n";
const std::string kZero = ":0\r\n";

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }
bool shows(const RedisRun& run, const std::string& line) { return run.page().find(line + "\n") != std::string::npos; }

std::string array(const std::vector<std::string>& texts) {
  std::string reply = "*" + std::to_string(texts.size()) + "\r\n";
  for (const auto& text : texts) {
    reply += bulk(text);
  }
  return reply;
}

// An SSCAN that brought all.
std::string members(const std::vector<std::string>& texts) { return "*2\r\n" + bulk("0") + array(texts); }

std::string zeros(int number) {
  std::string replies;
  for (int i = 0; i < number; ++i) {
    replies += kZero;
  }
  return replies;
}

// A system whose keys were found.
class Found {
 public:
  Found(std::string_view system, const std::vector<std::string>& keys)
      : reader_(*std::find_if(std::begin(kSystems), std::end(kSystems),
                              [&](const auto& one) { return one.name == system; }),
                0) {
    for (const auto& key : keys) {
      reader_.found().add(key);
    }
  }
  bool read(const std::string& bytes) {
    replies_.feed(bytes);
    left_.begin(0);
    exporter::redis::ShownSamples out(sink_);
    return reader_.read(server_, left_, 1719505260.5, out);
  }
  const std::string& asked() const { return left_.asked(); }
  std::string page() const {
    exporter::Registry registry;
    std::string page;
    const exporter::Sink* sinks[] = {&sink_};
    append_page(registry, sinks, page);
    return page;
  }
  bool shows(const std::string& line) const { return page().find(line + "\n") != std::string::npos; }
  std::uint32_t problems(Problem kind) const { return sink_.problems()[static_cast<std::size_t>(kind)]; }

 private:
  QueueReader reader_;
  platform::RedisReader replies_;
  LeftReplies left_{replies_};
  exporter::redis::ServerInfo server_;
  exporter::Sink sink_{exporter::redis::queues::kMetrics};
};

TEST(RedisQueues, AnUnknownSystemIsNamed) {
  try {
    RedisRun run("redis.queues", "redis.queues=celery,resque\n");
    FAIL();
  } catch (const OptionError& error) {
    EXPECT_STREQ(error.what(), "option redis.queues: 'resque' is none of celery, sidekiq, bullmq, rq");
  }
}

TEST(RedisQueues, AnotherDatabaseIsSelectedAndLeftAgain) {
  RedisRun run("redis.queues", "redis.queues=db2=rq\n");
  EXPECT_EQ(run.read(kInfo + "+OK\r\n" + members({"rq:queue:a"}) + ":3\r\n+OK\r\n" + "+OK\r\n" + array({"j1"}) +
                     ":1\r\n" + zeros(6) + "+OK\r\n" + "+OK\r\n" + bulk("2024-06-27T16:20:00.250000Z") + "+OK\r\n"),
            Outcome::ok);
  EXPECT_EQ(run.further().asked(),
            "SELECT 2\nSSCAN rq:queues 0 COUNT 1000\nSCARD rq:workers\nSELECT 0\n"
            "SELECT 2\nLRANGE rq:queue:a 0 0\nLLEN rq:queue:a\nZCARD rq:wip:a\nZCARD rq:scheduled:a\n"
            "ZCARD rq:deferred:a\nZCARD rq:finished:a\nZCARD rq:failed:a\nZCARD rq:canceled:a\nSELECT 0\n"
            "SELECT 2\nHGET rq:job:j1 enqueued_at\nSELECT 0");
  EXPECT_TRUE(shows(run, R"(redis_queue_length{db="db2",system="rq",queue="a",state="waiting"} 1)"));
  EXPECT_TRUE(shows(run, R"(redis_queue_workers{db="db2",system="rq"} 3)"));
}

TEST(RedisQueues, OfBullMqKeysAreQueues) {
  Found run("bullmq", {"bull:mails:meta", "{bull}:a:b:meta", "bull::meta", "baz:meta"});
  ASSERT_TRUE(run.read(array({"6", "5"}) + ":2\r\n:1\r\n:0\r\n:4\r\n:3\r\n:0\r\n:9\r\n:7\r\n" +  // bull:mails
                       array({"0:123"}) + ":1\r\n" + zeros(7) +                                  // {bull}:a:b
                       bulk("1719505200500")));
  EXPECT_EQ(run.asked(),
            "LRANGE bull:mails:wait -2 -1\nLLEN bull:mails:wait\nLLEN bull:mails:active\nLLEN bull:mails:paused\n"
            "ZCARD bull:mails:prioritized\nZCARD bull:mails:delayed\nZCARD bull:mails:waiting-children\n"
            "ZCARD bull:mails:completed\nZCARD bull:mails:failed\n"
            "LRANGE {bull}:a:b:wait -2 -1\nLLEN {bull}:a:b:wait\nLLEN {bull}:a:b:active\nLLEN {bull}:a:b:paused\n"
            "ZCARD {bull}:a:b:prioritized\nZCARD {bull}:a:b:delayed\nZCARD {bull}:a:b:waiting-children\n"
            "ZCARD {bull}:a:b:completed\nZCARD {bull}:a:b:failed\n"
            "HGET bull:mails:5 timestamp");
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="bullmq",queue="mails",state="waiting"} 2)"));
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="bullmq",queue="mails",state="prioritized"} 4)"));
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="bullmq",queue="mails",state="delayed"} 3)"));
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="bullmq",queue="mails",state="failed"} 7)"));
  EXPECT_TRUE(
      run.shows(R"(redis_queue_oldest_job_age_seconds{db="db0",system="bullmq",queue="mails",state="waiting"} 60)"));
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="bullmq",queue="a:b",state="waiting"} 0)"));
}

TEST(RedisQueues, AMarkOfBullMqIsNoJob) {
  Found run("bullmq", {"bull:q:meta"});
  ASSERT_TRUE(run.read(array({"8", "0:1719505200500"}) + ":3\r\n" + zeros(7) + bulk("1719505250500")));
  EXPECT_NE(run.asked().find("\nHGET bull:q:8 timestamp"), std::string::npos);
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="bullmq",queue="q",state="waiting"} 2)"));
  EXPECT_TRUE(
      run.shows(R"(redis_queue_oldest_job_age_seconds{db="db0",system="bullmq",queue="q",state="waiting"} 10)"));
}

TEST(RedisQueues, WhatWorkersOfCeleryTellEachOtherIsNoQueue) {
  Found run("celery", {"_kombu.binding.celeryev", "_kombu.binding.celery.pidbox", "_kombu.binding.reply.celery.pidbox",
                       "_kombu.binding.mail"});
  ASSERT_TRUE(run.read(members({"mail\x06\x16\x06\x16mail"}) + kZero + kNone + zeros(10)));
  EXPECT_EQ(run.asked().substr(0, run.asked().find("\nLLEN")),
            "SSCAN _kombu.binding.mail 0 COUNT 1000\nHLEN unacked\nZRANGE unacked_index 0 0 WITHSCORES");
  EXPECT_EQ(run.page().find("pidbox"), std::string::npos);
  EXPECT_TRUE(run.shows(R"(redis_queue_length{db="db0",system="celery",queue="mail",state="waiting"} 0)"));
}

TEST(RedisQueues, AJobThatIsGoneHasNoAge) {
  RedisRun run("redis.queues", "redis.queues=sidekiq\n");
  EXPECT_EQ(run.read(kInfo + members({"q", "r"}) + zeros(3) + members({}) + ":1\r\n:1\r\n" + kNone +
                     array({R"({"enqueued_at":"soon"})"})),
            Outcome::ok);
  EXPECT_EQ(run.page().find("redis_queue_oldest_job_age_seconds{"), std::string::npos);
  EXPECT_EQ(count(run, Problem::parse), 1U);
  EXPECT_TRUE(shows(run, R"(redis_queue_workers{db="db0",system="sidekiq"} 0)"));
}

TEST(RedisQueues, WhatIsForbiddenIsAskedOnce) {
  RedisRun run("redis.queues", "redis.queues=rq\n");
  const std::string no = "-NOPERM this user has no permissions to run the 'scard' command\r\n";
  const std::string queue = array({}) + zeros(7);
  EXPECT_EQ(run.read(kInfo + members({"rq:queue:a"}) + no + queue), Outcome::ok);
  EXPECT_EQ(count(run, Problem::denied), 1U);
  EXPECT_EQ(run.page().find("redis_queue_workers{"), std::string::npos);
  std::string denied;
  run.server().each_denied([&](std::string_view command) { denied += command; });
  EXPECT_EQ(denied, "scard");
  EXPECT_EQ(run.read(kInfo + members({"rq:queue:a"}) + queue), Outcome::ok);
  EXPECT_EQ(run.further().asked().find("SCARD"), std::string::npos);
  EXPECT_TRUE(shows(run, R"(redis_queue_length{db="db0",system="rq",queue="a",state="canceled"} 0)"));
}

TEST(RedisQueues, KeysOfAnotherServerOfTheClusterAreItsOwn) {
  RedisRun run("redis.queues", "redis.queues=rq\n");
  const std::string moved = "-MOVED 1234 10.0.0.2:6379\r\n";
  EXPECT_EQ(run.read(kInfo + members({"rq:queue:a"}) + moved + moved + moved + ":1\r\n" + zeros(5)), Outcome::ok);
  EXPECT_EQ(count(run, Problem::io), 0U);
  EXPECT_EQ(run.page().find(R"(state="waiting")"), std::string::npos);
  EXPECT_TRUE(shows(run, R"(redis_queue_length{db="db0",system="rq",queue="a",state="active"} 1)"));
}

TEST(RedisQueues, AKeyOfAnotherTypeCostsItself) {
  RedisRun run("redis.queues", "redis.queues=sidekiq\n");
  const std::string wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
  EXPECT_EQ(run.read(kInfo + members({}) + ":5\r\n" + wrong + ":1\r\n" + wrong), Outcome::ok);
  EXPECT_EQ(count(run, Problem::io), 2U);
  EXPECT_TRUE(shows(run, R"(redis_queue_length{db="db0",system="sidekiq",queue="",state="dead"} 1)"));
  EXPECT_EQ(run.page().find("redis_queue_workers{"), std::string::npos);
}

TEST(RedisQueues, SeriesAreBounded) {
  RedisRun run("redis.queues", "redis.queues=sidekiq\nredis.max-series=2\n");
  EXPECT_EQ(run.read(kInfo + members({}) + zeros(3) + members({})), Outcome::ok);
  EXPECT_EQ(count(run, Problem::limit), 1U);
  EXPECT_TRUE(shows(run, R"(redis_queue_length{db="db0",system="sidekiq",queue="",state="retry"} 0)"));
  EXPECT_EQ(run.page().find("dead"), std::string::npos);
}

TEST(RedisQueues, SoAreQueues) {
  RedisRun run("redis.queues", "redis.queues=sidekiq\n");
  std::vector<std::string> names;
  for (int i = 0; i < 1100; ++i) {
    names.push_back("q" + std::to_string(i));
  }
  EXPECT_EQ(run.read(kInfo + "*2\r\n" + bulk("17") + array(names) + zeros(3) + members({}) + zeros(1000)), Outcome::ok);
  EXPECT_EQ(count(run, Problem::limit), 2U);  // there are even more than the server told
  EXPECT_EQ(run.used(), run.replies());
}

TEST(RedisQueues, NoAnswerKeepsThePage) {
  RedisRun run("redis.queues", "redis.queues=sidekiq\n");
  EXPECT_EQ(run.read(kInfo), Outcome::ok);
  EXPECT_EQ(count(run, Problem::deadline), 1U);
}

TEST(RedisQueues, ASentinelHasNone) {
  RedisRun run("redis.queues", "redis.queues=sidekiq\n");
  EXPECT_EQ(run.read(bulk("# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n")), Outcome::no_data);
}

}  // namespace
}  // namespace tests
