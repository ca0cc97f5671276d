// The scrape port over TLS, against OpenSSL's own client.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "exporter/http_server.h"
#include "exporter/http_tls.h"
#include "platform/text.h"
#include "tests/support/certificates.h"

namespace exporter {
namespace {

struct SslFree {
  void operator()(SSL* one) const { ::SSL_free(one); }
  void operator()(SSL_CTX* one) const { ::SSL_CTX_free(one); }
};

class HttpOverTls : public testing::Test {
 protected:
  void serve(platform::TlsClients clients = platform::TlsClients::nothing, std::vector<std::string> names = {}) {
    const auto own = authority_.sign("DNS:localhost,IP:127.0.0.1");
    platform::TlsServerSettings settings;
    settings.files = {.certificate = own.certificate, .key = own.key, .authorities = ""};
    if (clients != platform::TlsClients::nothing) {
      settings.files.authorities = authority_.certificate();
    }
    settings.clients = clients;
    settings.client_names = names;
    auto tls = std::make_shared<HttpTls>();
    ASSERT_EQ(make_tls_server(settings, tls->context), "");
    tls->client_names = std::move(names);
    std::vector<Listener> listeners;
    listeners.push_back(listen_on("127.0.0.1:0"));
    port_ = *platform::number<std::uint16_t>(std::string_view(listeners[0].address).substr(10));
    server_ = std::make_unique<HttpServer>(
        std::move(listeners), 4,
        [](const HttpRequest& request) {
          return HttpReply::text(200, request.path == "/large" ? std::string(3'000'000, 'x') : request.path + "\n");
        },
        [tls] { return tls; });
    thread_ = std::thread([this] { server_->run(stop_, 1.0); });
  }
  void TearDown() override {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(stop_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    thread_.join();
    ::close(stop_);
  }

  platform::Fd connect() const {
    platform::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // A client with or without a certificate of its own.
  struct Client {
    platform::Fd fd;
    std::unique_ptr<SSL_CTX, SslFree> context;
    std::unique_ptr<SSL, SslFree> ssl;
    bool shaken = false;

    bool send(std::string_view text) const {
      return ::SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size());
    }
    std::string receive(std::string_view until) const {
      std::string all;
      char bytes[65536];
      while (all.find(until) == std::string::npos) {
        const int got = ::SSL_read(ssl.get(), bytes, sizeof bytes);
        if (got <= 0) {
          break;
        }
        all.append(bytes, static_cast<std::size_t>(got));
      }
      return all;
    }
  };
  Client client(const tests::Certificate* own = nullptr) const {
    Client made;
    made.fd = connect();
    made.context.reset(::SSL_CTX_new(::TLS_client_method()));
    if (own != nullptr) {
      const tests::TextFolder folder;
      const auto certificate = folder.write("c.crt", own->certificate);
      const auto key = folder.write("c.key", own->key);
      EXPECT_EQ(::SSL_CTX_use_certificate_chain_file(made.context.get(), certificate.c_str()), 1);
      EXPECT_EQ(::SSL_CTX_use_PrivateKey_file(made.context.get(), key.c_str(), SSL_FILETYPE_PEM), 1);
    }
    made.ssl.reset(::SSL_new(made.context.get()));
    ::SSL_set_fd(made.ssl.get(), made.fd.get());
    made.shaken = ::SSL_connect(made.ssl.get()) == 1;
    return made;
  }
  // With TLS 1.3 a client learns only afterwards that it is not wanted.
  bool lets_in(const tests::Certificate* own) const {
    const auto one = client(own);
    return one.shaken && one.send("GET /in HTTP/1.1\r\nHost: a\r\n\r\n") &&
           one.receive("/in\n").find(" 200 OK") != std::string::npos;
  }

  const tests::Authority authority_{"ours"};
  std::uint16_t port_ = 0;
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

TEST_F(HttpOverTls, RequestsOnAKeptConnection) {
  serve();
  const auto one = client();
  ASSERT_TRUE(one.shaken);
  for (const std::string path : {"/a", "/b"}) {
    ASSERT_TRUE(one.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_NE(one.receive(path + "\n").find("200 OK"), std::string::npos);
  }
  ASSERT_TRUE(one.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const std::string reply = one.receive("no such text");
  EXPECT_EQ(reply.size() - reply.find("\r\n\r\n") - 4, 3'000'000U);
}

TEST_F(HttpOverTls, RequestsInPiecesAndManyAtOnce) {
  serve();
  const auto one = client();
  for (const char c : std::string("GET /drop HTTP/1.1\r\nHost: a\r\n\r\n")) {
    ASSERT_TRUE(one.send({&c, 1}));
  }
  EXPECT_NE(one.receive("/drop\n").find("200 OK"), std::string::npos);
  // More than is read at once: what OpenSSL keeps does not show on the socket.
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += "GET /" + std::to_string(i) + "/" + std::string(50, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  ASSERT_LE(many.size(), 16384U) << "one record";
  ASSERT_TRUE(one.send(many));
  EXPECT_NE(one.receive("/199/" + std::string(50, 'y') + "\n").find("/199/"), std::string::npos);
}

TEST_F(HttpOverTls, TooLargeAHeadIsToldSo) {
  serve();
  const auto one = client();
  one.send("GET / HTTP/1.1\r\n" + std::string(HttpServer::kMaxHead, 'x'));
  EXPECT_EQ(one.receive("\r\n\r\n").substr(0, 12), "HTTP/1.1 431");
}

TEST_F(HttpOverTls, HttpWithoutTlsIsToldSo) {
  serve();
  const auto fd = connect();
  ASSERT_GT(::send(fd.get(), "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 0);
  std::string all;
  char bytes[4096];
  for (ssize_t got = 0; (got = ::recv(fd.get(), bytes, sizeof bytes, 0)) > 0;) {
    all.append(bytes, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(all.substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(all.substr(all.size() - 34), "This port speaks HTTPS, not HTTP.\n");
}

TEST_F(HttpOverTls, NonsenseAndSilenceCostNobodyElse) {
  serve();
  std::vector<platform::Fd> silent;
  for (int i = 0; i < 50; ++i) {
    silent.push_back(connect());
    const std::string nonsense(static_cast<std::size_t>(i), '\x16');
    ::send(silent.back().get(), nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
  }
  EXPECT_TRUE(lets_in(nullptr));
}

TEST_F(HttpOverTls, ClientsMustBeKnown) {
  serve(platform::TlsClients::verified);
  const auto good = authority_.sign("DNS:prometheus.example");
  const auto foreign = tests::Authority("other").sign("DNS:prometheus.example");
  EXPECT_TRUE(lets_in(&good));
  EXPECT_FALSE(lets_in(&foreign));
  EXPECT_FALSE(lets_in(nullptr));
}

TEST_F(HttpOverTls, ClientsMustHaveAName) {
  serve(platform::TlsClients::verified, {"prometheus.example", "10.0.0.7"});
  const auto named = authority_.sign("DNS:prometheus.example");
  const auto numbered = authority_.sign("IP:10.0.0.7");
  const auto other = authority_.sign("DNS:prometheus.example.org,email:prometheus.example@x");
  EXPECT_TRUE(lets_in(&named));
  EXPECT_TRUE(lets_in(&numbered));
  EXPECT_FALSE(lets_in(&other));
}

TEST_F(HttpOverTls, ACertificateMayBeAskedForAndNotLookedAt) {
  serve(platform::TlsClients::any);
  const auto foreign = tests::Authority("other").sign("DNS:anybody");
  EXPECT_TRUE(lets_in(&foreign));
  EXPECT_FALSE(lets_in(nullptr));
}

}  // namespace
}  // namespace exporter
