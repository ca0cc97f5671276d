// RESP over our own stream: hiredis only formats and parses, since its own connection waits per read, not per scrape.
#include "platform/redis_connection.h"

#include <array>
#include <cerrno>
#include <initializer_list>
#include <utility>

namespace platform {
namespace {

constexpr std::size_t kBuffer = std::size_t{64} << 10;
constexpr std::size_t kMaxReason = 160;

void append(std::string& out, std::initializer_list<std::string_view> words) {
  append_redis_command(out, words.begin(), words.size());
}

// A server that speaks TLS answers what it does not understand with an alert, or hangs up.
bool is_alert(std::string_view bytes) { return bytes.size() > 1 && bytes[0] == '\x15' && bytes[1] == '\x03'; }

}  // namespace

Fault redis_fault(std::string_view error) noexcept {
  for (const std::string_view sign : {"WRONGPASS", "NOAUTH", "ERR invalid password", "ERR AUTH ",
                                      "ERR Client sent AUTH", "the server refused AUTH"}) {
    if (error.starts_with(sign)) {
      return Fault::auth;
    }
  }
  if (error.starts_with("NOPERM") || error.starts_with("DENIED")) {
    return Fault::denied;
  }
  if (error.starts_with("LOADING")) {
    return Fault::loading;
  }
  return error.starts_with("ERR max number of clients") ? Fault::refused : Fault::protocol;
}

RedisConnection::RedisConnection(std::vector<RedisAddress> candidates, std::string client_name, RedisLimits limits,
                                 RedisAccess access)
    : candidates_(std::move(candidates)),
      client_name_(std::move(client_name)),
      access_(std::move(access)),
      reader_(limits),
      buffer_(std::make_unique<char[]>(kBuffer)) {}

RedisConnection::Failure RedisConnection::exchange(std::string_view commands, std::size_t count,
                                                   const Deadline& deadline) {
  reason_.clear();
  fault_ = Fault::none;
  connect_seconds_ = 0;
  const bool kept = stream_ != nullptr;
  Failure failure = transfer(commands, count, deadline);
  // The server closes connections that are idle for its `timeout`, and all when it restarts: that shows only now, and
  // as long as nothing came back it is safe to ask again.
  if (failure == Failure::broken && kept && reader_.size() == 0 && !deadline.expired()) {
    failure = transfer(commands, count, deadline);
  } else if (failure == Failure::refused && fault_ == Fault::auth && other_login()) {
    failure = transfer(commands, count, deadline);
  }
  if (failure == Failure::none) {
    reason_.clear();
    fault_ = Fault::none;
  }
  return failure;
}

// True when the login that the server refused is out of date.
bool RedisConnection::other_login() {
  RedisAddress now = candidates_[current_];
  if (access_.logins == nullptr || now.login || now.apart) {
    return false;
  }
  access_.logins->reload();
  access_.logins->fill(now, access_.allowed);
  return now.login && (now.user != to_.user || now.password != to_.password);
}

RedisConnection::Failure RedisConnection::transfer(std::string_view commands, std::size_t count,
                                                   const Deadline& deadline) {
  reader_.clear();
  request_.clear();
  login_replies_ = 0;
  fresh_ = !stream_;
  if (fresh_) {
    if (const Failure failure = connect(deadline); failure != Failure::none) {
      return failure;
    }
    login_replies_ = append_login();
  }
  request_.append(commands);
  if (stream_->send(request_, deadline) == ETIMEDOUT) {
    return fail(Failure::broken, Fault::timeout, "timeout while sending");
  }
  // A failed send is no reason to stop: why the server hung up may wait to be read.
  const Failure failure = read_replies(login_replies_ + count, deadline);
  if (failure != Failure::none) {
    stream_.reset();
  }
  return failure;
}

Connected RedisConnection::open(const RedisAddress& to, const Deadline& deadline) {
  auto connected = connect_to(to.endpoint, deadline);
  if (connected.stream && to.tls) {
    return access_.tls->wrap(std::move(connected.stream), to.endpoint.host, access_.server_name, session_, deadline);
  }
  return connected;
}

RedisConnection::Failure RedisConnection::connect(const Deadline& deadline) {
  const auto start = std::chrono::steady_clock::now();
  Connected worst;
  for (std::size_t tried = 0; tried < candidates_.size(); ++tried) {
    auto connected = open(candidates_[current_], deadline);
    connect_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (connected.stream) {
      stream_ = std::move(connected.stream);
      to_ = candidates_[current_];
      if (access_.logins != nullptr && !to_.apart) {
        access_.logins->fill(to_, access_.allowed);
      }
      return Failure::none;
    }
    // "no such file" says less than what another candidate has to tell.
    if (worst.reason.empty() || connected.fault == Fault::denied || connected.fault >= Fault::tls) {
      worst = std::move(connected);
    }
    current_ = (current_ + 1) % candidates_.size();
    session_.forget();  // of another server it is worth nothing, and must not stand for its certificate
  }
  const bool spoke = worst.fault >= Fault::tls;
  return fail(worst.fault == Fault::denied ? Failure::denied
              : spoke                      ? Failure::broken
                                           : Failure::unreachable,
              worst.fault, "cannot connect: " + worst.reason);
}

std::size_t RedisConnection::append_login() {
  std::size_t count = 0;
  if (to_.login && to_.user.empty()) {
    append(request_, {"AUTH", to_.password});
    ++count;
  } else if (to_.login) {
    append(request_, {"AUTH", to_.user, to_.password});
    ++count;
  }
  if (to_.database != 0) {
    append(request_, {"SELECT", std::to_string(to_.database)});
    ++count;
  }
  if (!client_name_.empty()) {
    append(request_, {"CLIENT", "SETNAME", client_name_});
    ++count;
  }
  return count;
}

RedisConnection::Failure RedisConnection::read_replies(std::size_t wanted, const Deadline& deadline) {
  std::size_t received = 0;
  while (reader_.size() < wanted) {
    std::size_t got = 0;
    const int error = stream_->receive({buffer_.get(), kBuffer}, got, deadline);
    if (error != 0 || got == 0) {
      return fail_to_read(error, received);
    }
    const std::string_view bytes(buffer_.get(), got);
    if (received == 0 && fresh_ && is_alert(bytes)) {
      return fail(Failure::broken, Fault::tls_wanted, "the port is one with TLS");
    }
    received += got;
    if (const auto wrong = reader_.feed(bytes); !wrong.empty()) {
      return fail(Failure::broken, Fault::protocol, std::string(wrong));
    }
  }
  if (reader_.size() > wanted) {
    return fail(Failure::broken, Fault::protocol, "more replies than commands");
  }
  return check_login(wanted);
}

// The stream ended, or `error`, after so many bytes.
RedisConnection::Failure RedisConnection::fail_to_read(int error, std::size_t received) {
  // A server with no room for us, or in protected mode, says so before it hangs up.
  if (error != ETIMEDOUT && reader_.size() > 0 && reader_[0].is(RedisReply::Type::error)) {
    const std::string line = error_line(reader_[0]);
    return fail(Failure::refused, redis_fault(line), line);
  }
  if (error == ETIMEDOUT) {
    return fail(Failure::broken, Fault::timeout, "timeout while waiting for replies");
  }
  if (const Failed& more = stream_->failed(); more.fault != Fault::none) {
    return fail(Failure::broken, more.fault, more.reason);
  }
  if (error == ECANCELED) {
    return fail(Failure::broken, Fault::stopping, error_text(error));
  }
  if (received == 0 && fresh_ && !to_.tls && to_.endpoint.path.empty()) {
    return fail(Failure::broken, Fault::tls_wanted,
                "the server closed the connection without a word: the port may be one with TLS");
  }
  return fail(Failure::broken, error == 0 ? Fault::protocol : fault_of(error),
              error == 0 ? "the server closed the connection" : error_text(error));
}

RedisConnection::Failure RedisConnection::check_login(std::size_t commands) {
  const std::size_t must_succeed = (to_.login ? 1U : 0U) + (to_.database != 0 ? 1U : 0U);  // a name is no must
  for (std::size_t i = 0; login_replies_ > 0 && i < must_succeed && i < commands; ++i) {
    if (reader_[i].is(RedisReply::Type::error)) {
      const std::string line = error_line(reader_[i]);
      return fail(Failure::refused, redis_fault(line), line);
    }
  }
  return Failure::none;
}

RedisConnection::Failure RedisConnection::fail(Failure failure, Fault fault, std::string reason) {
  stream_.reset();
  fault_ = fault;
  reason_ = std::move(reason);
  return failure;
}

std::string RedisConnection::error_line(RedisReply error) const {
  const auto& password = to_.password;
  if (!password.empty() && error.text().find(password) != std::string_view::npos) {
    return "the server refused AUTH";
  }
  std::string text(error.text().substr(0, kMaxReason));
  for (char& c : text) {
    c = c < ' ' || c > '~' ? '?' : c;
  }
  return text;
}

}  // namespace platform
