#include "platform/tcp_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace {

std::size_t listening(platform::TcpDump& dump) {
  std::size_t count = 0;
  EXPECT_EQ(dump.sockets(
                AF_INET, 1U << static_cast<unsigned>(platform::TcpState::listen), [&] { count = 0; },
                [&](const platform::TcpSocket&) { ++count; }),
            0);
  return count;
}

platform::Fd own_namespace() { return platform::Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); }

// In a thread, since that may leave for a namespace of its own. Without the right to, the refusal is what is tested.
TEST(TcpDump, AsksInAnotherNetworkNamespaceAndComesBack) {
  platform::Fd there;
  platform::Fd server;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == 0) {
      there = own_namespace();
      server.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::listen(server.get(), 1), 0);
    }
  }).join();
  platform::TcpDump dump;
  if (!there) {
    EXPECT_EQ(dump.open_in(own_namespace(), own_namespace()), EPERM);
    return;
  }
  const platform::Fd before = own_namespace();
  ASSERT_EQ(dump.open_in(there, own_namespace()), 0);
  EXPECT_EQ(listening(dump), 1U);
  struct stat home {};
  struct stat now {};
  ASSERT_EQ(::fstat(before.get(), &home), 0);
  ASSERT_EQ(::fstat(own_namespace().get(), &now), 0);
  EXPECT_EQ(home.st_ino, now.st_ino);
  dump.close();
  server.reset();
  platform::TcpDump after;
  ASSERT_EQ(after.open_in(there, own_namespace()), 0);
  EXPECT_EQ(listening(after), 0U);
}

TEST(TcpDump, AFileThatIsNoNamespaceIsAnError) {
  const platform::Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  platform::TcpDump dump;
  EXPECT_NE(dump.open_in(file, own_namespace()), 0);
}

}  // namespace
