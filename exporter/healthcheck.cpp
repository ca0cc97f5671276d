#include "exporter/healthcheck.h"

#include <chrono>
#include <utility>

#include "exporter/listen.h"
#include "exporter/log.h"
#include "exporter/program_settings.h"
#include "exporter/web_gate.h"
#include "platform/http_client.h"

namespace exporter {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kMostBody = 1 << 16;

}  // namespace

std::string healthcheck(const Options& options) {
  if (options.flag("web.systemd-socket")) {
    throw OptionError("healthcheck: with --web.systemd-socket only systemd knows the address");
  }
  const auto addresses = options.list("web.listen-address");
  const Log log(LogLevel::error, log_format(options));
  const bool tls = WebGate(options.text("web.config.file"), log).has_tls();
  const std::string url = client_url(addresses.front(), tls);
  constexpr std::string_view kPath = "/-/healthy";
  const bool unix_socket = url.starts_with("unix:");
  platform::HttpTarget target;
  if (const auto wrong = platform::parse_http_url(unix_socket ? url : url + std::string(kPath), kPath, target,
                                                  platform::Https::allowed);
      !wrong.empty()) {
    throw OptionError("--web.listen-address=" + addresses.front() + ": " + wrong);
  }
  target.tls = tls;
  // It is our own port, whoever the certificate is for.
  platform::TlsClientSettings settings;
  settings.verify = false;
  platform::TlsClient any_certificate(std::move(settings));
  platform::HttpClient client(std::move(target), "*/*", kMostBody, &any_certificate);
  if (!client.get({.at = std::chrono::steady_clock::now() + kPatience})) {
    // A port that wants our certificate shakes hands first and says so as it hangs up, which may overtake what it says.
    const auto fault = client.fault();
    const bool wants_certificate =
        fault == platform::Fault::tls_own_certificate || (tls && fault == platform::Fault::network);
    return wants_certificate ? "" : url + ": " + client.reason();
  }
  const int status = client.status();
  const bool answered = status == 200 || status == 401 || status == 429;  // password, rate_limit
  return answered ? "" : url + ": status " + std::to_string(status) + " instead of 200";
}

}  // namespace exporter
