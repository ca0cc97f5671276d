// A PostgreSQL server of a few lines: it speaks the protocol (PostgreSQL documentation, "Message Formats") well enough
// for libpq's pipeline mode, and says to each statement what the test wants. Listens on a free port of 127.0.0.1.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/dir.h"

namespace tests {

struct FakeAnswer {
  std::string tsv;       // as in rows.tsv: names, then rows
  std::string sqlstate;  // not empty: an error instead
  std::string message;
  std::string raw;      // not empty: these octets instead, then the connection is closed
  bool silent = false;  // no answer at all
};

// What a login is told, and what stands behind it.
struct FakeLogin {
  std::string version = "15.18";
  std::uint32_t pid = 7;
  bool simple = false;       // the simple query protocol is the only one, as at PgBouncer's console
  bool forgets = false;      // what is prepared is there until the next Sync only, as behind a pooler
  std::string refusal = {};  // not empty: nobody is let in, and told this
};

class FakePostgres {
 public:
  // Called by any thread.
  using Say = std::function<FakeAnswer(const std::string& database, const std::string& sql)>;
  explicit FakePostgres(Say say, FakeLogin login = {});
  FakePostgres(const FakePostgres&) = delete;
  FakePostgres& operator=(const FakePostgres&) = delete;
  ~FakePostgres();

  int port() const noexcept { return port_; }
  std::string dsn(const std::string& database = "postgres") const {
    return "postgresql://watcher:hunter2@127.0.0.1:" + std::to_string(port_) + "/" + database + "?sslmode=disable";
  }
  // Logins to this database are refused with 3D000 from now on.
  void refuse(const std::string& database);
  // Ends all connections, as a restart does.
  void restart();

  unsigned logins(const std::string& database) const;
  unsigned logins() const;
  // How many statements were prepared.
  unsigned prepared() const noexcept { return prepared_; }
  // How many connections were open at a time.
  unsigned most_connections() const noexcept { return most_; }
  // How often a statement with `part` in it was executed in `database`.
  unsigned executions(const std::string& database, const std::string& part) const;

 private:
  struct Connection;
  void serve(Connection& connection);
  bool answer_simple(int fd, const std::string& database, char type, const std::string& body, std::string& out);
  void run();

  const Say say_;
  const FakeLogin login_;
  platform::Fd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::string> refused_;
  std::vector<std::string> logins_;
  std::vector<std::pair<std::string, std::string>> executed_;
  std::atomic<unsigned> most_{0};
  std::atomic<unsigned> prepared_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tests
