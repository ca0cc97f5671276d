#include "collectors/redis/target.h"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include "collectors/all.h"
#include "exporter/registry.h"
#include "platform/dir.h"
#include "platform/host.h"
#include "tests/support/exposition.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::redis::Server;

std::span<const exporter::MetricDesc> target_metrics() {
  for (const auto* spec : exporter::all_target_specs()) {
    if (spec->module == exporter::Module::redis) {
      return spec->metrics;
    }
  }
  return {};
}

// The module without a scheduler: all Redis collectors, one server.
class Module {
 public:
  Module() : environment_{host_, options_, shared_} {
    for (const auto& listed : exporter::all_collectors()) {
      if (std::holds_alternative<exporter::MakeCommand>(listed.spec->make)) {
        if (listed.spec->on_by_default) {
          enabled_.push_back(listed.spec);
        }
        options_.declare(listed.spec->options);
      }
    }
    options_.declare(exporter::redis::kTargetOptions);
  }
  void watch(const platform::RedisAddress& address, bool automatic = false) {
    server_ = std::make_unique<Server>(std::vector{address}, "server:1", automatic, environment_, enabled_);
    runs_.clear();
    for (const auto* spec : enabled_) {
      runs_.emplace_back(*spec);
    }
  }
  Outcome scrape(int ms = 3000) {
    for (auto& run : runs_) {
      run.sink.clear();
      run.outcome = Outcome::no_data;
    }
    self_.clear();
    const exporter::Scrape scrape{.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms),
                                  .stop_fd = -1,
                                  .generation = 1,
                                  .buffer = buffer_};
    exporter::TargetPage page{self_, runs_, {}};
    const Outcome outcome = server_->collect(scrape, page);
    reason_ = page.reason;
    return outcome;
  }
  bool shows(const std::string& line) const { return page().find("\n" + line + "\n") != std::string::npos; }
  std::string page() const {
    std::vector<const exporter::Sink*> sinks{&self_};
    for (const auto& run : runs_) {
      sinks.push_back(&run.sink);
    }
    exporter::Registry registry;
    std::string text;
    tests::append_page(registry, sinks, text);
    return text;
  }
  const std::string& reason() const { return reason_; }
  std::span<const std::string> remarks() const { return self_.remarks(); }
  exporter::Options& options() { return options_; }
  std::vector<exporter::Run>& runs() { return runs_; }
  Server& server() { return *server_; }
  std::vector<std::unique_ptr<exporter::Target>> targets() {
    return exporter::redis::make_targets(environment_, enabled_);
  }

 private:
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  exporter::Environment environment_;
  std::vector<const exporter::CollectorSpec*> enabled_;
  std::vector<exporter::Run> runs_;
  exporter::Sink self_{target_metrics()};
  platform::ReadBuffer buffer_;
  std::unique_ptr<Server> server_;
  std::string reason_;
};

std::string info(const std::string& run_id, const std::string& more = {}) {
  return bulk("# Server\r\nredis_version:7.0.15\r\nrun_id:" + run_id + "\r\nuptime_in_seconds:5\r\n" + more);
}

TEST(RedisTarget, OneWritePerScrapeOnAKeptConnection) {
  FakeRedis server([](const std::string& c) { return c.starts_with("INFO") ? info("a") : std::string("*0\r\n"); });
  Module module;
  module.watch(server.address());
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_TRUE(module.shows("redis_up 1"));
  EXPECT_TRUE(module.shows("redis_exporter_last_scrape_error{err=\"\"} 0"));
  EXPECT_TRUE(module.shows("redis_uptime_in_seconds 5"));
  EXPECT_EQ(server.reads(), 2U);  // the first scrape asks INFO beforehand
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_EQ(server.reads(), 3U);
  EXPECT_EQ(server.asked("INFO"), 3U);
  EXPECT_EQ(server.asked("CLIENT SETNAME"), 1U);
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_TRUE(module.shows("redis_exporter_scrapes_total 2"));
  EXPECT_TRUE(module.shows("redis_exporter_scrape_duration_seconds_count 2"));
}

TEST(RedisTarget, UnwantedCollectorsAskNothing) {
  FakeRedis server([](const std::string& c) { return c.starts_with("INFO") ? info("a") : std::string("*0\r\n"); });
  Module module;
  module.watch(server.address());
  for (auto& run : module.runs()) {
    run.wanted = false;
  }
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_EQ(server.asked("SLOWLOG") + server.asked("CONFIG") + server.asked("LATENCY"), 0U);
  EXPECT_TRUE(module.shows("redis_up 1"));
}

