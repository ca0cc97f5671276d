// The session's settings are made by set_config() after the login, not by the startup packet's options: pg_settings
// then still knows the values they replaced (reset_val), which the settings collector shows. Behind a connection pooler
// they would reach other clients of the same server connection, so they are made only where the process number of the
// login is that of the server process, which no pooler's is.
#include "collectors/postgres/session.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLongestPauseSeconds = 5;
// From one look at all processes to the next: of a server that was there, and of one that never was.
constexpr auto kLookAgain = std::chrono::seconds(kLongestPauseSeconds);
constexpr auto kSeldom = std::chrono::minutes(1);
constexpr int kLockTimeoutMs = 500;

// What PgBouncer says of settings in a DSN: "FATAL: unsupported startup parameter: options"; since 1.20 "... in
// options: statement_timeout". Empty for other reasons.
std::string startup_advice(std::string_view reason) {
  const auto at = reason.find("unsupported startup parameter");
  const auto colon = at == std::string_view::npos ? at : reason.find(": ", at);
  if (colon == std::string_view::npos) {
    return {};
  }
  const auto parameter = reason.substr(colon + 2, reason.find(';', colon) - colon - 2);
  return "; add " + std::string(parameter) +
         " to ignore_startup_parameters in pgbouncer.ini, or leave server settings out of the DSN";
}

}  // namespace

std::string short_version(int server_version_num) {
  const int major = server_version_num / 10000;
  if (major >= 10) {
    return std::to_string(major) + "." + std::to_string(server_version_num % 10000) + ".0";
  }
  return std::to_string(major) + "." + std::to_string(server_version_num / 100 % 100) + "." +
         std::to_string(server_version_num % 100);
}

void Session::set_database(std::string_view name) {
  if (database_ != name) {
    database_ = name;
    connection_.close();
    failures_ = 0;
    next_login_ = {};
  }
}

// Of the last login.
std::string Session::user() const {
  const auto given = std::string(dsn_.get("user"));
  return given.empty() ? platform::pq_default("user") : given;
}

// One try; the reason of a failure is in reason_.
bool Session::connect(const platform::Deadline& deadline) {
  reason_ = login_dsn(source_, host_, dsn_);
  if (!reason_.empty()) {
    return false;
  }
  if (in_container_) {
    container_.lead_to(dsn_);
  }
  if (!database_.empty()) {
    dsn_.set("dbname", database_);
  }
  platform::Deadline login = deadline;
  if (const auto limit = platform::number<int>(dsn_.get("connect_timeout")); limit && *limit > 0) {
    login.at = std::min(login.at, Clock::now() + std::chrono::seconds(*limit));
  }
  const bool open = connection_.open(dsn_, login);
  known_ = known_ || connection_.reached();
  reason_ = connection_.error();
  return open;
}

// False when nobody named a server and there is none. One in a container has another address after each start of it.
bool Session::find_server(const platform::Deadline& deadline) {
  if (known_ && !in_container_) {
    return true;
  }
  if (may_be_there(source_, host_, deadline)) {
    in_container_ = false;
    return true;
  }
  const bool found = container_.find(host_, known_ ? kLookAgain : kSeldom);
  in_container_ = in_container_ || found;
  return found;
}

bool Session::log_in(const platform::Deadline& deadline) {
  if (connection_.is_open()) {
    if (limits_.age.count() <= 0 || Clock::now() - logged_in_ < limits_.age) {
      return true;
    }
    connection_.close();
  }
  if (Clock::now() < next_login_) {
    return false;
  }
  if (!find_server(deadline)) {
    reason_ = "no server was found";
    return false;
  }
  if (!connect(deadline)) {
    if (source_.automatic && connection_.reached() && !connection_.late()) {
      reason_ += "; " + grant_advice(user());
    }
    reason_ += startup_advice(reason_);
    ++failures_;
    const int pause = failures_ < 2 ? 0 : std::min(kLongestPauseSeconds, 1 << std::min(failures_ - 2, 3U));
    next_login_ = Clock::now() + std::chrono::seconds(pause);
    return false;
  }
  failures_ = 0;
  next_login_ = {};
  logged_in_ = Clock::now();
  timeout_ms_ = 0;
  banner_.clear();
  lacks_monitor_ = false;
  role_ = user();
  info_.service = connection_.is_console() ? Service::pgbouncer : Service::postgres;
  info_.version = connection_.version();
  info_.server = in_container_ ? container_.name() : dsn_.server();
  short_version_ = postgres::short_version(info_.version);
  return true;
}

void Session::settings_statement(int timeout_ms) {
  std::string settings = "set_config('default_transaction_read_only', 'on', false)";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!dsn_.gives(name)) {  // what the user asked for stays
      settings.append(" || set_config('").append(name).append("', '").append(value).append("', false)");
    }
  };
  add("search_path", "pg_catalog");
  add("DateStyle", "ISO");
  add("IntervalStyle", "postgres");
  add("statement_timeout", std::to_string(timeout_ms));
  add("lock_timeout", std::to_string(std::min(kLockTimeoutMs, timeout_ms)));
  // Text of its own each time: not worth preparing.
  settings_.once = true;
  settings_.name = "session settings";
  settings_.sql = "SELECT version() AS banner, current_user AS role, ";
  settings_.sql += info_.version >= 100000 ? "pg_has_role('pg_monitor', 'MEMBER')" : "true";
  settings_.sql += " AS monitor, CASE WHEN pg_backend_pid() = " + std::to_string(connection_.backend_pid()) + " THEN " +
                   settings + " END AS settings";
}

bool Session::send_settings(const platform::Deadline& deadline, bool& expected) {
  if (connection_.is_console()) {
    expected = false;
    return true;
  }
  const int left = deadline.left_ms();
  expected = timeout_ms_ == 0 || timeout_ms_ > left || timeout_ms_ < left / 2;
  if (!expected) {
    return true;
  }
  timeout_ms_ = std::max(1, left / 4 * 3);
  settings_statement(timeout_ms_);
  return connection_.send(settings_);
}

bool Session::receive_settings(const platform::Deadline& deadline) {
  const auto reply = connection_.receive(settings_, deadline);
  if (reply != platform::PqConnection::Reply::rows || connection_.rows().rows() != 1 ||
      connection_.rows().columns() < 3) {
    return reply != platform::PqConnection::Reply::lost;
  }
  banner_ = connection_.rows().text(0, 0);
  role_ = connection_.rows().text(0, 1);
  lacks_monitor_ = connection_.rows().text(0, 2) == "f";
  return true;
}

}  // namespace exporter::postgres
