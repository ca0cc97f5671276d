#include "platform/tls_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "tests/support/certificates.h"

namespace platform {
namespace {

using std::chrono::milliseconds;
using tests::Authority;
using tests::FakeServer;
using tests::FakeTlsRedis;

Deadline within(int ms) { return {.at = std::chrono::steady_clock::now() + milliseconds(ms), .stop_fd = -1}; }

class Tls : public testing::Test {
 protected:
  Connected connect(TlsClient& client, const Endpoint& to, const std::string& name = {}, int ms = 5000) {
    auto connected = connect_to(to, within(ms));
    EXPECT_TRUE(connected.stream) << connected.reason;
    return client.wrap(std::move(connected.stream), to.host, name, session_, within(ms));
  }
  // Why there is no connection to a server with `own`, when `authorities` are trusted.
  Connected against(const tests::Certificate& own, const std::string& authorities, const std::string& name = {},
                    bool verify = true) {
    FakeTlsRedis server(own, {}, "+OK\r\n");
    TlsClient client({.files = {.certificate = {}, .key = {}, .authorities = folder_.write("ca", authorities)},
                      .server_name = name,
                      .verify = verify});
    return connect(client, server.address().endpoint);
  }
  static std::string read_all(ByteStream& stream, std::size_t size) {
    std::string all;
    std::array<char, 5000> buffer;
    std::size_t got = 1;
    while (all.size() < size && got > 0) {
      EXPECT_EQ(stream.receive(buffer, got, within(5000)), 0) << stream.failed().reason;
      all.append(buffer.data(), got);
    }
    return all;
  }