TEST(RedisTarget, WhatIsRefusedIsNotAskedAgain) {
  FakeRedis server([](const std::string& c) {
    return c.starts_with("INFO") ? info("a") : std::string("-ERR unknown command 'X'\r\n");
  });
  Module module;
  module.watch(server.address());
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(module.scrape(), Outcome::ok);
  }
  EXPECT_EQ(server.asked("SLOWLOG LEN"), 1U);
  EXPECT_EQ(server.asked("LATENCY HISTOGRAM"), 1U);
  EXPECT_EQ(server.asked("CONFIG GET maxclients"), 1U);
  EXPECT_EQ(server.asked("CONFIG GET *"), 1U);
}

TEST(RedisTarget, WhatRulesForbidIsNamedAsTheyNameIt) {
  FakeRedis server([](const std::string& c) {
    return c.starts_with("INFO")      ? info("a")
           : c.starts_with("SLOWLOG") ? std::string("-ERR unknown command 'SLOWLOG'\r\n")
           : c.starts_with("LATENCY")
               ? std::string("-NOPERM No permissions to access a key\r\n")
               : std::string("-NOPERM this user has no permissions to run the 'config|get' command\r\n");
  });
  Module module;
  module.watch(server.address());
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(module.scrape(), Outcome::ok);
  }
  const auto page = module.page();
  EXPECT_TRUE(module.shows("resource_exporter_redis_denied_commands{command=\"config|get\"} 1"));
  ASSERT_EQ(module.remarks().size(), 1U);
  EXPECT_NE(module.remarks()[0].find("run ACL SETUSER with the user's name and '+config|get'; "), std::string::npos)
      << module.remarks()[0];
  EXPECT_EQ(page.find("denied_commands{command=\"slowlog"), std::string::npos);
  EXPECT_EQ(page.find("denied_commands{command=\"latency"), std::string::npos);
  EXPECT_EQ(page.find("denied_commands{command=\"config|get"), page.rfind("denied_commands{command=\"config|get"));
}

TEST(RedisTarget, TheRoleIsALabelAndFollowsTheServer) {
  std::string role = "master";
  std::mutex mutex;
  FakeRedis server([&](const std::string& c) {
    const std::lock_guard lock(mutex);
    return c.starts_with("INFO") ? info("a", "# Replication\r\nrole:" + role + "\r\n") : std::string("*0\r\n");
  });
  Module module;
  module.options().set("append-instance-role-label", "true");
  module.watch(server.address());
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_TRUE(module.shows("redis_up{instance_role=\"master\"} 1"));
  EXPECT_TRUE(module.shows("redis_exporter_last_scrape_error{instance_role=\"master\",err=\"\"} 0"));
  EXPECT_TRUE(module.shows("redis_uptime_in_seconds{instance_role=\"master\"} 5"));
  EXPECT_TRUE(module.shows("redis_db_keys{instance_role=\"master\",db=\"db0\"} 0"));
  EXPECT_TRUE(module.shows("redis_exporter_scrapes_total 1"));
  {
    const std::lock_guard lock(mutex);
    role = "slave";
  }
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_TRUE(module.shows("redis_up{instance_role=\"slave\"} 1"));
  EXPECT_TRUE(module.shows("redis_uptime_in_seconds{instance_role=\"slave\"} 5"));
}

TEST(RedisTarget, AnotherServerBehindTheAddressIsLearntInTheSameScrape) {
  std::atomic<bool> cluster{false};
  FakeRedis server([&](const std::string& c) {
    if (c.starts_with("INFO")) {
      return cluster ? info("b", "# Cluster\r\ncluster_enabled:1\r\n") : info("a");
    }
    return c == "CLUSTER INFO" ? bulk("cluster_state:ok\r\n") : std::string("-ERR unknown command 'X'\r\n");
  });
  Module module;
  module.watch(server.address());
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_FALSE(module.shows("redis_cluster_state 1"));
  cluster = true;
  ASSERT_EQ(module.scrape(), Outcome::ok);
  EXPECT_TRUE(module.shows("redis_cluster_state 1"));
}

TEST(RedisTarget, AMissingPasswordIsNamed) {
  FakeRedis server([](const std::string&) { return "-NOAUTH Authentication required.\r\n"; });
  Module module;
  module.watch(server.address(), true);  // also when nobody named the server
  EXPECT_EQ(module.scrape(), Outcome::failed);
  EXPECT_TRUE(module.shows("redis_up 0"));
  EXPECT_TRUE(module.shows("resource_exporter_target_failure{module=\"redis\",reason=\"auth\"} 1"));
  EXPECT_NE(module.reason().find("REDIS_PASSWORD"), std::string::npos);
  EXPECT_EQ(module.page().find("redis_uptime"), std::string::npos);
}

