#include <gtest/gtest.h>

#include "collectors/all.h"
#include "collectors/redis/target.h"
#include "tests/support/certificates.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Probed;

class RedisProber : public testing::Test {
 protected:
  RedisProber() {
    options_.declare(exporter::redis::kTargetOptions);
    for (const auto* one : exporter::all_target_specs()) {
      spec_ = one->module == exporter::Module::redis ? one : spec_;
    }
  }
  Probed probe(std::string_view target, std::string_view server_name = {},
               const std::vector<std::pair<std::string, std::string>>& more = {}) {
    if (!prober_) {
      prober_ = exporter::redis::make_prober(environment_, {});
    }
    return prober_->probe(target, server_name, more);
  }
  void declare_all() {
    for (const auto& listed : exporter::all_collectors()) {
      if (std::holds_alternative<exporter::MakeCommand>(listed.spec->make)) {
        options_.declare(listed.spec->options);
      }
    }
  }
  // What a server that answers INFO is asked.
  std::string commands_of(const std::function<std::string(const std::string& port)>& target) {
    std::string all;
    std::mutex mutex;
    FakeRedis server([&](const std::string& command) {
      const std::lock_guard lock(mutex);
      all += command + "\n";
      return command.starts_with("INFO") ? bulk("# Server\r\nredis_version:7.0.0\r\n") : std::string("+OK\r\n");
    });
    const auto probed = probe(target(std::to_string(server.address().endpoint.port)));
    EXPECT_TRUE(probed.target) << probed.reason;
    if (probed.target) {
      exporter::Sink self(spec_->metrics);
      exporter::TargetPage page{.self = self, .runs = {}, .reason = {}, .found = {}, .group = {}, .container = {}};
      platform::ReadBuffer buffer;
      const exporter::Scrape scrape{.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10),
                                    .stop_fd = -1,
                                    .generation = 1,
                                    .buffer = buffer};
      EXPECT_EQ(probed.target->collect(scrape, page), exporter::Outcome::ok) << page.reason;
    }
    const std::lock_guard lock(mutex);
    return all;
  }

  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  const exporter::Environment environment_{host_, options_, shared_};
  const exporter::TargetSpec* spec_ = nullptr;
  std::unique_ptr<exporter::Prober> prober_;
};

TEST_F(RedisProber, WithoutAPasswordOfOursAnyHostIsRead) {
  EXPECT_EQ(probe("db").target->address(), "db:6379");
  EXPECT_EQ(probe("redis://db:7000/2").target->address(), "db:7000/2");
  EXPECT_EQ(probe("redis://u:hunter2@db").target->address(), "db:6379");
  EXPECT_EQ(probe("unix:///run/redis.sock").status, 403);
}

TEST_F(RedisProber, OurPasswordGoesToListedServersOnly) {
  options_.set("redis.user", "watcher");
  options_.set("redis.password", "hunter2");
  const auto refused = probe("db");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.reason,
            "a password of the configuration is sent to no target but those that --redis.probe-targets lists");
  EXPECT_TRUE(probe("redis://u:own@db").target) << "a login of the request's own";
  const auto commands = [&](std::string userinfo) {
    return commands_of([&](const std::string& port) { return "redis://" + userinfo + "127.0.0.1:" + port; });
  };
  EXPECT_EQ(commands("u:own@").find("AUTH u own\n"), 0U);
  options_.set("redis.probe-targets", "127.0.0.1:*,/run/*.sock");
  prober_ = nullptr;
  EXPECT_EQ(commands("").find("AUTH watcher hunter2\n"), 0U);
  EXPECT_EQ(commands("name@").find("AUTH name hunter2\n"), 0U);
  EXPECT_EQ(commands("u:own@").find("AUTH u own\n"), 0U);
  EXPECT_TRUE(probe("/run/redis.sock").target);
  EXPECT_EQ(probe("/run/x/redis.sock").status, 403);
  EXPECT_EQ(probe("redis://u:own@db").status, 403);
}

