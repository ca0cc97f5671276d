#include "platform/http_client.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <atomic>

#include "tests/support/allocations.h"
#include "tests/support/certificates.h"

namespace platform {
namespace {

using std::chrono::milliseconds;
using tests::FakeServer;

Deadline within(int ms) { return {.at = std::chrono::steady_clock::now() + milliseconds(ms), .stop_fd = -1}; }

HttpTarget target_of(const Endpoint& endpoint) { return {.endpoint = endpoint, .host = "h:1", .path = "/metrics"}; }

std::string reply(std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string packed(std::string_view text) {
  auto* const state = ::libdeflate_alloc_compressor(6);
  std::string out(::libdeflate_gzip_compress_bound(state, text.size()), '\0');
  out.resize(::libdeflate_gzip_compress(state, text.data(), text.size(), out.data(), out.size()));
  ::libdeflate_free_compressor(state);
  return out;
}

// What a client says of a server that answers every request with `answer` and hangs up after the last of `per`.
struct Seen {
  bool good;
  std::string body;
  std::string reason;
};
Seen against(const std::string& answer, std::size_t most = 1000) {
  FakeServer server([&](int fd, int) {
    if (!tests::receive_text(fd).empty()) {
      tests::send_text(fd, answer);
    }
  });
  HttpClient client(target_of(server.address().endpoint), "*/*", most, nullptr);
  const bool good = client.get(within(5000));
  return {good, good ? std::string(client.body()) : "", client.reason()};
}

TEST(HttpClient, KeepsItsConnectionAndAllocatesNothing) {
  std::atomic<int> connections{0};
  std::string request;
  FakeServer server([&](int fd, int) {
    ++connections;
    for (std::string text = tests::receive_text(fd); !text.empty(); text = tests::receive_text(fd)) {
      request = text;
      tests::send_text(fd, reply("a 1\n", "Content-Type: text/plain\r\n"));
    }
  });
  auto target = target_of(server.address().endpoint);
  target.authorization = "Basic abc";
  HttpClient client(target, "text/plain", 1000, nullptr);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client.get(within(5000))) << client.reason();
  }
  const auto before = tests::allocations();
  EXPECT_TRUE(client.get(within(5000)));
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(client.status(), 200);
  EXPECT_EQ(client.body(), "a 1\n");
  EXPECT_EQ(client.content_type(), "text/plain");
  EXPECT_EQ(connections, 1);
  EXPECT_EQ(request,
            "GET /metrics HTTP/1.1\r\nHost: h:1\r\nUser-Agent: resource_exporter\r\nAccept: text/plain\r\n"
            "Accept-Encoding: identity\r\nAuthorization: Basic abc\r\n\r\n");
}

TEST(HttpClient, AConnectionThatWasClosedMeanwhileIsMadeAnewOnce) {
  std::atomic<int> connections{0};
  FakeServer server([&](int fd, int) {
    ++connections;
    tests::receive_text(fd);
    tests::send_text(fd, reply("x"));
  });
  HttpClient client(target_of(server.address().endpoint), "*/*", 1000, nullptr);
  EXPECT_TRUE(client.get(within(5000)));
  EXPECT_TRUE(client.get(within(5000))) << client.reason();
  EXPECT_EQ(connections, 2);
}

TEST(HttpClient, UnpacksGzipWithinTheLimit) {
  const std::string text(900, 'x');
  EXPECT_EQ(against(reply(packed(text), "Content-Encoding: gzip\r\n")).body, text);
  EXPECT_EQ(against(reply(packed(""), "Content-Encoding: gzip\r\n")).body, "");
  EXPECT_EQ(against(reply(packed(std::string(1 << 20, '0')), "Content-Encoding: gzip\r\n"), 5000).reason,
            "a body of more than 5000 bytes once it is unpacked");
  std::string liar = packed(std::string(1 << 20, '0'));
  liar.replace(liar.size() - 4, 4, std::string("\x10\0\0\0", 4));  // says that it unpacks to 16
  for (const auto& broken : {liar, packed(text).substr(0, 15), std::string("no gzip at all, is it")}) {
    EXPECT_EQ(against(reply(broken, "Content-Encoding: gzip\r\n"), 5000).reason,
              "a body that says it is gzip and is none");
  }
  EXPECT_FALSE(against(reply(packed(text) + "xxxx", "Content-Encoding: gzip\r\n"), 5000).good);
  EXPECT_FALSE(against(reply(packed(text) + packed(text), "Content-Encoding: gzip\r\n"), 5000).good);
  EXPECT_EQ(against(reply("x", "Content-Encoding: br\r\n")).reason, "a Content-Encoding that was not asked for");
  EXPECT_EQ(against(reply("x", "Content-Encoding: identity\r\n")).body, "x");
}

TEST(HttpClient, SaysWhatIsWrong) {
  EXPECT_EQ(against("").reason, "the connection was closed without a reply");
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut").reason,
            "the connection ended in the middle of a reply");
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").reason, "a body of more than 1000 bytes");
  EXPECT_EQ(against("+PONG\r\n").reason, "what answers does not speak HTTP/1");
  Endpoint nobody;
  {
    const FakeServer server([](int, int) {});
    nobody = server.address().endpoint;
  }
  HttpClient client(target_of(nobody), "*/*", 1000, nullptr);
  EXPECT_FALSE(client.get(within(5000)));
  EXPECT_EQ(client.fault(), Fault::refused);
  EXPECT_EQ(client.reason(), "connection refused");
  EXPECT_EQ(against(reply("good") + "HTTP/1.1 200 OK\r\n").body, "good");
}

