#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "platform/dir.h"
#include "platform/tcp_sockets.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using platform::TcpState;

TEST(Tcpstat, ReadsOneMessageOfSockDiag) {
  inet_diag_msg message{};
  message.idiag_state = 10;
  message.idiag_rqueue = 3;
  message.idiag_wqueue = 128;
  message.id.idiag_sport = htons(443);
  std::array<char, sizeof(message)> bytes;
  std::memcpy(bytes.data(), &message, sizeof(message));
  const auto socket = platform::parse_tcp_message(bytes);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->state, TcpState::listen);
  EXPECT_EQ(socket->port, 443);
  EXPECT_EQ(socket->receive_queue, 3U);
  EXPECT_EQ(socket->send_queue, 128U);
  EXPECT_FALSE(platform::parse_tcp_message(std::span(bytes).first(bytes.size() - 1)));
  bytes[1] = 0;
  EXPECT_FALSE(platform::parse_tcp_message(bytes)) << "no state";
  bytes[1] = 13;
  EXPECT_FALSE(platform::parse_tcp_message(bytes)) << "a state of the future";
}

TEST(Tcpstat, ALineThatCannotBeReadIsNone) {
  EXPECT_TRUE(platform::parse_tcp_line("0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00"));
  EXPECT_FALSE(platform::parse_tcp_line("0: 0100007F 00000000:0000 0A 00000000:00000000 00"));
  EXPECT_FALSE(platform::parse_tcp_line("0: 0100007F:0CEA 00000000:0000 FF 00000000:00000000 00"));
  EXPECT_FALSE(platform::parse_tcp_line("0: 0100007F:0CEA 00000000:0000 0A 00000000"));
  EXPECT_FALSE(platform::parse_tcp_line("  sl  local_address rem_address   st tx_queue rx_queue"));
}

// A listening socket of this process, asked of the running kernel.
TEST(Tcpstat, FindsALiveListeningPortByNetlink) {
  const platform::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), generic, size), 0);
  ASSERT_EQ(::listen(listener.get(), 7), 0);
  ASSERT_EQ(::getsockname(listener.get(), generic, &size), 0);
  const platform::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), generic, size), 0);

  const FixtureCopy copy(fs::path(FIXTURES) / "host/tcpstat");
  write_text(copy.path() / "flags", "collector.tcpstat.listen-ports=true\n");
  FixtureRun run(spec_of("tcpstat"), copy.path());
  if (run.scrape() != exporter::Outcome::ok) {
    GTEST_SKIP() << "this kernel has no tcp_diag";
  }
  const std::string port = "{port=\"" + std::to_string(ntohs(address.sin_port)) + "\"";
  const std::string page = run.page();
  EXPECT_NE(page.find("node_tcp_port_accept_queue_length" + port + "} 1\n"), std::string::npos) << page;
  EXPECT_NE(page.find("node_tcp_port_accept_queue_limit" + port + "} 7\n"), std::string::npos);
  EXPECT_NE(page.find("node_tcp_port_connections" + port + ",state=\"listen\"} 1\n"), std::string::npos);
  EXPECT_NE(page.find("node_tcp_port_connections" + port + ",state=\"established\"} 1\n"), std::string::npos);
}

TEST(Tcpstat, WithoutListenPortsOnlyTheStatesOfTheOriginal) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/tcpstat");
  write_text(copy.path() / "flags", "collector.tcpstat.netlink=false\n");
  FixtureRun run(spec_of("tcpstat"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("node_tcp_port"), std::string::npos);
  EXPECT_NE(run.page().find("node_tcp_connection_states{state=\"rx_queued_bytes\"} 32\n"), std::string::npos)
      << "the accept queue of a listening socket counts connections, not octets";
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U) << "a socket in state 0";
}

TEST(Tcpstat, AKernelWithoutIpv6HasIpv4AllTheSame) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/tcpstat");
  fs::remove(copy.path() / "proc/net/tcp6");
  FixtureRun run(spec_of("tcpstat"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_tcp_connection_states{state=\"established\"} 2\n"), std::string::npos);
}

}  // namespace
}  // namespace tests
