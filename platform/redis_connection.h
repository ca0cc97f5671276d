// A kept connection to one Redis server: many commands in one write, their replies by number.
//
// One thread at a time. Every wait ends at the deadline or when the program stops. Errors are stable one-liners without
// ports of this side or secrets.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/byte_stream.h"
#include "platform/redis_address.h"
#include "platform/redis_logins.h"
#include "platform/redis_reply.h"
#include "platform/tls_client.h"

namespace platform {

// How to get in where the address does not say it; both outlive the connection.
struct RedisAccess {
  RedisLogins* logins = nullptr;  // null: no login but the address' own
  RedisLogins::Allowed allowed = RedisLogins::Allowed::all;
  TlsClient* tls = nullptr;  // not null where an address wants TLS
  std::string server_name;   // for TLS, instead of the settings'; empty: theirs
};

// What a server's error says of the reason; protocol when it is none of those that have a remedy.
Fault redis_fault(std::string_view error) noexcept;

class RedisConnection {
 public:
  // unreachable: nobody listens, or no such host. denied: a socket is there, but not for this user. refused: the server
  // said no to the login. broken: it is no Redis server, hung up, or was too slow.
  enum class Failure : std::uint8_t { none, unreachable, denied, refused, broken };

  // `candidates` are tried in turn until one accepts; login and database are taken from that one, or from `access`
  // where it has no login. `client_name` empty: CLIENT SETNAME is not sent.
  RedisConnection(std::vector<RedisAddress> candidates, std::string client_name, RedisLimits limits = {},
                  RedisAccess access = {});

  // Sends `commands` (text of append_redis_command) in one write, after a connect and the login where needed, and reads
  // `count` replies. A kept connection that turns out to be closed is made anew once, and so is one whose password the
  // server refuses when there is another by now. On failure see reason() and fault().
  Failure exchange(std::string_view commands, std::size_t count, const Deadline& deadline);

  // Others than until now; while there is no connection.
  void offer(std::vector<RedisAddress> candidates) {
    candidates_ = std::move(candidates);
    current_ = 0;
  }

  // The reply to a command of the last exchange; none when there is no such reply.
  RedisReply reply(std::size_t index) const noexcept { return reader_[login_replies_ + index]; }
  const std::string& reason() const noexcept { return reason_; }
  Fault fault() const noexcept { return fault_; }
  // Time to connect in the last exchange; 0 when the connection was kept.
  double connect_seconds() const noexcept { return connect_seconds_; }
  // Which of the candidates the connection goes to.
  const RedisAddress& address() const noexcept { return candidates_[current_]; }
  // A server's error in its own words, cut to one short line without the password: some servers quote the arguments of
  // a command they do not know.
  std::string error_line(RedisReply error) const;
  // The socket; -1 when there is none.
  int descriptor() const noexcept { return stream_ ? stream_->descriptor() : -1; }
  void close() noexcept { stream_.reset(); }
  // Another connection to the address that this one goes to.
  std::unique_ptr<RedisConnection> another() const {
    return std::make_unique<RedisConnection>(std::vector{address()}, client_name_, RedisLimits{}, access_);
  }

 private:
  Failure connect(const Deadline& deadline);
  Failure transfer(std::string_view commands, std::size_t count, const Deadline& deadline);
  Failure read_replies(std::size_t wanted, const Deadline& deadline);
  Failure check_login(std::size_t commands);
  Failure fail(Failure failure, Fault fault, std::string reason);
  Failure fail_to_read(int error, std::size_t received);
  Connected open(const RedisAddress& to, const Deadline& deadline);
  bool other_login();
  std::size_t append_login();

  std::vector<RedisAddress> candidates_;
  const std::string client_name_;
  const RedisAccess access_;
  std::size_t current_ = 0;
  RedisAddress to_;     // the current one with its login
  TlsSession session_;  // of the current one; before stream_, which uses it
  bool fresh_ = false;  // the connection is of this exchange
  std::unique_ptr<ByteStream> stream_;
  RedisReader reader_;
  std::string request_;
  std::unique_ptr<char[]> buffer_;
  std::size_t login_replies_ = 0;
  double connect_seconds_ = 0;
  std::string reason_;
  Fault fault_ = Fault::none;
};

}  // namespace platform
