// The lines that make a user with the rights of rights_test.cpp.
#include <gtest/gtest.h>

#include "collectors/redis/rights.h"
#include "exporter/command_line.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

exporter::Grants grants(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"resource_exporter"};
  for (const auto& word : words) {
    argv.push_back(word.c_str());
  }
  const auto line = exporter::read_command_line(static_cast<int>(argv.size()), argv.data());
  EXPECT_EQ(line.output, "");
  return exporter::redis::grants_of(line.options, line.enabled);
}

TEST(RedisGrants, AreOneLineForRedisCli) {
  const auto plain = grants({});
  EXPECT_EQ(plain.statements,
            "ACL SETUSER resource_exporter on '>PASSWORD' resetkeys resetchannels -@all '+client|setname' "
            "'+cluster|info' '+config|get' +info '+latency|histogram' '+latency|latest' '+slowlog|get' "
            "'+slowlog|len'\n");
  EXPECT_NE(plain.remarks.find("only on Valkey 8.1 and later, as others refuse it: add '+commandlog|len'\n"),
            std::string::npos)
      << plain.remarks;
}

TEST(RedisGrants, StandInReadme) {
  EXPECT_NE(read_text(SOURCE_DIR "/REFERENCE.md").find("\n" + grants({}).statements), std::string::npos);
}

TEST(RedisGrants, NamesTheUserAndTheKeys) {
  const auto named =
      grants({"--redis.user=watcher", "--count-keys=user:*", "--check-single-streams=a b*,it's"}).statements;
  EXPECT_TRUE(named.starts_with("ACL SETUSER watcher on ")) << named;
  EXPECT_TRUE(named.ends_with("'+xinfo|stream' '%R~a?b\\*' '%R~it?s'\n")) << named;
  EXPECT_TRUE(grants({"--redis.addr=redis://who:secret@h"}).statements.starts_with("ACL SETUSER who on '>PASSWORD' "));
  // One for all keys makes the others needless.
  EXPECT_TRUE(grants({"--redis.queues=celery,rq"}).statements.ends_with(" +zrange '%R~*'\n"));
}

TEST(RedisGrants, SaysWhatOnlyTheUserKnows) {
  const auto remarks =
      grants({"--redis.probe-keys", "--redis.queues=celery", "--script=" SOURCE_DIR "/LICENSE"}).remarks;
  EXPECT_NE(remarks.find("keys that requests of /scrape name"), std::string::npos) << remarks;
  EXPECT_NE(remarks.find("what the scripts of --script call"), std::string::npos) << remarks;
  EXPECT_NE(remarks.find("Celery's queues are lists of any name"), std::string::npos) << remarks;
  EXPECT_NE(remarks.find("Redis 6 knows no %R~: write ~ instead\n"), std::string::npos) << remarks;
}

TEST(RedisGrants, SentinelsHaveALineOfTheirOwn) {
  const std::string sentinels =
      "ACL SETUSER resource_exporter on '>PASSWORD' resetkeys resetchannels -@all '+client|setname' +info "
      "'+sentinel|ckquorum' '+sentinel|masters' '+sentinel|sentinels' '+sentinel|slaves'\n";
  EXPECT_EQ(grants({"--redis.addr=redis://h:26379"}).statements, sentinels);
  const auto both = grants({"--redis.addr=sentinel://guard:x@h/shop", "--redis.user=watcher"}).statements;
  EXPECT_TRUE(both.starts_with("ACL SETUSER watcher on ")) << both;
  EXPECT_NE(both.find("\n# on the Sentinels, which have users of their own:\nACL SETUSER guard on "), std::string::npos)
      << both;
  EXPECT_EQ(both.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace tests
