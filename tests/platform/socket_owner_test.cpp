#include "platform/socket_owner.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "tests/support/host_folder.h"

using platform::ListenAddress;

namespace {

const platform::Deadline kSoon{std::chrono::steady_clock::now() + std::chrono::minutes(5), -1};
const std::string kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const std::string kContainer = "/docker/" + std::string(64, 'c');

std::string listening(const std::string& address, const std::string& inode, const std::string& state = "0A") {
  return "   0: " + address + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000   999        0 " +
         inode + " 1 0000000000000000 100 0 0 10 0\n";
}

class SocketOwnerTest : public testing::Test {
 protected:
  int find(const std::string& hex, std::uint16_t port) {
    pid_ = 0;
    return platform::listener_process(folder_.host(), {hex, port}, kSoon, pid_);
  }
  void holds(const std::string& pid, const std::string& inode) {
    folder_.link("proc/" + pid + "/fd/0", "/dev/null");
    folder_.link("proc/" + pid + "/fd/7", "socket:[" + inode + "]");
  }
  tests::HostFolder folder_;
  int pid_ = 0;
};

TEST_F(SocketOwnerTest, FindsWhoListens) {
  folder_.write("proc/1/net/tcp", kHead + listening("0100007F:1538", "4711") + listening("0100007F:1539", "9", "01") +
                                      "cut\n" + listening("00000000:18EB", "4712"));
  folder_.write("proc/1/net/tcp6", kHead + listening("0000000000000000FFFF00000100007F:2328", "4713"));
  holds("80", "1");
  holds("81", "4711");
  holds("82", "4712");
  holds("83", "4713");
  EXPECT_EQ(find("0100007F", 5432), 0);
  EXPECT_EQ(pid_, 81);
  EXPECT_EQ(find("0100007F", 6379), 0);  // it listens at every address
  EXPECT_EQ(pid_, 82);
  EXPECT_EQ(find("0100007F", 9000), 0);
  EXPECT_EQ(pid_, 83);
  EXPECT_EQ(find("0100007F", 5433), ENOENT);  // connected, not listening
  EXPECT_EQ(find("0200000A", 5432), ENOENT);
}

TEST_F(SocketOwnerTest, FollowsDockersProxyIntoTheContainer) {
  folder_.write("proc/1/net/tcp", kHead + listening("00000000:1538", "1000"));
  holds("50", "1000");
  folder_.write("proc/50/comm", "docker-proxy\n");
  std::string arguments;
  for (const char* const word : {"docker-proxy", "-container-ip", "172.17.0.2", "-container-port", "5431"}) {
    arguments.append(word).push_back('\0');
  }
  folder_.write("proc/50/cmdline", arguments);
  folder_.link("proc/1/ns/net", "net:[1]");
  folder_.link("proc/90/ns/net", "net:[2]");
  folder_.write("proc/90/net/fib_trie", "Local:\n     |-- 172.17.0.2\n        /32 host LOCAL\n");
  folder_.write("proc/90/net/tcp", kHead + listening("00000000:1537", "2000"));
  holds("91", "2000");
  EXPECT_EQ(find("0100007F", 5432), 0);
  EXPECT_EQ(pid_, 91);
  // The same, reached by the container's own address.
  EXPECT_EQ(find("020011AC", 5431), 0);
  EXPECT_EQ(pid_, 91);
}

TEST_F(SocketOwnerTest, GroupsAreThoseOfTheRows) {
  const auto group = [&](const std::string& text) {
    folder_.write("proc/9/cgroup", text);
    return platform::group_of_process(folder_.host(), 9);
  };
  EXPECT_EQ(group("0::" + kContainer + "/init.scope\n"), kContainer);
  EXPECT_EQ(group("0::/system.slice/postgresql@15-main.service\n"), "/system.slice/postgresql@15-main.service");
  EXPECT_EQ(group("5:freezer:/\n4:memory:" + kContainer + "\n2:cpu,cpuacct:" + kContainer + "\n0::/\n"), kContainer);
  EXPECT_EQ(group("0::/\n"), "/");
  EXPECT_EQ(group(""), "");
  EXPECT_EQ(group("no line"), "");
  EXPECT_EQ(platform::group_of_process(folder_.host(), 10), "");
}

TEST(SocketOwner, AUnixSocketTellsItsProcess) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  platform::Host host;
  ASSERT_EQ(host.open(), "");
  int pid = 0;
  EXPECT_EQ(platform::peer_process(host, pair[0], kSoon, pid), 0);
  EXPECT_EQ(pid, ::getpid());
  ::close(pair[0]);
  ::close(pair[1]);
  EXPECT_EQ(platform::peer_process(host, -1, kSoon, pid), EBADF);
}

// Ours, by the machine's own files.
TEST(SocketOwner, ATcpConnectionLeadsToItsListener) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), size), 0);
  platform::Host host;
  ASSERT_EQ(host.open(), "");
  int pid = 0;
  EXPECT_EQ(platform::peer_process(host, client, kSoon, pid), 0);
  EXPECT_EQ(pid, ::getpid());
  const platform::Deadline passed{std::chrono::steady_clock::now() - std::chrono::seconds(1), -1};
  EXPECT_EQ(platform::peer_process(host, client, passed, pid), ETIMEDOUT);
  ::close(client);
  ::close(listener);
}

}  // namespace
