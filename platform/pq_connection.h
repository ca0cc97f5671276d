// One kept connection to a PostgreSQL server: libpq without blocking, every wait bounded by a Deadline.
//
// Statements go out in pipeline mode (libpq, "Pipeline Mode"): all are sent before the first reply is read, each in a
// transaction of its own so that a failing one harms no other. They are prepared at their first use on a connection;
// one that failed is sent unprepared from then on, which survives changed relations. Behind a pooler, where the next
// transaction may be another server process's, none is prepared. The admin console of PgBouncer knows neither
// transactions nor pipelines: there each statement goes out when its reply is asked for.
//
// Names are resolved inside libpq and may block there (getaddrinfo): use a numeric address, /etc/hosts or a socket
// where the name service is not to be trusted. Nothing else blocks. Not thread-safe. Nothing throws but bad_alloc.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/deadline.h"
#include "platform/pq_dsn.h"
#include "platform/rows.h"

struct pg_conn;
struct pg_result;

namespace platform {

// A statement that is sent many times. `name` is its own among the statements of one connection.
struct PqStatement {
  std::string name;
  std::string sql;
  bool once = false;  // not worth preparing
  // Sent before it each time, all in one transaction that holds nothing else: SET LOCAL and the like.
  std::vector<std::string> before;

 private:
  friend class PqConnection;
  std::uint64_t prepared_by = 0;  // the connection that has it prepared
  std::uint64_t failed_on = 0;    // the connection on which it failed
};

class PqConnection {
 public:
  PqConnection() = default;
  PqConnection(const PqConnection&) = delete;
  PqConnection& operator=(const PqConnection&) = delete;
  ~PqConnection() = default;

  // Connects and logs in, with the library that pq_library.h loads. On failure the connection is closed and error()
  // says why.
  bool open(const PqDsn& dsn, const Deadline& deadline);
  void close() noexcept;
  bool is_open() const noexcept { return connection_ != nullptr; }
  // Grows with every open(); the first is 1.
  std::uint64_t generation() const noexcept { return generation_; }
  // True when the last open() reached something that accepted the connection, whatever came after.
  bool reached() const noexcept { return reached_; }
  // server_version_num: 150004 for 15.4, 90624 for 9.6.24.
  int version() const noexcept;
  // The socket; -1 when there is none.
  int descriptor() const noexcept;
  // As the login told it. A pooler tells a number of its own, which differs from pg_backend_pid().
  int backend_pid() const noexcept;
  // True for the admin console of PgBouncer: it takes SHOW and its like, and version() is PgBouncer's: 11800
  // for 1.18.0.
  bool is_console() const noexcept { return console_; }
  // One line without secrets, ports of this side or process numbers: the same failure gives the same text.
  const std::string& error() const noexcept { return error_; }

  // Queues a statement; the reply must be taken with receive(). False when the connection is lost (and closed).
  bool send(PqStatement& statement);
  // Writes what is queued. Only then may replies be taken, and all must be before the next send().
  bool flush(const Deadline& deadline);

  // rows: rows() holds the reply. failed: this statement failed, error() and sqlstate() say why. skipped: one before it
  // failed; send it again. lost: the connection broke or the deadline passed; it is closed and the remaining replies
  // will not come.
  enum class Reply : std::uint8_t { rows, failed, skipped, lost };
  // The reply of the next statement in the order of send().
  Reply receive(PqStatement& statement, const Deadline& deadline);
  const Rows& rows() const noexcept { return rows_; }
  std::string_view sqlstate() const noexcept { return sqlstate_; }
  // After `lost`: true when it was the deadline or the end of the program, not the server.
  bool late() const noexcept { return late_; }

 private:
  struct CloseConnection {
    void operator()(pg_conn* connection) const noexcept;
  };
  struct ClearResult {
    void operator()(pg_result* result) const noexcept;
  };
  class Result final : public Rows {
   public:
    void reset(pg_result* result) noexcept;
    std::size_t rows() const noexcept override { return rows_; }
    std::size_t columns() const noexcept override { return columns_; }
    std::string_view name(std::size_t column) const noexcept override;
    std::string_view text(std::size_t row, std::size_t column) const noexcept override;
    bool null(std::size_t row, std::size_t column) const noexcept override;
    std::uint32_t type(std::size_t column) const noexcept override;

   private:
    std::unique_ptr<pg_result, ClearResult> result_;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
  };

  // What the server will answer to one send().
  struct Pending {
    bool prepared;           // sent by its name
    bool preparing;          // PREPARE comes first
    bool last;               // the end of the transaction comes after it
    std::size_t before = 0;  // statements that come before that
  };

  bool write_out(const Deadline& deadline);
  bool end_transaction();
  bool ask_console(const PqStatement& statement, const Deadline& deadline);
  bool send_once(const std::string& sql);
  // One result, null at the end of a command's results; false when the connection is lost.
  bool next_result(const Deadline& deadline, std::string_view doing, std::unique_ptr<pg_result, ClearResult>& result);
  void keep_error(const pg_result* result);
  bool lose(std::string_view why);
  bool lose_broken();
  bool await(const Deadline& deadline, short events, std::string_view doing);

  std::unique_ptr<pg_conn, CloseConnection> connection_;
  std::uint64_t generation_ = 0;
  bool reached_ = false;
  bool late_ = false;
  bool console_ = false;
  bool pooled_ = false;           // what is prepared may not be there the next time
  PqDsn kept_dsn_;                // of the last open()
  std::vector<Pending> pending_;  // by order of send()
  std::size_t next_ = 0;          // the one that receive() takes next
  Result rows_;
  std::string error_;
  std::string sqlstate_;
};

// An error text of libpq as one line: hints and repeated lines left out, runs of blanks as one.
std::string pq_error_line(std::string_view text);

}  // namespace platform
