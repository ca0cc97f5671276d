#include <gtest/gtest.h>

#include "collectors/redis/target.h"
#include "platform/deadline.h"
#include "platform/host.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

class RedisDiscover : public testing::Test {
 protected:
  RedisDiscover() { options_.declare(exporter::redis::kTargetOptions); }
  exporter::Discoverer::Answer discover() {
    const exporter::Environment environment{host_, options_, shared_};
    return exporter::redis::make_discoverer(environment)
        ->discover({.at = std::chrono::steady_clock::now() + std::chrono::seconds(5), .stop_fd = -1});
  }
  // Of one node that answers CLUSTER NODES so.
  exporter::Discoverer::Answer nodes(const std::string& reply) {
    FakeRedis server([&](const std::string& c) { return c == "CLUSTER NODES" ? reply : std::string("+OK\r\n"); });
    port_ = std::to_string(server.address().endpoint.port);
    options_.set("is-cluster", "true");
    // The first of the nodes is gone.
    options_.set("redis.addr", "127.0.0.1:1,127.0.0.1:" + port_);
    return discover();
  }

  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  std::string port_;
};

constexpr std::string_view kNodes =
    "07c3 10.0.0.4:30004@31004,node4,shard-id=69bc slave e7d1 0 1426238317239 4 connected\n"
    "67ed 10.0.0.2:30002@31002 master,fail - 0 1426238316232 2 connected 5461-10922\n"
    "292f 2001:db8::3:30003@31003,,shard-id=7 master - 0 1426238318243 3 connected 10923-16383\n"
    "6ec2 :0@0 master,noaddr - 0 0 5 disconnected\n"
    "824f 10.0.0.9:30009@31009 handshake - 0 0 0 disconnected\n"
    "aaaa bad\"host:1@2 master - 0 0 0 connected\n"
    "e7d1 :30001@31001 myself,master - 0 0 1 connected 0-5460\n"
    "e7d1\n\n";

TEST_F(RedisDiscover, NodesOfTheCluster) {
  const auto answer = nodes(bulk(kNodes));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text,
            "[\n  {\n    \"targets\": [\n      \"redis://10.0.0.2:30002\",\n      \"redis://10.0.0.4:30004\",\n"
            "      \"redis://127.0.0.1:30001\",\n      \"redis://[2001:db8::3]:30003\"\n    ],\n"
            "    \"labels\": {}\n  }\n]\n");
}

TEST_F(RedisDiscover, NamesWhereNodesAnnounceSome) {
  options_.set("cluster-discover-hostnames", "true");
  const auto answer = nodes(bulk(kNodes));
  EXPECT_NE(answer.text.find("\"redis://node4:30004\""), std::string::npos) << answer.text;
  EXPECT_NE(answer.text.find("\"redis://[2001:db8::3]:30003\""), std::string::npos) << answer.text;
}

TEST_F(RedisDiscover, NoNodesIsAnEmptyList) {
  EXPECT_EQ(nodes(bulk("\n")).text, "[\n  {\n    \"targets\": [],\n    \"labels\": {}\n  }\n]\n");
}

TEST_F(RedisDiscover, WhatGoesWrongIsOneLine) {
  EXPECT_EQ(discover().status, 400);
  options_.set("is-cluster", "true");
  options_.set("redis.addr", "");
  EXPECT_EQ(discover().status, 400) << "no server is named";
  const auto standalone = nodes("-ERR This instance has cluster support disabled\r\n");
  EXPECT_EQ(standalone.status, 500);
  EXPECT_EQ(standalone.text, "ERR This instance has cluster support disabled");
  const auto gone = discover();
  EXPECT_EQ(gone.status, 500);
  EXPECT_EQ(gone.text, "cannot connect: connection refused");
}

}  // namespace
}  // namespace tests
