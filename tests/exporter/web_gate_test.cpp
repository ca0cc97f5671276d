#include "exporter/web_gate.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <future>

#include "exporter/registry.h"
#include "tests/support/certificates.h"
#include "tests/support/exposition.h"

namespace exporter {
namespace {

// "secret", at the least cost.
constexpr std::string_view kSecret = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

class WebGateTest : public testing::Test {
 protected:
  std::string write(const std::string& text) const { return folder_.write("web.yml", text); }
  static std::string users(const std::string& more = "") {
    return "basic_auth_users: {alice: " + std::string(kSecret) + ", bob: " + std::string(kSecret) + "}\n" + more;
  }
  void open(const std::string& text) { gate_ = std::make_unique<WebGate>(write(text), log_); }
  std::string why_not(const std::string& text) {
    try {
      open(text);
    } catch (const OptionError& error) {
      std::string words = error.what();
      const auto at = words.find("web.yml");
      return at == std::string::npos ? words : words.substr(at);
    }
    return "";
  }
  int status(const std::string& authorization, Door door = Door::metrics) {
    HttpRequest request;
    request.authorization = authorization;
    reply_ = gate_->pass(
        request, [&] { return door; },
        [&] {
          ++answered_;
          return HttpReply::text(200, "page");
        });
    return reply_.status;
  }
  std::string page() {
    Sink sink(WebGate::metrics());
    gate_->write(sink);
    const Sink* const sinks[] = {&sink};
    Registry registry;
    std::string text;
    tests::append_page(registry, sinks, text);
    return text;
  }