TEST(HttpClient, EndsByItsDeadlineAtEveryStage) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const auto& start :
       {std::string(), std::string("HTTP/1.1"), ok + "X: y\r\n", ok + "Content-Length: 9\r\n\r\nbody",
        ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbo", ok + "\r\nno end"}) {
    FakeServer server([&](int fd, int) {
      tests::receive_text(fd);
      tests::send_text(fd, start);
      tests::receive_text(fd);  // until the client hangs up
    });
    HttpClient client(target_of(server.address().endpoint), "*/*", 1000, nullptr);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(client.get(within(100)));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2000));
    EXPECT_EQ(client.fault(), Fault::timeout) << start;
    EXPECT_EQ(client.reason(), "timeout");
  }
  FakeServer drip([&](int fd, int) {  // never silent, never done
    tests::receive_text(fd);
    tests::send_text(fd, ok + "\r\n");
    const std::string one(1, 'x');
    for (int i = 0; i < 300 && ::send(fd, one.data(), 1, MSG_NOSIGNAL) == 1; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  HttpClient client(target_of(drip.address().endpoint), "*/*", 1000, nullptr);
  EXPECT_FALSE(client.get(within(100)));
  EXPECT_EQ(client.fault(), Fault::timeout);
}

TEST(HttpClient, SpeaksTls) {
  const tests::Authority authority("ours");
  const tests::TextFolder folder;
  const auto ca = folder.write("ca", authority.certificate());
  const tests::FakeTlsRedis server(authority.sign("IP:127.0.0.1"), {}, reply("secret 1\n"));
  auto target = target_of(server.address().endpoint);
  target.tls = true;
  TlsClient trusting({.files = {.certificate = {}, .key = {}, .authorities = ca}, .server_name = {}, .verify = true});
  HttpClient client(target, "*/*", 1000, &trusting);
  EXPECT_TRUE(client.get(within(5000))) << client.reason();
  EXPECT_TRUE(client.get(within(5000))) << client.reason();
  EXPECT_EQ(client.body(), "secret 1\n");
  EXPECT_EQ(server.connections(), 1);
  TlsClient usual({.files = {}, .server_name = {}, .verify = true});
  const tests::FakeTlsRedis other(authority.sign("IP:127.0.0.1"), {}, "");
  target.endpoint = other.address().endpoint;
  HttpClient wary(target, "*/*", 1000, &usual);
  EXPECT_FALSE(wary.get(within(5000)));
  EXPECT_EQ(wary.fault(), Fault::tls_untrusted) << wary.reason();
}

}  // namespace
}  // namespace platform
