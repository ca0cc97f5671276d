#include "platform/http_post.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "platform/ascii.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::uint16_t kPort = 80;
constexpr std::uint16_t kTlsPort = 443;

std::string base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8U | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      result += i + j <= text.size() ? kDigits[bits >> (18 - 6 * j) & 63U] : '=';
    }
  }
  return result;
}

// Undoes %XX.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code =
        text[i] == '%' && i + 2 < text.size() ? hex_number<unsigned char>(text.substr(i + 1, 2)) : std::nullopt;
    result += code ? static_cast<char>(*code) : text[i];
    i += code ? 2 : 0;
  }
  return result;
}

// Nothing in it may end a line of the request.
bool one_word(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; });
}

}  // namespace

std::string parse_http_url(std::string_view url, std::string_view unix_path, HttpTarget& target, Https https) {
  target = {};
  if (url.starts_with("unix:")) {
    url.remove_prefix(5);
    if (url.starts_with("//")) {
      url.remove_prefix(2);
    }
    target.endpoint.path = url;
    target.host = "localhost";
    target.path = unix_path;
    return url.starts_with('/') ? "" : "unix: needs the absolute path of a socket";
  }
  static constexpr std::string_view kScheme = "http://";
  static constexpr std::string_view kTlsScheme = "https://";
  target.tls = https == Https::allowed && url.starts_with(kTlsScheme);
  if (!target.tls && !url.starts_with(kScheme)) {
    return https == Https::allowed ? "neither http:// nor https:// nor unix:" : "neither http:// nor unix:";
  }
  url.remove_prefix((target.tls ? kTlsScheme : kScheme).size());
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  url.remove_prefix(authority.size());
  url = url.substr(0, url.find('#'));
  target.path = url.starts_with('/') ? std::string(url) : "/" + std::string(url);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    const auto login = authority.substr(0, at);
    const auto colon = login.find(':');
    const auto password = colon == std::string_view::npos ? std::string_view{} : login.substr(colon + 1);
    target.authorization = "Basic " + base64(unescaped(login.substr(0, colon)) + ":" + unescaped(password));
    authority.remove_prefix(at + 1);
  }
  target.host = authority;
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon + 1);
  const auto number = platform::number<std::uint16_t>(port);
  if ((!port.empty() && !number) || number == 0) {
    return "the port is no number from 1 to 65535";
  }
  target.endpoint.port = number.value_or(target.tls ? kTlsPort : kPort);
  auto host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  target.endpoint.host = host;
  return host.empty()                                     ? "there is no host"
         : one_word(target.path) && one_word(target.host) ? ""
                                                          : "it has blanks in it";
}

void parse_http_reply(HttpReply& reply) {
  static constexpr std::string_view kEnd = "\r\n\r\n";
  const std::string_view text = reply.text;
  reply.status = 0;
  reply.error = EPROTO;
  const auto end = text.find(kEnd);
  reply.body_at = end == std::string_view::npos ? text.size() : end + kEnd.size();
  auto head = text.substr(0, std::min(end, text.size()));
  auto first = take(head, '\n');
  const auto version = word(first);
  const auto status = number<int>(word(first));
  if (end == std::string_view::npos || !version.starts_with("HTTP/1.") || !status) {
    return;
  }
  std::optional<std::size_t> length;
  while (!head.empty()) {
    auto line = take(head, '\n');
    const auto name = take(line, ':');
    if (equal_ignoring_case(name, "transfer-encoding")) {
      return;  // not for a client of HTTP/1.0
    }
    if (equal_ignoring_case(name, "content-length")) {
      length = number<std::size_t>(trim(line));
      if (!length) {
        return;
      }
    }
  }
  if (length && *length != text.size() - reply.body_at) {
    return;
  }
  reply.status = *status;
  reply.error = 0;
}

void http_post(const HttpTarget& target, std::string_view content_type, std::string_view body, std::size_t most,
               const Deadline& deadline, HttpReply& reply) {
  reply.status = 0;
  reply.body_at = 0;
  reply.text.clear();
  const auto connected = connect_to(target.endpoint, deadline);
  reply.error = connected.error != 0 ? connected.error : EADDRNOTAVAIL;
  reply.reason = connected.reason;
  if (!connected.stream) {
    return;
  }
  std::string request = "POST " + target.path + " HTTP/1.0\r\nHost: " + target.host;
  if (!target.authorization.empty()) {
    request.append("\r\nAuthorization: ").append(target.authorization);
  }
  request.append("\r\nContent-Type: ").append(content_type);
  request.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  request.append("\r\nConnection: close\r\n\r\n").append(body);
  reply.error = connected.stream->send(request, deadline);
  std::array<char, 8192> part;
  for (std::size_t got = 1; reply.error == 0 && got != 0;) {
    reply.error = connected.stream->receive(part, got, deadline);
    if (reply.error == 0 && reply.text.size() + got > most) {
      reply.error = EMSGSIZE;
    } else if (reply.error == 0) {
      reply.text.append(part.data(), got);
    }
  }
  if (reply.error == 0) {
    parse_http_reply(reply);
  }
}

}  // namespace platform
