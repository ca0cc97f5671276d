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

}  // namespace

RedisConnection::RedisConnection(std::vector<RedisAddress> candidates, std::string client_name, RedisLimits limits)
    : candidates_(std::move(candidates)),
      client_name_(std::move(client_name)),
      reader_(limits),
      buffer_(std::make_unique<char[]>(kBuffer)) {}

RedisConnection::Failure RedisConnection::exchange(std::string_view commands, std::size_t count,
                                                   const Deadline& deadline) {
  reason_.clear();
  connect_seconds_ = 0;
  const bool kept = stream_ != nullptr;
  Failure failure = transfer(commands, count, deadline);
  // The server closes connections that are idle for its `timeout`, and all when it restarts: that shows only now, and
  // as long as nothing came back it is safe to ask again.
  if (failure == Failure::broken && kept && reader_.size() == 0 && !deadline.expired()) {
    reason_.clear();
    failure = transfer(commands, count, deadline);
  }
  return failure;
}

RedisConnection::Failure RedisConnection::transfer(std::string_view commands, std::size_t count,
                                                   const Deadline& deadline) {
  reader_.clear();
  request_.clear();
  login_replies_ = 0;
  if (!stream_) {
    if (const Failure failure = connect(deadline); failure != Failure::none) {
      return failure;
    }
    login_replies_ = append_login();
  }
  request_.append(commands);
  if (stream_->send(request_, deadline) == ETIMEDOUT) {
    return fail(Failure::broken, "timeout while sending");
  }
  // A failed send is no reason to stop: why the server hung up may wait to be read.
  const Failure failure = read_replies(login_replies_ + count, deadline);
  if (failure != Failure::none) {
    stream_.reset();
  }
  return failure;
}

RedisConnection::Failure RedisConnection::connect(const Deadline& deadline) {
  const auto start = std::chrono::steady_clock::now();
  std::string reason;
  bool denied = false;
  for (std::size_t tried = 0; tried < candidates_.size(); ++tried) {
    auto connected = connect_to(candidates_[current_].endpoint, deadline);
    if (connected.stream) {
      stream_ = std::move(connected.stream);
      connect_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      return Failure::none;
    }
    // "no such file" says less than what another candidate has to tell.
    if (reason.empty() || connected.error == EACCES) {
      reason = std::move(connected.reason);
    }
    denied = denied || connected.error == EACCES;
    current_ = (current_ + 1) % candidates_.size();
  }
  connect_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return fail(denied ? Failure::denied : Failure::unreachable, "cannot connect: " + reason);
}

std::size_t RedisConnection::append_login() {
  std::size_t count = 0;
  const RedisAddress& to = candidates_[current_];
  if (to.login && to.user.empty()) {
    append(request_, {"AUTH", to.password});
    ++count;
  } else if (to.login) {
    append(request_, {"AUTH", to.user, to.password});
    ++count;
  }
  if (to.database != 0) {
    append(request_, {"SELECT", std::to_string(to.database)});
    ++count;
  }
  if (!client_name_.empty()) {
    append(request_, {"CLIENT", "SETNAME", client_name_});
    ++count;
  }
  return count;
}

RedisConnection::Failure RedisConnection::read_replies(std::size_t wanted, const Deadline& deadline) {
  while (reader_.size() < wanted) {
    std::size_t got = 0;
    const int error = stream_->receive({buffer_.get(), kBuffer}, got, deadline);
    if (error != 0 || got == 0) {
      // A server with no room for us, or in protected mode, says so before it hangs up.
      if (error != ETIMEDOUT && reader_.size() > 0 && reader_[0].is(RedisReply::Type::error)) {
        return fail(Failure::refused, error_line(reader_[0]));
      }
      if (error == ETIMEDOUT) {
        return fail(Failure::broken, "timeout while waiting for replies");
      }
      return fail(Failure::broken, error == 0 ? "the server closed the connection" : error_text(error));
    }
    if (const auto wrong = reader_.feed({buffer_.get(), got}); !wrong.empty()) {
      return fail(Failure::broken, std::string(wrong));
    }
  }
  if (reader_.size() > wanted) {
    return fail(Failure::broken, "more replies than commands");
  }
  return check_login(wanted);
}

RedisConnection::Failure RedisConnection::check_login(std::size_t commands) {
  const RedisAddress& to = candidates_[current_];
  const std::size_t must_succeed = (to.login ? 1U : 0U) + (to.database != 0 ? 1U : 0U);  // a name is no must
  for (std::size_t i = 0; login_replies_ > 0 && i < must_succeed && i < commands; ++i) {
    if (reader_[i].is(RedisReply::Type::error)) {
      return fail(Failure::refused, error_line(reader_[i]));
    }
  }
  return Failure::none;
}

RedisConnection::Failure RedisConnection::fail(Failure failure, std::string reason) {
  stream_.reset();
  reason_ = std::move(reason);
  return failure;
}

std::string RedisConnection::error_line(RedisReply error) const {
  const auto& password = candidates_[current_].password;
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
