#include "exporter/healthcheck.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "exporter/command_line.h"
#include "exporter/http_server.h"
#include "exporter/http_tls.h"
#include "exporter/listen.h"
#include "tests/support/certificates.h"
#include "tests/support/text_folder.h"

namespace exporter {
namespace {

class Healthcheck : public testing::Test {
 protected:
  // Listens at `where` and answers everything with `status`, over TLS when `tls` is set. Returns the listener's
  // address.
  std::string serve(const std::string& where, int status, const std::shared_ptr<const HttpTls>& tls = nullptr) {
    std::vector<Listener> listeners;
    listeners.push_back(listen_on(where));
    std::string address = listeners[0].address;
    server_ = std::make_unique<HttpServer>(
        std::move(listeners), 2,
        [this, status](const HttpRequest& request) {
          asked_ = request.path;
          return HttpReply::text(status, "well\n");
        },
        [tls] { return tls; });
    thread_ = std::thread([this] { server_->run(stop_, 1.0); });
    return address;
  }
  void TearDown() override {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      ASSERT_EQ(::write(stop_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
      thread_.join();
    }
    ::close(stop_);
  }
  static std::string check(const std::vector<std::string>& options) {
    std::vector<const char*> words{"resource_exporter"};
    for (const auto& option : options) {
      words.push_back(option.c_str());
    }
    return healthcheck(read_command_line(static_cast<int>(words.size()), words.data()).options);
  }
  // A scrape port with a certificate, and --web.config.file that names the same files.
  std::string serve_tls(platform::TlsClients clients) {
    const auto own = authority_.sign("DNS:somewhere.else");
    platform::TlsServerSettings settings;
    const bool known = clients == platform::TlsClients::verified;
    settings.files = {
        .certificate = own.certificate, .key = own.key, .authorities = known ? authority_.certificate() : ""};
    settings.clients = clients;
    auto tls = std::make_shared<HttpTls>();
    EXPECT_EQ(make_tls_server(settings, tls->context), "");
    folder_.write("own.crt", own.certificate);
    const auto key = folder_.write("own.key", own.key);
    ::chmod(key.c_str(), 0600);
    folder_.write("web.yml", "tls_server_config: {cert_file: own.crt, key_file: own.key}\n");
    return serve("127.0.0.1:0", 200, tls);
  }

  tests::TextFolder folder_;
  tests::Authority authority_{"healthcheck"};
  std::string asked_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
};

TEST_F(Healthcheck, AsksTheFirstAddress) {
  const auto address = serve("127.0.0.1:0", 200);
  EXPECT_EQ(check({"--web.listen-address=" + address, "--web.listen-address=127.0.0.1:1"}), "");
  EXPECT_EQ(asked_, "/-/healthy");
  const auto port = address.substr(address.rfind(':'));
  EXPECT_EQ(check({"--web.listen-address=redis=" + port}), "");
  EXPECT_EQ(check({"--web.listen-address=[::]" + port}), "");
}

TEST_F(Healthcheck, AsksAUnixSocket) {
  const auto path = folder_.path("s");
  serve("unix:" + path + "?mode=0600", 200);
  EXPECT_EQ(check({"--web.listen-address=unix:" + path + "?mode=0600"}), "");
}

TEST_F(Healthcheck, ToBeAskedForAPasswordIsAnAnswer) {
  EXPECT_EQ(check({"--web.listen-address=" + serve("127.0.0.1:0", 401)}), "");
}

TEST_F(Healthcheck, SaysWhatIsWrong) {
  EXPECT_EQ(check({"--web.listen-address=127.0.0.1:1"}), "http://127.0.0.1:1: connection refused");
  const auto address = serve("127.0.0.1:0", 404);
  EXPECT_EQ(check({"--web.listen-address=" + address}), "http://" + address + ": status 404 instead of 200");
}

TEST_F(Healthcheck, TakesAnyCertificate) {
  const auto address = serve_tls(platform::TlsClients::nothing);
  EXPECT_EQ(check({"--web.listen-address=" + address, "--web.config.file=" + folder_.path("web.yml")}), "");
  EXPECT_EQ(asked_, "/-/healthy");
}

TEST_F(Healthcheck, ToBeAskedForACertificateIsAnAnswer) {
  const auto address = serve_tls(platform::TlsClients::verified);
  EXPECT_EQ(check({"--web.listen-address=" + address, "--web.config.file=" + folder_.path("web.yml")}), "");
  EXPECT_EQ(asked_, "");
}

}  // namespace
}  // namespace exporter
