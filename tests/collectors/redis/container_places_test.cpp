#include "collectors/redis/container_places.h"

#include <gtest/gtest.h>

#include "tests/support/host_folder.h"

namespace {

using exporter::redis::ContainerPlaces;
using std::chrono::seconds;

void start_process(const tests::HostFolder& machine, int pid, const std::string& command, const std::string& space) {
  const std::string folder = "proc/" + std::to_string(pid);
  machine.start_process(pid, command);
  machine.link(folder + "/ns/net", "net:[" + space + "]");
}

constexpr const char* kTrie =
    "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n"
    "     +-- 127.0.0.0/8 2 0 2\n           |-- 127.0.0.1\n              /32 host LOCAL\n"
    "     +-- 172.17.0.0/16 2 0 2\n           |-- 172.17.0.2\n              /32 host LOCAL\n"
    "           |-- 172.17.255.255\n              /32 link BROADCAST\n";
constexpr const char* kHead = "  sl  local_address rem_address   st tx_queue rx_queue\n";

std::string shown(const std::vector<platform::RedisAddress>& places) {
  std::string text;
  for (const auto& place : places) {
    EXPECT_TRUE(place.apart);
    text.append(place.shown()).append(" ");
  }
  return text;
}

class RedisInContainers : public testing::Test {
 protected:
  RedisInContainers() { machine_.link("proc/self/ns/net", "net:[1]"); }
  void listen(int pid, const std::string& lines4, const std::string& lines6 = "") const {
    const std::string folder = "proc/" + std::to_string(pid) + "/net";
    machine_.write(folder + "/tcp", kHead + lines4);
    machine_.write(folder + "/tcp6", kHead + lines6);
    machine_.write(folder + "/fib_trie", kTrie);
  }
  std::string look() const { return shown(ContainerPlaces().look(machine_.host(), seconds(0))); }
  tests::HostFolder machine_;
};

TEST_F(RedisInContainers, AServerOfAnotherNetworkIsFoundByItsAddress) {
  start_process(machine_, 90, "redis-server", "2");
  listen(90, "   0: 00000000:18EB 00000000:0000 0A 00000000:00000000\n");
  EXPECT_EQ(look(), "172.17.0.2:6379 ");
}

TEST_F(RedisInContainers, TheUsualPortComesBeforeOthersAndTheLowestOfThose) {
  start_process(machine_, 90, "valkey-server", "2");
  listen(90, "   0: 00000000:1F90 00000000:0000 0A\n   1: 0100007F:0050 00000000:0000 0A\n",
         "   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A\n");
  EXPECT_EQ(look(), "172.17.0.2:8080 ");
  listen(90, "   0: 00000000:1F90 00000000:0000 0A\n",
         "   0: 00000000000000000000000000000000:18EB 00000000000000000000000000000000:0000 0A\n");
  EXPECT_EQ(look(), "172.17.0.2:6379 ");
}

TEST_F(RedisInContainers, WhoListensForItselfAloneOrNotAtAllIsNotReached) {
  start_process(machine_, 90, "redis-server", "2");
  listen(90, "   0: 0100007F:18EB 00000000:0000 0A\n   1: 020011AC:18EB 010011AC:9C40 01\n",
         "   0: 00000000000000000000000001000000:18EB 00000000000000000000000000000000:0000 0A\n");
  EXPECT_EQ(look(), "");
}

TEST_F(RedisInContainers, OurOwnNetworkAndOtherProgramsAreNotMeant) {
  start_process(machine_, 90, "redis-server", "1");
  listen(90, "   0: 00000000:18EB 00000000:0000 0A\n");
  start_process(machine_, 91, "sleep", "2");
  listen(91, "   0: 00000000:18EB 00000000:0000 0A\n");
  EXPECT_EQ(look(), "");
}

TEST_F(RedisInContainers, SocketsComeFirst) {
  start_process(machine_, 90, "redis-server", "2");
  listen(90, "   0: 00000000:18EB 00000000:0000 0A\n");
  machine_.write("proc/90/root/run/redis/redis.sock", "");
  EXPECT_EQ(look(), "unix://" + machine_.path("proc").string() + "/90/root/run/redis/redis.sock 172.17.0.2:6379 ");
}

TEST_F(RedisInContainers, AllProcessesAreLookedAtOnceInAPause) {
  ContainerPlaces places;
  EXPECT_EQ(shown(places.look(machine_.host(), seconds(60))), "");
  start_process(machine_, 90, "redis-server", "2");
  listen(90, "   0: 00000000:18EB 00000000:0000 0A\n");
  EXPECT_EQ(shown(places.look(machine_.host(), seconds(60))), "");
  EXPECT_EQ(shown(places.look(machine_.host(), seconds(0))), "172.17.0.2:6379 ");
}

}  // namespace
