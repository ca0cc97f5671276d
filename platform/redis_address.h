// How a Redis server is named: redis://[user:password@]host[:port][/database], valkey:// alike, rediss:// and
// valkeys:// with TLS, unix:///path, host:port, host, or the absolute path of a unix socket. And how a Sentinel is that
// shall name servers: sentinel://[user:password@]host[:port][/group], sentinels:// with TLS.
#pragma once
#include <string>
#include <string_view>

#include "platform/byte_stream.h"

namespace platform {

struct RedisAddress {
  static constexpr std::uint16_t kPort = 6379;
  static constexpr std::uint16_t kSentinelPort = 26379;

  Endpoint endpoint;
  int database = 0;
  bool tls = false;    // rediss:// and valkeys://
  bool login = false;  // user and password below are to be used
  std::string user;    // empty: AUTH with the password alone
  std::string password;
  bool apart = false;     // found by looking around: no login of the configuration is for it
  bool sentinel = false;  // sentinel:// and sentinels://: the servers that it names are meant
  std::string group;      // of those the ones of one master, by the Sentinel's name for it; empty: all

  // "host:port", "[::1]:port" or "unix:///path", with "/N" behind a host when the database is not 0: never a secret.
  std::string shown() const;
};

// Reads `text`, as the schemes' users are used to: no scheme means redis://, a missing host localhost, a missing port
// 6379, or 26379 of a Sentinel; `:password@` and `password@` give a password alone; percent-encoding is undone in user
// and password; what follows '?' is ignored. Returns an empty text, or one line that says what is wrong without quoting
// `text`.
std::string parse_redis_address(std::string_view text, RedisAddress& address);

}  // namespace platform
