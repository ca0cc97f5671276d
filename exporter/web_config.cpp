#include "exporter/web_config.h"

#include <algorithm>
#include <utility>

#include "exporter/options.h"
#include "platform/password_hash.h"
#include "platform/text.h"
#include "platform/yaml_reader.h"

namespace exporter {
namespace {

using platform::TlsClients;
using platform::TlsServerSettings;
using platform::YamlNode;
using platform::YamlReader;

constexpr std::pair<std::string_view, TlsClients> kClients[] = {
    {"NoClientCert", TlsClients::nothing},
    {"RequestClientCert", TlsClients::asked},
    {"RequireClientCert", TlsClients::any},
    {"RequireAnyClientCert", TlsClients::any},
    {"VerifyClientCertIfGiven", TlsClients::verified_if_given},
    {"RequireAndVerifyClientCert", TlsClients::verified},
};
constexpr std::string_view kHeaders[] = {"Content-Security-Policy", "Strict-Transport-Security",
                                         "X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection"};
constexpr std::string_view kDoorNames[kDoors] = {"metrics", "probe", "reload"};

std::string in_folder(const std::string& folder, const std::string& path) {
  const bool absolute = path.empty() || path.starts_with('/') || folder.empty();
  return absolute ? path : folder + "/" + path;
}

int read_version(YamlReader& reader, const YamlNode& node) {
  const std::string name = reader.text(node);
  const int version = platform::tls_version(name);
  if (version == 0 && !name.empty()) {
    reader.fail(node, "expected TLS10, TLS11, TLS12 or TLS13");
  }
  return version;
}

void read_tls(YamlReader& reader, const YamlNode& node, const std::string& folder, WebConfig& config) {
  if (node.is_null()) {
    return;
  }
  TlsServerSettings& tls = config.tls.emplace();
  const auto once = [&](std::string& into, const YamlNode& value, std::string text) {
    if (!into.empty() && !text.empty()) {
      reader.fail(value, "give the file or the text, not both");
    }
    into = text.empty() ? into : std::move(text);
  };
  const auto pem = [&](std::string& into, const YamlNode& value) {
    const std::string text(platform::trim(reader.text(value)));
    if (!text.empty() && !text.starts_with("-----BEGIN")) {
      reader.fail(value, "expected PEM text, which begins with -----BEGIN");
    }
    once(into, value, text);
  };
  for (const auto& [key, value] : reader.members(node, "tls_server_config")) {
    if (key.text == "cert_file") {
      once(tls.files.certificate, value, in_folder(folder, reader.text(value)));
    } else if (key.text == "key_file") {
      once(tls.files.key, value, in_folder(folder, reader.text(value)));
    } else if (key.text == "client_ca_file") {
      once(tls.files.authorities, value, in_folder(folder, reader.text(value)));
    } else if (key.text == "cert") {
      pem(tls.files.certificate, value);
    } else if (key.text == "key") {
      pem(tls.files.key, value);
    } else if (key.text == "client_ca") {
      pem(tls.files.authorities, value);
    } else if (key.text == "client_auth_type") {
      const std::string name = reader.text(value);
      const auto* const known =
          std::find_if(std::begin(kClients), std::end(kClients), [&](const auto& one) { return one.first == name; });
      if (known != std::end(kClients)) {
        tls.clients = known->second;
      } else if (!name.empty()) {
        reader.fail(value, "unknown client_auth_type; RequireAndVerifyClientCert is the safe one");
      }
    } else if (key.text == "client_allowed_sans") {
      tls.client_names = reader.texts(value);
    } else if (key.text == "min_version") {
      const int version = read_version(reader, value);
      tls.oldest = version == 0 ? tls.oldest : version;
    } else if (key.text == "max_version") {
      tls.newest = read_version(reader, value);
    } else if (key.text == "cipher_suites") {
      tls.ciphers = reader.texts(value);
    } else if (key.text == "curve_preferences") {
      tls.curves = reader.texts(value);
    } else if (key.text == "prefer_server_cipher_suites") {
      tls.own_order = reader.flag(value);
    } else {
      reader.unknown(
          key,
          "cert_file, key_file, cert, key, client_ca_file, client_ca, client_auth_type, client_allowed_sans, "
          "min_version, max_version, cipher_suites, prefer_server_cipher_suites, curve_preferences");
    }
  }
  if (tls.files.certificate.empty() || tls.files.key.empty()) {
    reader.fail(node, tls.files.certificate.empty() ? "cert_file is missing" : "key_file is missing");
  }
}

void read_http(YamlReader& reader, const YamlNode& node, WebConfig& config) {
  for (const auto& [key, value] : reader.members(node, "http_server_config")) {
    if (key.text == "http2") {
      config.http2 = reader.flag(value);
      continue;
    }
    if (key.text != "headers") {
      reader.unknown(key, "http2, headers");
      continue;
    }
    for (const auto& [name, text] : reader.members(value, "headers")) {
      if (std::find(std::begin(kHeaders), std::end(kHeaders), name.text) == std::end(kHeaders)) {
        reader.unknown(name,
                       "Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, "
                       "X-XSS-Protection");
      }
      const std::string header = reader.text(text);
      if (std::any_of(header.begin(), header.end(), [](char c) { return c < ' ' || c > '~'; })) {
        reader.fail(text, "a header is one line of ASCII");
      }
      if (!header.empty()) {
        config.headers.push_back({.name = name.text, .value = header});
      }
    }
  }
}

void read_users(YamlReader& reader, const YamlNode& node, WebConfig& config) {
  for (const auto& [name, hash] : reader.members(node, "basic_auth_users")) {
    if (name.text.empty() || name.text.find(':') != std::string::npos) {
      reader.fail(name, "the name of a user is not empty and has no colon");
    }
    std::string text = reader.text(hash);
    if (const auto wrong = platform::check_bcrypt(text); !wrong.empty()) {
      reader.fail(hash, wrong);
    }
    config.users.push_back({.name = name.text, .hash = std::move(text)});
  }
}

void read_rate(YamlReader& reader, const YamlNode& node, WebConfig& config) {
  for (const auto& [key, value] : reader.members(node, "rate_limit")) {
    const std::string text = reader.text(value);
    if (key.text == "interval") {
      if (!parse_duration(text, config.rate_interval) || config.rate_interval < 0) {
        reader.fail(value, "expected a duration such as 500ms or 1s");
      }
    } else if (key.text == "burst") {
      const auto burst = platform::number<int>(text);
      if (!burst || *burst < 0) {
        reader.fail(value, "expected a number of requests");
      }
      config.rate_burst = burst.value_or(0);
    } else {
      reader.unknown(key, "interval, burst");
    }
  }
  if (config.rate_interval > 0 && config.rate_burst == 0) {
    reader.fail(node, "burst is missing: how many requests may come at once?");
  }
}

void read_access(YamlReader& reader, const YamlNode& node, WebConfig& config) {
  for (const auto& [key, value] : reader.members(node, "access")) {
    const auto* const name = std::find(std::begin(kDoorNames), std::end(kDoorNames), key.text);
    if (name == std::end(kDoorNames)) {
      reader.unknown(key, "metrics, probe, reload");
      continue;
    }
    auto& users =
        config.access.at(static_cast<std::size_t>(name - std::begin(kDoorNames))).emplace(reader.texts(value));
    for (const auto& user : users) {
      const bool known = std::any_of(config.users.begin(), config.users.end(),
                                     [&](const WebConfig::User& one) { return one.name == user; });
      if (!known) {
        reader.fail(value, "'" + user + "' is not one of basic_auth_users");
      }
    }
  }
}

}  // namespace

bool WebConfig::may(std::string_view user, Door door) const {
  if (door == Door::other) {
    return true;
  }
  const auto& some = access.at(static_cast<std::size_t>(door));
  return !some || std::find(some->begin(), some->end(), user) != some->end();
}

std::string read_web_config(std::string_view file, std::string_view text, const std::string& folder,
                            WebConfig& config) {
  std::string error;
  const auto document = platform::parse_yaml(file, text, error);
  if (!document) {
    return error;
  }
  YamlReader reader(*document);
  const YamlNode* access = nullptr;
  for (const auto& [key, value] : reader.members(document->root, "the file")) {
    if (key.text == "tls_server_config") {
      read_tls(reader, value, folder, config);
    } else if (key.text == "http_server_config") {
      read_http(reader, value, config);
    } else if (key.text == "basic_auth_users") {
      read_users(reader, value, config);
    } else if (key.text == "rate_limit") {
      read_rate(reader, value, config);
    } else if (key.text == "access") {
      access = &value;
    } else {
      reader.unknown(key, "tls_server_config, http_server_config, basic_auth_users, rate_limit, access");
    }
  }
  if (access != nullptr) {  // it speaks of users, who may stand below it
    read_access(reader, *access, config);
  }
  return reader.error();
}

}  // namespace exporter
