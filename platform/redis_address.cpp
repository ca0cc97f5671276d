#include "platform/redis_address.h"

#include "platform/text.h"

namespace platform {
namespace {

// False when a '%' is not followed by two hexadecimal digits.
bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  while (!text.empty()) {
    if (text[0] != '%') {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    const auto byte = text.size() >= 3 ? hex_number<unsigned char>(text.substr(1, 2)) : std::nullopt;
    if (!byte) {
      return false;
    }
    out += static_cast<char>(*byte);
    text.remove_prefix(3);
  }
  return true;
}

std::string read_login(std::string_view text, RedisAddress& address) {
  const auto colon = text.find(':');
  // A name alone is a password, as redis-cli reads it.
  const auto user = colon == std::string_view::npos ? std::string_view{} : text.substr(0, colon);
  const auto password = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (!percent_decode(user, address.user) || !percent_decode(password, address.password)) {
    return "user or password has a '%' that is not the start of %XX";
  }
  address.login = !address.password.empty();
  return {};
}

std::string read_host(std::string_view text, std::uint16_t usual_port, Endpoint& endpoint) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) {
      return "'[' without ']'";
    }
    endpoint.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) {
      return "']' is followed by something that is not a port";
    }
    port.remove_prefix(port.empty() ? 0 : 1);
  } else {
    endpoint.host = take(text, ':');
    port = text;
    if (port.find(':') != std::string_view::npos) {
      return "too many colons: an IPv6 address stands in brackets, as in [::1]:6379";
    }
  }
  if (endpoint.host.empty()) {
    endpoint.host = "localhost";
  }
  endpoint.port = usual_port;
  if (!port.empty()) {
    const auto value = number<std::uint16_t>(port);
    if (!value || *value == 0) {
      return "the port is not a number from 1 to 65535";
    }
    endpoint.port = *value;
  }
  return {};
}

}  // namespace

std::string RedisAddress::shown() const {
  if (!endpoint.path.empty()) {
    return "unix://" + endpoint.path;
  }
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  std::string text = brackets ? "[" + endpoint.host + "]" : endpoint.host;
  text += ':';
  text += std::to_string(endpoint.port);
  if (database != 0) {
    text += '/';
    text += std::to_string(database);
  }
  return text;
}

std::string parse_redis_address(std::string_view text, RedisAddress& address) {
  address = {};
  text = trim(text);
  std::string_view scheme = text.starts_with('/') ? "unix" : "redis";
  if (const auto at = text.find("://"); at != std::string_view::npos) {
    scheme = text.substr(0, at);
    text.remove_prefix(at + 3);
  }
  text = text.substr(0, text.find_first_of("?#"));
  const bool unix_socket = scheme == "unix";
  address.sentinel = scheme == "sentinel" || scheme == "sentinels";
  address.tls = scheme == "rediss" || scheme == "valkeys" || scheme == "sentinels";
  if (!unix_socket && !address.tls && !address.sentinel && scheme != "redis" && scheme != "valkey" && scheme != "tcp") {
    return "unknown scheme: use redis://, rediss://, valkey://, valkeys://, unix:// or sentinel://";
  }
  auto authority = text.substr(0, text.find('/'));
  const auto path = text.substr(authority.size());
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto wrong = read_login(authority.substr(0, at), address); !wrong.empty()) {
      return wrong;
    }
    authority.remove_prefix(at + 1);
  }
  if (unix_socket) {
    if (!authority.empty() || path.size() < 2) {
      return "a unix socket is written unix:///absolute/path";
    }
    address.endpoint.path = path;
    return {};
  }
  if (address.sentinel) {
    address.group = path.substr(path.empty() ? 0 : 1);
  } else if (path.size() > 1) {
    const auto database = number<int>(path.substr(1));
    if (!database || *database < 0) {
      return "the path is not the number of a database";
    }
    address.database = *database;
  }
  return read_host(authority, address.sentinel ? RedisAddress::kSentinelPort : RedisAddress::kPort, address.endpoint);
}

}  // namespace platform
