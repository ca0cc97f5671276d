#include "platform/http_post.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/base64.h"
#include "platform/http_reader.h"
#include "platform/http_text.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::uint16_t kPort = 80;
constexpr std::uint16_t kTlsPort = 443;

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
bool one_word(std::string_view text) noexcept { return std::all_of(text.begin(), text.end(), http_visible); }

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
  HttpReader reader(reply.text.size());
  reader.begin();
  const std::size_t taken = reader.feed(reply.text);
  reader.end();
  // Chunks are not for a client of HTTP/1.0.
  const bool whole = reader.done() && !reader.chunked() && taken == reply.text.size();
  reply.error = whole ? 0 : EPROTO;
  reply.status = whole ? reader.status() : 0;
  reply.body_at = reply.text.size() - (whole ? reader.body().size() : 0);
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
