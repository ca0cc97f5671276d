// Certificates of an authority of our own, and servers with them.
#pragma once
#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <string>

#include "tests/support/fake_redis.h"
#include "tests/support/text_folder.h"

namespace tests {

struct Certificate {
  std::string certificate;  // PEM
  std::string key;
};

// The same key, in need of a passphrase.
std::string locked(const std::string& key);

class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  const std::string& certificate() const { return certificate_; }
  // `names` as in a configuration of OpenSSL's: "DNS:a,IP:127.0.0.1". `days` from now to its end; it began a day before
  // that, or yesterday.
  Certificate sign(const std::string& names, int days = 1) const;

 private:
  EVP_PKEY* key_;
  X509* own_;
  std::string certificate_;
};

// Answers commands as FakeRedis does, over TLS.
class FakeTlsRedis {
 public:
  // `authority` not empty: clients must have a certificate signed by it.
  FakeTlsRedis(const Certificate& own, const std::string& authority, std::string answer);
  platform::RedisAddress address() const;
  int resumed() const { return resumed_; }
  int connections() const { return connections_; }

 private:
  void serve(int fd);
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
  std::string answer_;
  std::atomic<int> resumed_{0};
  std::atomic<int> connections_{0};
  FakeServer server_;
};

}  // namespace tests