TEST(RedisTarget, AnAutomaticServerIsShownOnceItAnswered) {
  platform::RedisAddress address;
  Module module;
  {
    FakeRedis server([](const std::string& c) { return c.starts_with("INFO") ? info("a") : std::string("*0\r\n"); });
    address = server.address();
    auto nobody = address;
    nobody.endpoint.path = "/nonexistent/redis.sock";
    module.watch(nobody, true);
    EXPECT_EQ(module.scrape(), Outcome::no_data);
    EXPECT_EQ(module.reason(), "");
    EXPECT_EQ(module.page(), "");
    module.watch(address, true);
    EXPECT_EQ(module.scrape(), Outcome::ok);
  }
  EXPECT_EQ(module.scrape(), Outcome::failed);  // a crash is seen
  EXPECT_TRUE(module.shows("redis_up 0"));
  EXPECT_TRUE(module.shows("resource_exporter_target_failure{module=\"redis\",reason=\"refused\"} 1"));
}

TEST(RedisTarget, LateIsDownUnlessNobodyAskedForIt) {
  FakeServer server([](int, int) {});
  Module module;
  exporter::Sink late(target_metrics());
  module.watch(server.address(), true);
  module.server().write_late(late);
  EXPECT_EQ(late.columns()[0]->lines.text(), "");
  module.watch(server.address());
  module.server().write_late(late);
  EXPECT_EQ(late.columns()[0]->lines.text(), "redis_up 0\n");
  EXPECT_EQ(late.columns()[1]->lines.text(), "redis_exporter_last_scrape_error{err=\"timeout\"} 1\n");
  EXPECT_EQ(late.columns()[6]->lines.text(),
            "resource_exporter_target_failure{module=\"redis\",reason=\"timeout\"} 1\n");
}

TEST(RedisTarget, TheConnectionTimeoutEndsAScrapeToo) {
  FakeServer server([](int fd, int) {
    while (!receive_text(fd).empty()) {
    }
  });
  Module module;
  module.options().set("connection-timeout", "100ms");
  module.watch(server.address());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(module.scrape(10000), Outcome::failed);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(RedisTargets, AddressesFromSeveralOptionsAndLists) {
  Module module;
  module.options().set("redis.addr", "redis://:pw@a:1, b");
  module.options().set("redis.addr", "unix:///run/r.sock");
  const auto targets = module.targets();
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[0]->address(), "a:1");
  EXPECT_EQ(targets[1]->address(), "b:6379");
  EXPECT_EQ(targets[2]->address(), "unix:///run/r.sock");
}

TEST(RedisTargets, NotGivenLooksAroundAndEmptyIsNone) {
  Module module;
  EXPECT_EQ(module.targets().size(), 1U);
  module.options().set("redis.addr", "");
  EXPECT_EQ(module.targets().size(), 0U);
}

TEST(RedisTargets, MistakesNeverShowASecret) {
  for (const char* text :
       {"rediss://:hunter2@h:0", "ftp://:hunter2@h", "redis://:hunter2,hunter2@h", "redis://:hunter2@h:x"}) {
    Module module;
    module.options().set("redis.addr", text);
    try {
      module.targets();
      ADD_FAILURE() << text;
    } catch (const exporter::OptionError& error) {
      EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("redis.addr"), std::string::npos);
    }
  }
}

TEST(RedisTargets, FilesThatAreNoGoodKeepItFromStarting) {
  const auto error_of = [](std::initializer_list<std::pair<std::string_view, std::string_view>> options) {
    Module module;
    for (const auto& [name, value] : options) {
      module.options().set(name, value);
    }
    try {
      module.targets();
    } catch (const exporter::OptionError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of({{"redis.password-file", "/nonexistent/x"}}),
            "option redis.password-file: /nonexistent/x: no such file or directory");
  EXPECT_EQ(error_of({{"redis.password-file", "/nonexistent/x"}, {"redis.password", "it wins"}}), "");
  EXPECT_EQ(error_of({{"tls-ca-cert-file", "/nonexistent/x"}}),
            "options tls-ca-cert-file, tls-client-cert-file, tls-client-key-file: /nonexistent/x: no such file or "
            "directory");
  EXPECT_EQ(error_of({{"namespace", "a-b"}}),
            "option namespace: letters, digits and _ only, as in --namespace=cache, not 'a-b'");
  EXPECT_EQ(error_of({{"tls-client-key-file", "/nonexistent/x"}}),
            "options tls-client-cert-file and tls-client-key-file: one of them is missing");
}

TEST(RedisTargets, TheSameServerTwiceIsAMistake) {
  Module module;
  module.options().set("redis.addr", "h,redis://h:6379");
  EXPECT_THROW(module.targets(), exporter::OptionError);
}

}  // namespace
}  // namespace tests
