#include "collectors/redis/node_source.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "collectors/redis/target.h"
#include "exporter/registry.h"
#include "platform/host.h"
#include "tests/support/exposition.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::TargetSource;
using Names = std::vector<std::string>;

std::string array(const std::vector<std::string>& elements) {
  std::string text = "*" + std::to_string(elements.size()) + "\r\n";
  for (const auto& element : elements) {
    text += element;
  }
  return text;
}

std::string server(const std::string& name, const std::string& ip, const std::string& port) {
  return array({bulk("name"), bulk(name), bulk("ip"), bulk(ip), bulk("port"), bulk(port)});
}

// A server that answers what it is told to.
class Knows {
 public:
  void say(const std::string& command, std::string reply) {
    const std::lock_guard lock(mutex_);
    replies_[command] = std::move(reply);
  }
  std::string port() const { return std::to_string(server_.address().endpoint.port); }
  std::string name() const { return "127.0.0.1:" + port(); }
  FakeRedis& server() { return server_; }

 private:
  std::string answer(const std::string& command) {
    const std::lock_guard lock(mutex_);
    const auto known = replies_.find(command);
    if (command.starts_with("AUTH ")) {
      return "+OK\r\n";
    }
    return known == replies_.end() ? "-ERR unknown command\r\n" : known->second;
  }
  std::mutex mutex_;
  std::map<std::string, std::string> replies_;
  FakeRedis server_{[this](const std::string& command) { return answer(command); }};
};

class RedisNodeSource : public testing::Test {
 protected:
  RedisNodeSource() { options_.declare(exporter::redis::kTargetOptions); }
  // As if only this were configured.
  Names look(const std::string& addresses, bool cluster) {
    options_ = exporter::Options();
    options_.declare(exporter::redis::kTargetOptions);
    for (const auto& [name, value] : more_) {
      options_.set(name, value);
    }
    options_.set("redis.addr", addresses);
    generation_ = 0;
    options_.set("is-cluster", cluster ? "true" : "false");
    source_ = nullptr;  // a fake answers one connection after the other
    source_ = exporter::redis::make_source(environment_, {});
    source_->settle(std::chrono::steady_clock::now() + std::chrono::seconds(5));
    return source_->changes(generation_).value_or(Names{"no change"});
  }
  std::string page() {
    exporter::Sink sink(source_->metrics());
    source_->write(sink);
    const exporter::Sink* const sinks[] = {&sink};
    exporter::Registry registry;
    std::string text;
    append_page(registry, sinks, text);
    return text;
  }

  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  const exporter::Environment environment_{host_, options_, shared_};
  std::uint64_t generation_ = 0;
  std::map<std::string, std::string> more_;
  std::unique_ptr<TargetSource> source_;
};

TEST_F(RedisNodeSource, AllNodesOfAClusterFromOne) {
  Knows node;
  node.say("CLUSTER NODES", bulk("a :7001@17001 myself,master - 0 0 1 connected 0-100\n"
                                 "b 10.0.0.2:7002@17002 slave a 0 0 1 connected\n"
                                 "c 10.0.0.3:7003@17003,host3 master,fail - 0 0 1 disconnected\n"));
  EXPECT_EQ(look("127.0.0.1:1,redis://:secret@" + node.name(), true),
            (Names{"10.0.0.2:7002", "10.0.0.3:7003", "127.0.0.1:7001"}));
  const auto target = source_->make("10.0.0.2:7002");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->address(), "10.0.0.2:7002");
  EXPECT_EQ(source_->make("10.0.0.9:7002"), nullptr);
  EXPECT_FALSE(source_->changes(generation_)) << "nothing is new";
  const auto news = source_->news();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_TRUE(news[0].good);
  EXPECT_EQ(news[0].source, "127.0.0.1:1," + node.name());
  EXPECT_EQ(news[0].text, "3 servers");
  EXPECT_TRUE(source_->news().empty()) << "said once";
  EXPECT_NE(page().find("resource_exporter_target_source_up{module=\"redis\",source=\"127.0.0.1:1," + node.name() +
                        "\"} 1\n"),
            std::string::npos)
      << page();
  EXPECT_NE(page().find("\"} 3\n"), std::string::npos);
}

