#include "exporter/web_config.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

constexpr std::string_view kHash = "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u";

WebConfig good(std::string_view text) {
  WebConfig config;
  EXPECT_EQ(read_web_config("web.yml", text, "/etc/exporter", config), "");
  return config;
}

std::string wrong(std::string_view text) {
  WebConfig config;
  return read_web_config("web.yml", text, "/etc/exporter", config);
}

TEST(WebConfig, EverythingOfTheToolkit) {
  const auto config = good(
      "tls_server_config:\n"
      "  cert_file: server.crt\n"
      "  key_file: /run/keys/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: ca.crt\n"
      "  client_allowed_sans: [prometheus.example, 10.0.0.1]\n"
      "  min_version: TLS13\n"
      "  max_version: TLS13\n"
      "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
      "  prefer_server_cipher_suites: false\n"
      "  curve_preferences: [X25519, CurveP256]\n"
      "http_server_config:\n"
      "  http2: false\n"
      "  headers:\n"
      "    X-Frame-Options: deny\n"
      "    X-XSS-Protection: ''\n"
      "rate_limit:\n"
      "  interval: 500ms\n"
      "  burst: 20\n"
      "basic_auth_users:\n"
      "  alice: " +
      std::string(kHash) + "\n");
  ASSERT_TRUE(config.tls);
  EXPECT_EQ(config.tls->files.certificate, "/etc/exporter/server.crt");
  EXPECT_EQ(config.tls->files.key, "/run/keys/server.key");
  EXPECT_EQ(config.tls->files.authorities, "/etc/exporter/ca.crt");
  EXPECT_EQ(config.tls->clients, platform::TlsClients::verified);
  EXPECT_EQ(config.tls->client_names, (std::vector<std::string>{"prometheus.example", "10.0.0.1"}));
  EXPECT_EQ(config.tls->oldest, TLS1_3_VERSION);
  EXPECT_EQ(config.tls->newest, TLS1_3_VERSION);
  EXPECT_EQ(config.tls->ciphers, std::vector<std::string>{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
  EXPECT_EQ(config.tls->curves, (std::vector<std::string>{"X25519", "CurveP256"}));
  EXPECT_FALSE(config.tls->own_order);
  ASSERT_EQ(config.headers.size(), 1U) << "an empty one is none";
  EXPECT_EQ(config.headers[0].name + "=" + config.headers[0].value, "X-Frame-Options=deny");
  EXPECT_EQ(config.rate_interval, 0.5);
  EXPECT_EQ(config.rate_burst, 20);
  ASSERT_EQ(config.users.size(), 1U);
  EXPECT_EQ(config.users[0].name + config.users[0].hash, "alice" + std::string(kHash));
  EXPECT_TRUE(config.may("alice", Door::reload));
}

TEST(WebConfig, NothingIsNothing) {
  const auto config = good("");
  EXPECT_FALSE(config.tls);
  EXPECT_TRUE(config.users.empty());
  EXPECT_FALSE(good("tls_server_config:\n").tls);
}

TEST(WebConfig, CertificatesInPlace) {
  const auto config =
      good("tls_server_config:\n  cert: |\n    -----BEGIN CERTIFICATE-----\n    AA==\n  key: '-----BEGIN X'\n");
  EXPECT_EQ(config.tls->files.certificate, "-----BEGIN CERTIFICATE-----\nAA==");
  EXPECT_EQ(config.tls->files.key, "-----BEGIN X");
}

TEST(WebConfig, AccessByPath) {
  const std::string users = "basic_auth_users: {a: " + std::string(kHash) + ", b: " + std::string(kHash) + "}\n";
  const auto config = good("access:\n  metrics: [a, b]\n  reload: [b]\n  probe: []\n" + users);
  EXPECT_TRUE(config.may("a", Door::metrics));
  EXPECT_FALSE(config.may("a", Door::reload));
  EXPECT_TRUE(config.may("b", Door::reload));
  EXPECT_FALSE(config.may("b", Door::probe)) << "an empty list is for nobody";
  EXPECT_TRUE(config.may("a", Door::other));
  EXPECT_EQ(wrong("access: {metrics: [c]}\n" + users), "web.yml:1:19: 'c' is not one of basic_auth_users");
  EXPECT_EQ(wrong("access: {write: [a]}\n" + users),
            "web.yml:1:10: unknown key 'write'; known here: metrics, probe, reload");
}

TEST(WebConfig, WhatIsWrongHasAPlaceAndNoSecret) {
  EXPECT_EQ(
      wrong("tls_config:\n"),
      "web.yml:1:1: unknown key 'tls_config'; known here: tls_server_config, http_server_config, basic_auth_users, "
      "rate_limit, access");
  EXPECT_EQ(wrong("tls_server_config:\n  cert_file: a\n  key: k\n"),
            "web.yml:3:8: expected PEM text, which begins with -----BEGIN");
  EXPECT_EQ(wrong("tls_server_config:\n  cert_file: a\n"), "web.yml:2:3: key_file is missing");
  EXPECT_EQ(wrong("tls_server_config: {cert_file: a, cert: '-----BEGIN', key_file: k}\n"),
            "web.yml:1:41: give the file or the text, not both");
  EXPECT_EQ(wrong("tls_server_config: {cert_file: a, key_file: k, min_version: SSL3}\n"),
            "web.yml:1:61: expected TLS10, TLS11, TLS12 or TLS13");
  EXPECT_EQ(wrong("tls_server_config: {cert_file: a, key_file: k, client_auth_type: Maybe}\n"),
            "web.yml:1:66: unknown client_auth_type; RequireAndVerifyClientCert is the safe one");
  EXPECT_EQ(wrong("basic_auth_users:\n  alice: plain-secret\n"),
            "web.yml:2:10: no bcrypt hash, which looks like $2y$10$ and 53 characters more (htpasswd -nBC 10 USER)");
  EXPECT_EQ(wrong("basic_auth_users:\n  alice: " + std::string(kHash).replace(4, 2, "31") + "\n"),
            "web.yml:2:10: the cost of the bcrypt hash is not 04 to 20");
  EXPECT_EQ(wrong("basic_auth_users: {'a:b': " + std::string(kHash) + "}\n"),
            "web.yml:1:20: the name of a user is not empty and has no colon");
  EXPECT_EQ(wrong("http_server_config: {headers: {Server: x}}\n").substr(0, 38),
            "web.yml:1:32: unknown key 'Server'; kn");
  EXPECT_EQ(wrong("http_server_config: {headers: {X-Frame-Options: \"a\\nb\"}}\n"),
            "web.yml:1:49: a header is one line of ASCII");
  EXPECT_EQ(wrong("rate_limit: {interval: soon}\n"), "web.yml:1:24: expected a duration such as 500ms or 1s");
  EXPECT_EQ(wrong("rate_limit: {interval: 1s}\n"),
            "web.yml:1:13: burst is missing: how many requests may come at once?");
  EXPECT_EQ(wrong("rate_limit: [1]\n"), "web.yml:1:13: rate_limit holds key: value lines");
  EXPECT_NE(wrong("a: [\n"), "");
}

}  // namespace
}  // namespace exporter
