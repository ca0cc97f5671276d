// One HTTP request with a body to a server nearby, and its reply (RFC 9112): HTTP/1.0, so that the reply comes in one
// piece and ends with the connection. No TLS, no redirects.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/byte_stream.h"

namespace platform {

struct HttpTarget {
  Endpoint endpoint;
  std::string host = {};           // of the Host header
  std::string path = "/";          // and query
  std::string authorization = {};  // value of the header; empty for none. Secret.
  bool tls = false;
};

enum class Https : std::uint8_t { refused, allowed };

// Reads http[s]://[user:password@]host[:port][/path] and unix:/path/of/socket, for which `unix_path` is asked for.
// Returns an empty text, or one line that says what is wrong without quoting `url`.
std::string parse_http_url(std::string_view url, std::string_view unix_path, HttpTarget& target,
                           Https https = Https::refused);

struct HttpReply {
  int error = 0;            // errno value, EPROTO for what is no HTTP, EMSGSIZE for too much of it
  int status = 0;           // 200
  std::string reason;       // of a failed connection: one line without the address
  std::string text;         // the whole reply
  std::size_t body_at = 0;  // where its body begins
  std::string_view body() const noexcept { return std::string_view(text).substr(body_at); }
};

// Refuses a reply of more than `most` octets. `reply` keeps its memory from call to call.
void http_post(const HttpTarget& target, std::string_view content_type, std::string_view body, std::size_t most,
               const Deadline& deadline, HttpReply& reply);

// The reply in `reply.text` taken apart: sets status, body_at and, where it is not whole, error.
void parse_http_reply(HttpReply& reply);

}  // namespace platform