TEST_F(RedisNodeSource, NamesWhereTheyAreWanted) {
  Knows node;
  node.say("CLUSTER NODES", bulk("c 10.0.0.3:7003@17003,host3 master - 0 0 1 connected\n"
                                 "d 10.0.0.4:7003@17003,host4 master - 0 0 1 connected\n"));
  more_["cluster-discover-hostnames"] = "true";
  EXPECT_EQ(look(node.name(), true), (Names{"host3:7003", "host4:7003"}));
}

TEST_F(RedisNodeSource, ANodeThatWasTakenOutIsNotBelieved) {
  Knows out;
  out.say("CLUSTER NODES", bulk("a 127.0.0.1:7001@17001 myself,master - 0 0 1 connected\n"));
  Knows in;
  in.say("CLUSTER NODES", bulk("b 10.0.0.2:7002@17002 master - 0 0 1 connected\n"
                               "c 10.0.0.3:7003@17003 slave b 0 0 1 connected\n"));
  EXPECT_EQ(look(out.name() + "," + in.name(), true), (Names{"10.0.0.2:7002", "10.0.0.3:7003"}));
}

TEST_F(RedisNodeSource, UntilThereIsAnAnswerTheSeedsAreTheServers) {
  Knows node;
  node.say("CLUSTER NODES", "-ERR This instance has cluster support disabled\r\n");
  EXPECT_EQ(look(node.name(), true), Names{node.name()});
  const auto news = source_->news();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_FALSE(news[0].good);
  EXPECT_EQ(news[0].text, node.name() + ": ERR This instance has cluster support disabled");
  EXPECT_NE(page().find("\"} 0\n"), std::string::npos);
}

TEST_F(RedisNodeSource, AtMostAHundred) {
  std::string nodes;
  for (int i = 1; i <= 250; ++i) {
    nodes += "x 10.0.1." + std::to_string(i) + ":7000@17000 master - 0 0 1 connected\n";
  }
  Knows node;
  node.say("CLUSTER NODES", bulk(nodes));
  EXPECT_EQ(look(node.name(), true).size(), exporter::redis::NodeSource::kMostNodes);
  const auto news = source_->news();
  ASSERT_EQ(news.size(), 2U);
  EXPECT_EQ(news[1].text.substr(0, 26), "150 servers are left out: ");
}

TEST_F(RedisNodeSource, WhatASentinelWatches) {
  Knows guard;
  guard.say("SENTINEL MASTERS", array({server("shop", "10.0.0.1", "6379"), server("mail", "10.0.9.1", "6379")}));
  guard.say("SENTINEL SLAVES shop", array({server("x", "10.0.0.2", "6380"), server("y", "bad host", "6380"),
                                           server("z", "10.0.0.3", "70000")}));
  guard.say("SENTINEL SENTINELS shop", array({server("s", "10.0.0.5", "26380")}));
  guard.say("SENTINEL SLAVES mail", array({}));
  guard.say("SENTINEL SENTINELS mail", array({server("s", "10.0.0.5", "26380")}));
  EXPECT_EQ(look("sentinel://" + guard.name(), false),
            (Names{"10.0.0.1:6379", "10.0.0.2:6380", "10.0.0.5:26380", "10.0.9.1:6379", guard.name()}));
  EXPECT_EQ(look("sentinel://" + guard.name() + "/shop,redis://10.0.0.1:6379", false),
            (Names{"10.0.0.2:6380", "10.0.0.5:26380", guard.name()}))
      << "one group, without the server that is watched anyway";
  EXPECT_EQ(look("sentinel://" + guard.name() + "/stop", false), Names{guard.name()});
  EXPECT_EQ(source_->news().at(0).text, guard.name() + ": it knows no master 'stop'");
}

TEST_F(RedisNodeSource, TheCommonPasswordIsNotForSentinels) {
  Knows guard;
  guard.say("SENTINEL MASTERS", array({server("shop", "10.0.0.1", "6379")}));
  guard.say("SENTINEL SLAVES shop", array({}));
  guard.say("SENTINEL SENTINELS shop", array({}));
  more_["redis.password"] = "common";
  EXPECT_EQ(look("sentinel://" + guard.name(), false), (Names{"10.0.0.1:6379", guard.name()}));
  EXPECT_EQ(guard.server().asked("AUTH"), 0U);
}

TEST_F(RedisNodeSource, NoneWhereServersAreNamedOne) {
  options_.set("redis.addr", "127.0.0.1:1");
  EXPECT_EQ(exporter::redis::make_source(environment_, {}), nullptr);
}

}  // namespace
}  // namespace tests
