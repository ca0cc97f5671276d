#include "collectors/postgres/probe.h"

#include <algorithm>
#include <array>

#include "collectors/postgres/auth_modules.h"
#include "collectors/probe_list.h"
#include "platform/text.h"

namespace exporter::postgres {
namespace {

constexpr std::uint16_t kPort = 5432;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "postgres_exporter_config_last_reload_successful",
     "1 when the file of auth_modules was good at its last reading, else 0; absent without a file."},
    {MetricType::gauge, "postgres_exporter_config_last_reload_success_timestamp_seconds",
     "When the file of auth_modules was last read without an error, in seconds since 1970."},
};

// What a request may say of its connection. The rest names files of this machine, leads elsewhere, or changes the
// session: that is for whoever writes the options of an auth_module.
constexpr std::array<std::string_view, 18> kAllowed{"host",
                                                    "port",
                                                    "dbname",
                                                    "user",
                                                    "password",
                                                    "sslmode",
                                                    "sslsni",
                                                    "sslcompression",
                                                    "channel_binding",
                                                    "connect_timeout",
                                                    "application_name",
                                                    "fallback_application_name",
                                                    "client_encoding",
                                                    "target_session_attrs",
                                                    "keepalives",
                                                    "keepalives_idle",
                                                    "tcp_user_timeout",
                                                    "ssl_min_protocol_version"};

// "/run/postgresql", "/run/postgresql:5433" or "/run/postgresql/.s.PGSQL.5433".
void read_socket(std::string_view text, platform::PqDsn& dsn) {
  constexpr std::string_view kName = "/.s.PGSQL.";
  const auto name = text.rfind(kName);
  const auto colon = text.rfind(':');
  if (name != std::string_view::npos) {
    dsn.set("port", text.substr(name + kName.size()));
    text = text.substr(0, name);
  } else if (colon != std::string_view::npos) {
    dsn.set("port", text.substr(colon + 1));
    text = text.substr(0, colon);
  }
  dsn.set("host", text);
}

// "user=x host=y" begins with a word and '='; "db:5432/app?sslmode=disable" does not.
bool is_pairs(std::string_view text) {
  const auto key = platform::trim(text.substr(0, text.find('=')));
  return text.find('=') != std::string_view::npos && !key.empty() &&
         std::all_of(key.begin(), key.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::string read_text(std::string_view text, platform::PqDsn& dsn) {
  if (text.starts_with('/')) {
    read_socket(text, dsn);
    return {};
  }
  if (is_pairs(text)) {
    return dsn.parse(text);
  }
  std::string uri(text);
  if (uri.find("://") == std::string::npos) {
    uri.insert(0, "postgresql://");
  }
  if (!uri.starts_with("postgresql://") && !uri.starts_with("postgres://")) {
    return "the scheme is not postgresql://";
  }
  auto wrong = dsn.parse(uri);
  // Before the host user and password win over those after '?'.
  platform::PqDsn before;
  if (wrong.empty() && before.parse(uri.substr(0, uri.find('?'))).empty()) {
    for (const std::string_view keyword : {"user", "password"}) {
      if (!before.get(keyword).empty()) {
        dsn.set(keyword, before.get(keyword));
      }
    }
  }
  return wrong;
}

Probed refused(int status, std::string reason) {
  return {.target = nullptr, .status = status, .reason = std::move(reason)};
}

class PostgresProber final : public Prober {
 public:
  PostgresProber(const Environment& environment, std::span<const CollectorSpec* const> enabled)
      : environment_(environment),
        enabled_(enabled),
        list_(environment.options, kProbeTargets, kPort),
        file_(environment.options.text("config.file"), environment.options.given("config.file")) {}

  Probed probe(std::string_view target, std::string_view credentials, ProbeParameters /*none*/) override {
    Source source;
    platform::Endpoint server;
    if (const auto wrong = read_target(target, source.dsn, server); !wrong.empty()) {
      return refused(400, "target: " + wrong);
    }
    AuthModule module;
    if (!credentials.empty()) {
      if (!file_.find(credentials, module)) {
        return refused(400, "auth_module: there is none of this name in the file of --config.file");
      }
      if (!module.complete()) {
        return refused(400, "auth_module: username or password is missing in the file of --config.file");
      }
    }
    if (const auto wrong = list_.refusal(server, !credentials.empty()); !wrong.empty()) {
      return refused(403, wrong);
    }
    for (const auto& [key, value] : module.options) {
      source.dsn.give(key, value);
    }
    if (!module.user.empty()) {
      source.dsn.set("user", module.user);
      source.dsn.set("password", module.password);
      source.password_file = module.password_file;
      source.password_file_name = "password_file of an auth_module";
    }
    source.dsn.keep_apart();
    source.requested = true;
    source.address = source.dsn.server();
    if (const auto database = source.dsn.get("dbname"); !database.empty()) {
      source.address.append("/").append(database);
    }
    return {.target = make_server(std::move(source), environment_, enabled_), .status = 200};
  }

  Settings look() override { return file_.look(); }
  std::span<const MetricDesc> metrics() const noexcept override { return kMetrics; }
  void write(Sink& sink) const override {
    if (const auto reloads = file_.reloads(); reloads.any) {
      sink.add(kMetrics[0], reloads.good ? 1 : 0);
      sink.add(kMetrics[1], reloads.success_seconds);
    }
  }

 private:
  const Environment& environment_;
  const std::span<const CollectorSpec* const> enabled_;
  const ProbeList list_;
  AuthFile file_;
};

}  // namespace

std::string read_target(std::string_view text, platform::PqDsn& dsn, platform::Endpoint& server) {
  if (auto wrong = read_text(platform::trim(text), dsn); !wrong.empty()) {
    return wrong;
  }
  for (const auto& [key, value] : dsn.settings()) {
    if (std::find(kAllowed.begin(), kAllowed.end(), key) == kAllowed.end()) {
      return "it sets more than a request may; that belongs into the options of an auth_module";
    }
  }
  // Said in full, so that the environment of this program (PGHOST, PGPORT) does not fill it in.
  if (!dsn.gives("host")) {
    dsn.set("host", "localhost");
  }
  if (!dsn.gives("port")) {
    dsn.set("port", std::to_string(kPort));
  }
  const auto port = platform::number<std::uint16_t>(dsn.get("port"));
  if (!port || *port == 0) {
    return "the port is not a number from 1 to 65535";
  }
  server.port = *port;
  const auto host = dsn.get("host");
  if (plain_path(host)) {
    server.path = host;
  } else if (plain_host(host)) {
    server.host = host;
  } else {
    return "the host is not the name or address of one server";
  }
  return {};
}

std::unique_ptr<Prober> make_prober(const Environment& environment, std::span<const CollectorSpec* const> enabled) {
  return std::make_unique<PostgresProber>(environment, enabled);
}

}  // namespace exporter::postgres
