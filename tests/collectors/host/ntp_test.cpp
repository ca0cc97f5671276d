#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "collectors/host/ntp_reply.h"
#include "platform/dir.h"
#include "tests/support/fixture.h"

namespace {

using exporter::Outcome;
using exporter::host::ntp::Judge;
using exporter::host::ntp::read_reply;
using exporter::host::ntp::Reading;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1700000000 * kSecond;

// A packet of a healthy server at kNow, that took no time.
class Packet {
 public:
  Packet() : octets_(48, '\0') {
    octets_[0] = 0x24;
    octets_[1] = 2;
    put(16, time(kNow - 10 * kSecond));
    put(24, 7);
    put(32, time(kNow));
    put(40, time(kNow));
  }
  static std::uint64_t time(std::int64_t unix_ns) {
    const auto seconds = static_cast<std::uint64_t>(unix_ns / kSecond + 2208988800);
    return seconds << 32U;
  }
  void put(std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) {
      octets_[at + i] = static_cast<char>(value >> (56 - 8 * i));
    }
  }
  void octet(std::size_t at, unsigned char value) { octets_[at] = static_cast<char>(value); }
  std::optional<Reading> read(std::int64_t now = kNow) const { return read_reply({7, now, now, octets_}); }
  const std::string& octets() const { return octets_; }

 private:
  std::string octets_;
};

TEST(NtpReply, IsOnlyAnAnswerToOurQuestion) {
  Packet packet;
  ASSERT_TRUE(packet.read());
  EXPECT_EQ(packet.read()->offset, 0);
  EXPECT_FALSE(read_reply({8, kNow, kNow, packet.octets()}));
  EXPECT_FALSE(read_reply({7, kNow, kNow, std::string_view(packet.octets()).substr(0, 47)}));
  packet.octet(0, 0x23);  // a question of another client
  EXPECT_FALSE(packet.read());
}

TEST(NtpReply, IsValidByTheRulesOfTheProtocol) {
  EXPECT_TRUE(Packet().read()->valid);
  const auto with = [](auto change) {
    Packet packet;
    change(packet);
    return packet.read()->valid;
  };
  EXPECT_FALSE(with([](Packet& p) { p.octet(1, 0); }));
  EXPECT_FALSE(with([](Packet& p) { p.octet(1, 16); }));
  EXPECT_FALSE(with([](Packet& p) { p.octet(0, 0xe4); }));
  EXPECT_FALSE(with([](Packet& p) { p.put(16, 0); }));
  EXPECT_FALSE(with([](Packet& p) { p.put(16, Packet::time(kNow - 200000 * kSecond)); }));
  EXPECT_FALSE(with([](Packet& p) { p.put(16, Packet::time(kNow + kSecond)); }));
  EXPECT_FALSE(with([](Packet& p) { p.octet(9, 17); }));  // a dispersion of 17 s
}

TEST(NtpReply, TimesGoOnAfter2036) {
  const std::int64_t later = (std::int64_t{4294967296} - 2208988800 + 5) * kSecond;  // five seconds into the next era
  Packet packet;
  packet.put(16, std::uint64_t{4} << 32U);
  packet.put(32, std::uint64_t{5} << 32U);
  packet.put(40, std::uint64_t{5} << 32U);
  const auto reading = packet.read(later);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->offset, 0);
  EXPECT_TRUE(reading->valid);
  EXPECT_EQ(reading->reference_time, 4294967296.0 - 2208988800.0 + 4);
}

TEST(NtpJudge, ToleratesASecondAroundALeapSecond) {
  Judge judge(3, 0.001);
  Reading reading = *Packet().read();
  EXPECT_TRUE(judge.sane(reading));
  reading.least_error = 0.5;
  EXPECT_FALSE(judge.sane(reading));
  reading.leap = 1;
  EXPECT_TRUE(judge.sane(reading));
  reading.leap = 0;  // dropped after midnight, remembered for a day
  EXPECT_TRUE(judge.sane(reading));
  reading.server_time += kSecond * 2 * 86400;
  EXPECT_FALSE(judge.sane(reading));
  reading.least_error = 0;
  reading.root_distance = 3.5;
  EXPECT_FALSE(judge.sane(reading));
}

class Ntp : public testing::Test {
 protected:
  tests::FixtureRun run(const std::string& flags) {
    tests::write_text(copy_.path() / "flags", flags);
    return tests::FixtureRun(tests::spec_of("ntp"), copy_.path());
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/ntp"};
};

TEST_F(Ntp, AsksAServerByUdp) {
  const platform::Fd server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const timeval patience{10, 0};  // a test that fails before it asks must not hang
  ::setsockopt(server.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  unsigned char asked = 0;
  std::thread thread([&] {
    char question[64];
    sockaddr_in from{};
    socklen_t length = sizeof from;
    if (::recvfrom(server.get(), question, sizeof question, 0, reinterpret_cast<sockaddr*>(&from), &length) == 48) {
      asked = static_cast<unsigned char>(question[0]);
      std::string reply = Packet().octets();
      reply.replace(24, 8, question + 40, 8);
      ::sendto(server.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  });
  auto live = run(
      "collector.ntp.protocol-version=3\ncollector.ntp.server-port=" + std::to_string(ntohs(address.sin_port)) + "\n");
  const auto outcome = live.scrape();
  thread.join();
  ASSERT_EQ(outcome, Outcome::ok);
  EXPECT_EQ(asked, 0x1b);
  EXPECT_NE(live.page().find("node_ntp_stratum 2\n"), std::string::npos);
  EXPECT_NE(live.page().find("node_ntp_sanity 0\n"), std::string::npos);  // its clock is years behind
}

TEST_F(Ntp, APortNobodyListensOnIsAFailureAtOnce) {
  auto none = run("collector.ntp.server-port=1\n");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(none.scrape(), Outcome::failed);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(900));
}

TEST_F(Ntp, SettingsThatCannotWorkAreRefused) {
  EXPECT_THROW(run("collector.ntp.server=192.0.2.1\n"), exporter::OptionError);
  EXPECT_THROW(run("collector.ntp.server=localhost\n"), exporter::OptionError);
  EXPECT_NO_THROW(run("collector.ntp.server=192.0.2.1\ncollector.ntp.server-is-local=true\n"));
  EXPECT_NO_THROW(run("collector.ntp.server=::1\n"));
  EXPECT_THROW(run("collector.ntp.protocol-version=5\n"), exporter::OptionError);
  EXPECT_THROW(run("collector.ntp.server-port=0\n"), exporter::OptionError);
}

}  // namespace
