#include "collectors/postgres/container_server.h"

#include <gtest/gtest.h>

#include "tests/support/host_folder.h"

namespace {

using exporter::postgres::ContainerServer;
using std::chrono::seconds;

void start_process(const tests::HostFolder& machine, int pid, const std::string& command) {
  const std::string folder = "proc/" + std::to_string(pid);
  machine.start_process(pid, command);
  machine.write(folder + "/cgroup", "0::/system.slice/docker-5e1c.scope\n");
}

void open_socket(const tests::HostFolder& machine, int pid, int port) {
  machine.write("proc/" + std::to_string(pid) + "/root/run/postgresql/.s.PGSQL." + std::to_string(port), "");
}

std::string host_of(const ContainerServer& server) {
  platform::PqDsn dsn;
  server.lead_to(dsn);
  return std::string(dsn.get("host"));
}

TEST(ContainerServer, IsFoundByItsProcess) {
  const tests::HostFolder machine;
  ContainerServer server;
  start_process(machine, 7, "sleep");
  open_socket(machine, 7, 5432);
  EXPECT_FALSE(server.find(machine.host(), seconds(0)));
  EXPECT_EQ(server.out_of_reach(), "");
  start_process(machine, 90, "postgres");
  start_process(machine, 91, "postgres");
  open_socket(machine, 90, 5434);
  open_socket(machine, 90, 5433);
  open_socket(machine, 91, 5432);
  EXPECT_TRUE(server.find(machine.host(), seconds(0)));
  EXPECT_EQ(server.name(), "/run/postgresql:5433");
  EXPECT_EQ(host_of(server), machine.path("proc").string() + "/90/root/run/postgresql");
  EXPECT_EQ(server.out_of_reach(), "");
}

TEST(ContainerServer, IsSentNoPassword) {
  const tests::HostFolder machine;
  start_process(machine, 90, "postgres");
  open_socket(machine, 90, 5432);
  ContainerServer server;
  ASSERT_TRUE(server.find(machine.host(), seconds(0)));
  platform::PqDsn dsn;
  ASSERT_EQ(dsn.parse("host=localhost user=watcher password=hunter2"), "");
  server.lead_to(dsn);
  EXPECT_EQ(dsn.get("user"), "watcher");
  EXPECT_EQ(dsn.get("password"), "");
  EXPECT_TRUE(dsn.apart());
}

TEST(ContainerServer, IsFoundAgainUnderAnotherNumber) {
  const tests::HostFolder machine;
  ContainerServer server;
  start_process(machine, 90, "postgres");
  open_socket(machine, 90, 5432);
  ASSERT_TRUE(server.find(machine.host(), seconds(0)));
  std::filesystem::remove_all(machine.path("proc/90"));
  EXPECT_FALSE(server.find(machine.host(), seconds(0)));
  start_process(machine, 300, "postgres");
  open_socket(machine, 300, 5432);
  EXPECT_TRUE(server.find(machine.host(), seconds(0)));
  EXPECT_EQ(server.name(), "/run/postgresql:5432");
  EXPECT_EQ(host_of(server), machine.path("proc").string() + "/300/root/run/postgresql");
}

TEST(ContainerServer, AllProcessesAreLookedAtSeldom) {
  const tests::HostFolder machine;
  ContainerServer server;
  EXPECT_FALSE(server.find(machine.host(), seconds(60)));
  start_process(machine, 90, "postgres");
  open_socket(machine, 90, 5432);
  EXPECT_FALSE(server.find(machine.host(), seconds(60)));
  EXPECT_TRUE(server.find(machine.host(), seconds(0)));
  EXPECT_TRUE(server.find(machine.host(), seconds(60))) << "what was found costs one look";
}

TEST(ContainerServer, OutOfReachIsSaidWithTheRemedy) {
  const tests::HostFolder machine;
  start_process(machine, 90, "postgres");
  ContainerServer server;
  EXPECT_FALSE(server.find(machine.host(), seconds(0)));
  EXPECT_EQ(server.out_of_reach(),
            "PostgreSQL runs in /system.slice/docker-5e1c.scope without a socket in /run/postgresql: set "
            "DATA_SOURCE_NAME, as host=ADDRESS user=ROLE dbname=postgres");
}

}  // namespace