  const Authority ours_{"ours"};
  const Authority other_{"other"};
  const tests::TextFolder folder_;
  TlsSession session_;
};

TEST_F(Tls, BytesGoBothWays) {
  const std::string large(300000, 'x');
  FakeTlsRedis server(ours_.sign("IP:127.0.0.1"), {}, large);
  TlsClient client({.files = {.certificate = {}, .key = {}, .authorities = folder_.write("ca", ours_.certificate())},
                    .server_name = {},
                    .verify = true});
  const auto connected = connect(client, server.address().endpoint);
  ASSERT_TRUE(connected.stream) << connected.reason;
  EXPECT_GE(connected.stream->descriptor(), 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(connected.stream->send("PING\r\n", within(5000)), 0);
    EXPECT_EQ(read_all(*connected.stream, large.size()), large);
  }
}

TEST_F(Tls, WhomToTrust) {
  const auto own = ours_.sign("DNS:redis.example,IP:127.0.0.1");
  EXPECT_EQ(against(own, ours_.certificate()).reason, "");
  EXPECT_EQ(against(own, other_.certificate() + ours_.certificate()).reason, "");
  const auto untrusted = against(own, other_.certificate());
  EXPECT_FALSE(untrusted.stream);
  EXPECT_EQ(untrusted.fault, Fault::tls_untrusted);
  EXPECT_EQ(untrusted.reason, "the server's certificate is signed by nobody whom we trust");
  EXPECT_EQ(against(own, other_.certificate(), {}, false).reason, "");
}

TEST_F(Tls, TheNameIsVerified) {
  const auto own = ours_.sign("DNS:redis.example,DNS:*.cache.example,IP:127.0.0.2");
  const auto wrong = against(own, ours_.certificate());
  EXPECT_EQ(wrong.fault, Fault::tls_name);
  EXPECT_EQ(wrong.reason,
            "the server's certificate is for redis.example, *.cache.example, 127.0.0.2 and not for 127.0.0.1");
  EXPECT_EQ(against(own, ours_.certificate(), "redis.example").reason, "");
  EXPECT_EQ(against(own, ours_.certificate(), "a.cache.example").reason, "");
  EXPECT_EQ(against(own, ours_.certificate(), "127.0.0.2").reason, "");
  EXPECT_EQ(against(own, ours_.certificate(), "redis.example.").reason, "") << "a dot may end a name";
  EXPECT_EQ(against(own, ours_.certificate(), "example").fault, Fault::tls_name);
}

TEST_F(Tls, Expired) {
  const auto expired = against(ours_.sign("IP:127.0.0.1", -1), ours_.certificate());
  EXPECT_EQ(expired.fault, Fault::tls_expired);
  EXPECT_EQ(expired.reason, "the server's certificate has expired, or one that it was signed with");
}

TEST_F(Tls, NoTlsServer) {
  TlsClient client({});
  FakeServer redis([](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "-ERR unknown command\r\n");
  });
  const auto answered = connect(client, redis.address().endpoint);
  EXPECT_EQ(answered.fault, Fault::tls_absent);
  EXPECT_EQ(answered.reason, "what answers is no TLS server");
  FakeServer gone([](int fd, int) { tests::receive_text(fd); });
  const auto hung_up = connect(client, gone.address().endpoint);
  EXPECT_EQ(hung_up.fault, Fault::tls_absent);
  EXPECT_EQ(hung_up.reason, "the server hung up in the TLS handshake: the port may be one without TLS");
  FakeServer waits([](int fd, int) {
    while (!tests::receive_text(fd).empty()) {
    }
  });
  const auto start = std::chrono::steady_clock::now();
  const auto timeout = connect(client, waits.address().endpoint, {}, 300);
  EXPECT_EQ(timeout.fault, Fault::timeout);
  EXPECT_EQ(timeout.reason, "timeout in the TLS handshake: the port may be one without TLS");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
}

TEST_F(Tls, DeadlineAndEndOfTheProgramEndAWait) {
  FakeTlsRedis server(ours_.sign("IP:127.0.0.1"), {}, "");
  TlsClient client({.files = {}, .server_name = {}, .verify = false});
  const auto connected = connect(client, server.address().endpoint);
  ASSERT_TRUE(connected.stream);
  std::array<char, 10> buffer;
  std::size_t got = 0;
  EXPECT_EQ(connected.stream->receive(buffer, got, within(50)), ETIMEDOUT);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);
  Deadline deadline = within(10000);
  deadline.stop_fd = pipe[0];
  EXPECT_EQ(connected.stream->receive(buffer, got, deadline), ECANCELED);
  EXPECT_EQ(connected.stream->failed().fault, Fault::stopping);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(Tls, OurOwnCertificate) {
  const auto own = ours_.sign("IP:127.0.0.1");
  FakeTlsRedis server(own, ours_.certificate(), "+OK\r\n");
  const auto mine = ours_.sign("DNS:me");
  TlsFiles files{.certificate = folder_.write("c", mine.certificate),
                 .key = folder_.write("k", mine.key),
                 .authorities = folder_.write("ca", ours_.certificate())};
  TlsClient with({.files = files, .server_name = {}, .verify = true});
  const auto good = connect(with, server.address().endpoint);
  ASSERT_TRUE(good.stream) << good.reason;
  ASSERT_EQ(good.stream->send("PING\r\n", within(5000)), 0);
  EXPECT_EQ(read_all(*good.stream, 5), "+OK\r\n");
  files.certificate.clear();
  files.key.clear();
  session_.forget();
  TlsClient without({.files = files, .server_name = {}, .verify = true});
  FakeTlsRedis same(own, ours_.certificate(), "+OK\r\n");
  const auto none = connect(without, same.address().endpoint);
  // With TLS 1.3 the server's no comes behind the handshake.
  ASSERT_TRUE(none.stream) << none.reason;
  none.stream->send("PING\r\n", within(5000));
  std::array<char, 10> buffer;
  std::size_t got = 0;
  EXPECT_NE(none.stream->receive(buffer, got, within(5000)), 0);
  EXPECT_EQ(none.stream->failed().fault, Fault::tls_own_certificate);
  EXPECT_EQ(none.stream->failed().reason, "the server wants a client certificate");
}

TEST_F(Tls, FilesThatAreNoGood) {
  const auto mine = ours_.sign("DNS:me");
  const auto another = ours_.sign("DNS:me");
  const std::string certificate = folder_.write("c", mine.certificate);
  const std::string key = folder_.write("k", another.key);
  const auto wrong = [](TlsFiles files) { return TlsClient({.files = std::move(files)}).look(); };
  EXPECT_EQ(wrong({certificate, key, {}}), key + ": the key does not match the certificate in " + certificate);
  EXPECT_EQ(wrong({certificate, "/nonexistent/k", {}}), "/nonexistent/k: no such file or directory");
  EXPECT_NE(wrong({certificate, certificate, {}}).find(": no private key in PEM form"), std::string::npos);
  EXPECT_NE(wrong({key, key, {}}).find(": no certificate in PEM form"), std::string::npos);
  EXPECT_NE(wrong({{}, {}, key}).find(": no certificate in PEM form"), std::string::npos);
  const std::string locked = folder_.write("l", tests::locked(mine.key));
  EXPECT_NE(wrong({certificate, locked, {}}).find(": the key has a passphrase"), std::string::npos);
}

TEST_F(Tls, ReplacedFilesAreReadAtTheNextHandshake) {
  FakeTlsRedis server(ours_.sign("IP:127.0.0.1"), {}, "+OK\r\n");
  const std::string file = folder_.write("ca", other_.certificate());
  TlsClient client({.files = {.certificate = {}, .key = {}, .authorities = file}, .server_name = {}, .verify = true});
  EXPECT_EQ(connect(client, server.address().endpoint).fault, Fault::tls_untrusted);
  folder_.write("ca", "-----BEGIN CERTI");
  EXPECT_NE(client.look().find(file + ": no certificate"), std::string::npos);
  const auto half = connect(client, server.address().endpoint);
  EXPECT_EQ(half.fault, Fault::tls_untrusted);
  EXPECT_NE(half.reason.find("; older certificates are in use, since " + file), std::string::npos) << half.reason;
  folder_.write("ca", ours_.certificate());
  EXPECT_EQ(connect(client, server.address().endpoint).reason, "");
  EXPECT_EQ(client.look(), "");
}

TEST_F(Tls, TheNextHandshakeIsShortAndNoneAfterOtherAuthorities) {
  FakeTlsRedis server(ours_.sign("IP:127.0.0.1"), {}, "+OK\r\n");
  TlsClient client({.files = {.certificate = {}, .key = {}, .authorities = folder_.write("ca", ours_.certificate())},
                    .server_name = {},
                    .verify = true});
  const auto visit = [&] {
    auto connected = connect(client, server.address().endpoint);
    ASSERT_TRUE(connected.stream) << connected.reason;
    ASSERT_EQ(connected.stream->send("PING\r\n", within(5000)), 0);
    EXPECT_EQ(read_all(*connected.stream, 5), "+OK\r\n");  // the session comes before the first reply
  };
  visit();
  EXPECT_EQ(server.resumed(), 0);
  visit();
  visit();
  EXPECT_EQ(server.resumed(), 2);
  folder_.write("ca", other_.certificate());
  EXPECT_EQ(connect(client, server.address().endpoint).fault, Fault::tls_untrusted);
}

}  // namespace
}  // namespace platform
