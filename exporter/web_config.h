// The file of --web.config.file, as exporters of Prometheus have it: TLS, passwords, headers and a rate limit of the
// scrape port (https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md).
//
//   tls_server_config:
//     cert_file: server.crt
//     key_file: server.key
//   basic_auth_users:
//     prometheus: $2y$10$...
//   access:                        # of our own: who may ask for what; anybody in basic_auth_users else
//     metrics: [prometheus, grafana]
//     probe: [prometheus]
//     reload: [admin]
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http_server.h"
#include "platform/tls_server.h"

namespace exporter {

// What a path is good for, as far as it matters who may ask.
enum class Door : std::uint8_t { metrics, probe, reload, other };
inline constexpr std::size_t kDoors = 3;  // those that can be kept for some

struct WebConfig {
  struct User {
    std::string name;
    std::string hash;  // bcrypt
  };
  std::optional<platform::TlsServerSettings> tls;  // paths are complete
  std::vector<HttpHeader> headers;
  std::vector<User> users;   // none: nobody is asked who he is
  double rate_interval = 0;  // seconds from one request to the next; 0: no limit
  int rate_burst = 0;        // requests that may come at once
  std::array<std::optional<std::vector<std::string>>, kDoors> access;
  bool http2 = false;  // asked for, which we cannot

  bool may(std::string_view user, Door door) const;
};

// Paths in the file are taken from `folder`. Empty, or one line "file:line:column: what is wrong; how to mend it",
// without secrets.
std::string read_web_config(std::string_view file, std::string_view text, const std::string& folder, WebConfig& config);

}  // namespace exporter
