// A kept connection to one PostgreSQL server with what belongs to its life: login, pauses between failed logins, the
// session's settings and what the server says about itself. It is made anew after an hour or so: a server process that
// has looked at many relations keeps what it learned of each, and so grows.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "collectors/postgres/container_server.h"
#include "collectors/postgres/query.h"
#include "collectors/postgres/source.h"
#include "platform/pq_connection.h"

namespace exporter::postgres {

class Session {
 public:
  struct Limits {
    std::chrono::duration<double> age{3600};    // of a connection; 0: none
    const DatabaseFilter* databases = nullptr;  // outlives this
  };

  // `host` must outlive this.
  Session(Source source, const platform::Host& host, const Limits& limits)
      : source_(std::move(source)), host_(host), limits_(limits) {
    info_.databases = limits.databases;
    info_.service = names_console(source_.dsn) ? Service::pgbouncer : Service::postgres;
  }

  // Reads another database than the one of the source. A connection to a third one is closed.
  void set_database(std::string_view name);
  // Empty: the source's.
  const std::string& database() const noexcept { return database_; }

  // Logs in unless connected. After a failure the next call tries again; after more of them a try is made at most every
  // 1, 2, 4, then 5 seconds, and calls between return false at once with the reason of the last.
  bool log_in(const platform::Deadline& deadline);
  platform::PqConnection& connection() noexcept { return connection_; }
  const platform::PqConnection& connection() const noexcept { return connection_; }

  // Queues, where needed, the statement that makes the session's settings; `expected` says that a reply will come.
  // Timeouts follow the deadline: made again when they no longer end before it or are less than half of it.
  bool send_settings(const platform::Deadline& deadline, bool& expected);
  // Takes that reply. False when the connection is lost; a refused setting is no reason to stop.
  bool receive_settings(const platform::Deadline& deadline);

  const Source& source() const noexcept { return source_; }
  // Valid while connected, `service` as a guess before that; `banner` (version()), what the server calls `role` and
  // `lacks_monitor` once receive_settings() was called, which a console of PgBouncer never is.
  const ServerInfo& info() const noexcept { return info_; }
  const std::string& short_version() const noexcept { return short_version_; }
  const std::string& banner() const noexcept { return banner_; }
  const std::string& role() const noexcept { return role_; }
  bool lacks_monitor() const noexcept { return lacks_monitor_; }
  // statement_timeout of the session in milliseconds, once send_settings() was called.
  int timeout_ms() const noexcept { return timeout_ms_; }
  // Why the last log_in() failed, or what ended the connection when keep_reason() was called.
  const std::string& reason() const noexcept { return reason_; }
  void keep_reason() { reason_ = connection_.error(); }
  // A server that runs here out of reach: what to do, for the log. Empty when there is none, or another is read.
  const std::string& out_of_reach() const noexcept { return container_.out_of_reach(); }
  // Where the server is, as libpq says it.
  std::string address() const { return dsn_.server(); }
  // True once something accepted a connection.
  bool known() const noexcept { return known_; }

 private:
  void settings_statement(int timeout_ms);
  std::string user() const;
  bool find_server(const platform::Deadline& deadline);
  bool connect(const platform::Deadline& deadline);

  Source source_;
  const platform::Host& host_;
  const Limits limits_;
  std::string database_;
  platform::PqConnection connection_;
  platform::PqDsn dsn_;  // of the last login
  ContainerServer container_;
  bool in_container_ = false;  // the last server that was found
  platform::PqStatement settings_;
  int timeout_ms_ = 0;  // statement_timeout of the session; 0 before the settings are made
  ServerInfo info_;
  std::string short_version_;
  std::string banner_;
  std::string role_;
  bool lacks_monitor_ = false;
  bool known_ = false;
  std::string reason_;
  unsigned failures_ = 0;
  std::chrono::steady_clock::time_point next_login_;
  std::chrono::steady_clock::time_point logged_in_;
};

// "15.4.0" for 150004, "9.6.24" for 90624.
std::string short_version(int server_version_num);

}  // namespace exporter::postgres