  static constexpr const char* kAlice = "Basic YWxpY2U6c2VjcmV0";  // alice:secret
  static constexpr const char* kBob = "basic  Ym9iOnNlY3JldA==";   // bob:secret
  const Log log_{LogLevel::error, LogFormat::logfmt};
  tests::TextFolder folder_;
  std::unique_ptr<WebGate> gate_;
  HttpReply reply_;
  int answered_ = 0;
};

TEST_F(WebGateTest, WithoutAFileItIsOpen) {
  gate_ = std::make_unique<WebGate>("", log_);
  EXPECT_EQ(status(""), 200);
  EXPECT_FALSE(gate_->has_tls());
  EXPECT_EQ(page(), "");
}

TEST_F(WebGateTest, NameAndPasswordMustBeRight) {
  open(users());
  EXPECT_EQ(status(kAlice), 200);
  EXPECT_EQ(status(kBob), 200);
  EXPECT_EQ(answered_, 2);
  for (const char* const no :
       {"", "Basic", "Basic ", "Basic !!!!", "Bearer YWxpY2U6c2VjcmV0", "Basic YWxpY2U=" /* alice */,
        "Basic YWxpY2U6U2VjcmV0" /* alice:Secret */, "Basic Y2Fyb2w6c2VjcmV0" /* carol:secret */,
        "Basic YWxpY2U6c2VjcmV0AHg=" /* alice:secret, a zero, x */, "Basic YWxpY2U6" /* alice: */}) {
    EXPECT_EQ(status(no), 401) << no;
    ASSERT_EQ(reply_.headers.size(), 1U);
    EXPECT_EQ(reply_.headers[0].name, "WWW-Authenticate");
  }
  EXPECT_EQ(answered_, 2);
  EXPECT_NE(page().find("resource_exporter_http_refused_requests_total{reason=\"unauthorized\"} 10\n"),
            std::string::npos);
}

TEST_F(WebGateTest, WhatIsKnownCostsNoHash) {
  open("basic_auth_users: {alice: $2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u}\n");
  const auto seconds = [&](const char* authorization, int times) {
    const auto start = WebGate::Clock::now();
    for (int i = 0; i < times; ++i) {
      status(authorization);
    }
    return std::chrono::duration<double>(WebGate::Clock::now() - start).count();
  };
  const double first = seconds(kAlice, 1);
  EXPECT_EQ(reply_.status, 200);
  EXPECT_LT(seconds(kAlice, 20), first);
  const double wrong = seconds("Basic YWxpY2U6U2VjcmV0", 1);
  const double nobody = seconds("Basic Y2Fyb2w6c2VjcmV0", 1);
  EXPECT_GT(nobody, wrong / 4) << "a name that there is not takes as long";
  EXPECT_LT(seconds("Basic YWxpY2U6U2VjcmV0", 20), wrong);
}

TEST_F(WebGateTest, ManyAtOnceWaitForOneHash) {
  open("basic_auth_users: {alice: $2b$08$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u}\n");
  std::vector<std::future<int>> all;
  for (int i = 0; i < 24; ++i) {
    all.push_back(std::async(std::launch::async, [&, i] {
      HttpRequest request;
      const std::string names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
      request.authorization = std::string("Basic YWxpY2U6c2VjcmV") + names[static_cast<std::size_t>(i)];
      return gate_
          ->pass(
              request, [] { return Door::metrics; }, [] { return HttpReply::text(200, ""); })
          .status;
    }));
  }
  for (auto& one : all) {
    const int got = one.get();
    EXPECT_TRUE(got == 401 || got == 503) << got;
  }
}

TEST_F(WebGateTest, SomePathsAreForSomeUsers) {
  open(users("access: {probe: [bob], reload: []}\n"));
  EXPECT_EQ(status(kAlice, Door::metrics), 200);
  EXPECT_EQ(status(kAlice, Door::probe), 403);
  EXPECT_EQ(status(kBob, Door::probe), 200);
  EXPECT_EQ(status(kBob, Door::reload), 403);
}

TEST_F(WebGateTest, RateLimitAndHeaders) {
  open("rate_limit: {interval: 1h, burst: 3}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n");
  EXPECT_EQ(status(""), 200);
  ASSERT_TRUE(reply_.more_headers);
  EXPECT_EQ(reply_.more_headers->at(0).value, "deny");
  EXPECT_EQ(status(""), 200);
  EXPECT_EQ(status(""), 200);
  EXPECT_EQ(status(""), 429);
  EXPECT_EQ(reply_.headers[0].name, "Retry-After");
  EXPECT_EQ(reply_.more_headers->at(0).value, "deny");
}

TEST_F(WebGateTest, IsReadAgainUnlessItIsWrong) {
  open(users());
  EXPECT_EQ(status(kAlice), 200);
  write("basic_auth_users: {alice: secret}\n");
  gate_->look();
  EXPECT_EQ(status(kAlice), 200);
  EXPECT_NE(page().find("resource_exporter_config_last_reload_successful 0\n"), std::string::npos);
  EXPECT_NE(gate_->reload().find("web.yml:1:27: no bcrypt hash"), std::string::npos);
  write("basic_auth_users: {bob: " + std::string(kSecret) + "}\n");
  gate_->look();
  EXPECT_EQ(status(kAlice), 401);
  EXPECT_EQ(status(kBob), 200);
  EXPECT_NE(page().find("resource_exporter_config_last_reload_successful 1\n"), std::string::npos);
}

TEST_F(WebGateTest, CertificatesAreReadAgain) {
  const tests::Authority authority("ours");
  const auto write_certificate = [&](int days) {
    const auto own = authority.sign("DNS:localhost", days);
    ::chmod(folder_.write("server.key", own.key).c_str(), 0600);
    folder_.write("server.crt", own.certificate);
  };
  const std::string text = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n";
  write_certificate(1);
  open(text);
  const auto first = gate_->tls();
  ASSERT_TRUE(first);
  gate_->look();
  EXPECT_EQ(gate_->tls(), first);
  write_certificate(1);
  gate_->look();
  EXPECT_NE(gate_->tls(), first);
  const auto second = gate_->tls();
  write_certificate(-1);
  gate_->look();
  EXPECT_EQ(gate_->tls(), second) << "one that has expired is no better than the one we have";
  write("");
  EXPECT_NE(gate_->reload().find("takes a restart"), std::string::npos);
  EXPECT_EQ(gate_->tls(), second);
}

TEST_F(WebGateTest, WhatIsNoGoodIsRefusedAtStart) {
  const tests::Authority authority("ours");
  const auto own = authority.sign("DNS:localhost");
  const auto other = authority.sign("DNS:localhost");
  const std::string text = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n";
  EXPECT_NE(why_not(text).find("server.crt: no such file or directory"), std::string::npos);
  folder_.write("server.crt", own.certificate);
  ::chmod(folder_.write("server.key", other.key).c_str(), 0600);
  EXPECT_NE(why_not(text).find("server.key: the key does not match the certificate in"), std::string::npos);
  ::chmod(folder_.write("server.key", own.key).c_str(), 0644);
  EXPECT_NE(why_not(text).find("server.key: everybody on this machine may read the key (chmod o-r FILE)"),
            std::string::npos);
  ::chmod(folder_.write("server.key", own.key).c_str(), 0600);
  EXPECT_EQ(why_not(text), "");
  const auto late = authority.sign("DNS:localhost", -1);
  folder_.write("server.crt", late.certificate);
  ::chmod(folder_.write("server.key", late.key).c_str(), 0600);
  EXPECT_NE(why_not(text).find("server.crt: the certificate has expired"), std::string::npos);
  folder_.write("server.crt", own.certificate);
  ::chmod(folder_.write("server.key", own.key).c_str(), 0600);
  const auto more = [&](const std::string& line) {
    return why_not("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  " + line + "\n");
  };
  EXPECT_NE(more("client_auth_type: RequireAndVerifyClientCert").find("client_ca_file is missing"), std::string::npos);
  EXPECT_NE(more("client_ca_file: server.crt").find("need client_auth_type"), std::string::npos);
  EXPECT_NE(more("cipher_suites: [TLS_NONE]").find("unknown cipher suite 'TLS_NONE'"), std::string::npos);
  EXPECT_EQ(more("cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305, TLS_AES_128_GCM_SHA256]"), "");
  EXPECT_NE(more("curve_preferences: [Round]").find("unknown curve 'Round'"), std::string::npos);
  EXPECT_EQ(more("curve_preferences: [X25519, CurveP521]"), "");
  EXPECT_NE(more("min_version: TLS13\n  max_version: TLS12").find("max_version is older"), std::string::npos);
  EXPECT_NE(why_not("nonsense\n"), "");
  EXPECT_THROW(WebGate("/nonexistent/web.yml", log_), OptionError);
}

}  // namespace
}  // namespace exporter