TEST_F(RedisProber, AnEntryOfThePasswordFileListsItsServer) {
  const TextFolder folder;
  options_.set("redis.password-file",
               folder.write("passwords", R"({"redis://me@127.0.0.1:*": "filed", "unix:///run/x.sock": ""})"));
  EXPECT_EQ(commands_of([](const std::string& port) { return "127.0.0.1:" + port; }).find("AUTH me filed\n"), 0U);
  EXPECT_TRUE(probe("db").target);
  EXPECT_TRUE(probe("/run/x.sock").target);
  EXPECT_EQ(probe("/run/y.sock").status, 403);
  options_.set("redis.probe-targets", "other");
  prober_ = nullptr;
  EXPECT_TRUE(probe("127.0.0.1").target);
  EXPECT_TRUE(probe("other").target);
  EXPECT_EQ(probe("db").status, 403);
  const auto generation = prober_->look().generation;
  EXPECT_EQ(prober_->look().generation, generation);
  folder.write("passwords", R"({"redis://me@127.0.0.2:*": "filed"})");
  EXPECT_NE(prober_->look().generation, generation);
  EXPECT_EQ(probe("127.0.0.1").status, 403);
}

TEST_F(RedisProber, APasswordForAllIsSentToListedServersOnlyHoweverLateItComes) {
  const TextFolder folder;
  options_.set("redis.password-file", folder.write("passwords", R"({"redis://x": "filed"})"));
  // Not listed, and a file that becomes one of a single password between the request and the login.
  const auto commands = commands_of([&](const std::string& port) {
    EXPECT_TRUE(probe("127.0.0.1:" + port).target);
    return "127.0.0.1:" + port;
  });
  EXPECT_EQ(commands.find("AUTH"), std::string::npos);
  const auto probed = probe("127.0.0.1");
  ASSERT_TRUE(probed.target);
  folder.write("passwords", "hunter2");
  EXPECT_EQ(probe("127.0.0.1").status, 403);
}

TEST_F(RedisProber, ANameForTheCertificateComesWithoutOurPasswords) {
  options_.set("redis.password", "hunter2");
  options_.set("redis.probe-targets", "*:*");
  EXPECT_TRUE(probe("rediss://db").target);
  EXPECT_EQ(probe("rediss://db", "a b").status, 400);
  const auto refused = probe("rediss://db", "other.example");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.reason, "tls_server_name: a password of the configuration goes to --tls-server-name only");
  EXPECT_TRUE(probe("rediss://u:own@db", "other.example").target);
}

TEST_F(RedisProber, WhatIsNoTargetIsRefusedWithoutRepeatingIt) {
  for (const std::string_view target :
       {"http://hunter2", "redis://db:port/hunter2", "rediss://hunter2:0", "hunter2,b", "unix:///hunter2/../x",
        "redis://u:%zz@hunter2", "a b hunter2", "[::1 hunter2"}) {
    const auto refused = probe(target);
    EXPECT_FALSE(refused.target) << target;
    EXPECT_EQ(refused.status, 400) << target;
    EXPECT_EQ(refused.reason.find("target: "), 0U) << refused.reason;
    EXPECT_EQ(refused.reason.find("hunter2"), std::string::npos) << refused.reason;
  }
}

TEST_F(RedisProber, CountsRefusals) {
  probe("db");
  prober_->note_refusal();
  prober_->note_refusal();
  exporter::Sink sink(prober_->metrics());
  prober_->write(sink);
  EXPECT_EQ(sink.columns()[0]->lines.text(), "redis_target_scrape_request_errors_total 2\n");
}

TEST_F(RedisProber, CanBeSwitchedOff) {
  options_.set("disable-scrape-endpoint", "true");
  EXPECT_EQ(exporter::redis::make_prober(environment_, {}), nullptr);
}

TEST_F(RedisProber, KeysOfTheRequestNeedASwitch) {
  declare_all();
  const std::vector<std::pair<std::string, std::string>> keys{{"check-single-keys", "db0=secret"}};
  const auto refused = probe("db", {}, keys);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.reason,
            "check-keys and its like show what keys hold: start with --redis.probe-keys to have them here");
  prober_ = nullptr;
  options_.set("redis.probe-keys", "true");
  const auto taken = probe("db", {}, keys);
  ASSERT_TRUE(taken.target);
  EXPECT_EQ(taken.target->address(), "db:6379");
  ASSERT_EQ(taken.collectors.size(), 1U);
  EXPECT_EQ(taken.collectors[0]->name, "redis.keys");
  EXPECT_EQ(options_.text("check-single-keys"), "") << "the program's own stay as they are";
  EXPECT_EQ(probe("db", {}, {{"check-single-keys", "dbx=y"}}).status, 400);
  EXPECT_TRUE(probe("db").collectors.empty());
}

}  // namespace
}  // namespace tests
