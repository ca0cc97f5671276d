// The statements that go over one connection in one go: all are sent before the first reply is read.
//
// send() of several batches, then receive() of each, lets their servers work side by side. A kept connection that turns
// out to be dead (the server was restarted) is replaced once. Used by one thread at a time.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "collectors/postgres/session.h"

namespace exporter::postgres {

class Batch {
 public:
  // Takes what the server said to each item. Called within receive().
  class Replies {
   public:
    Replies() = default;
    Replies(const Replies&) = delete;
    Replies& operator=(const Replies&) = delete;
    virtual ~Replies() = default;
    virtual void rows(std::size_t item, const Rows& rows) = 0;
    // `why` is one line without secrets.
    virtual void failed(std::size_t item, Problem kind, std::string_view why) = 0;
    // Its predicate is not true: there is nothing to read.
    virtual void left_out(std::size_t /*item*/) {}
  };

  explicit Batch(Source source, const platform::Host& host, const Session::Limits& limits)
      : session_(std::move(source), host, limits) {}

  // Adds an item; `query` and `name` must outlive this. `alone`: in a transaction of its own and not prepared, for what
  // is asked seldom or takes long.
  void add(const Query& query, std::string_view name, bool alone = false);
  std::size_t size() const noexcept { return items_.size(); }
  // Asked again at each send() until told otherwise; at first it is not.
  void want(std::size_t item, bool wanted) noexcept { items_[item].wanted = wanted; }
  bool wants(std::size_t item) const noexcept { return items_[item].wanted; }

  Session& session() noexcept { return session_; }
  const Session& session() const noexcept { return session_; }

  // Logs in where needed and sends. False when there is no server to talk to: session().reason() says why.
  bool send(const platform::Deadline& deadline);
  // To be called after each send() that was true. False when the connection was lost before anything was answered:
  // connection().error() says why. Otherwise each wanted item that this server has a statement for was handed to
  // `replies`.
  bool receive(const platform::Deadline& deadline, Replies& replies);

 private:
  struct Item {
    const Query* query = nullptr;
    std::string_view name;
    platform::PqStatement statement;
    platform::PqStatement predicate;
    int timeout_ms = 0;  // of a user's statement, where it is shorter than the session's
    bool wanted = false;
    bool open = false;     // sent, or to be sent, and not answered yet
    bool cleared = false;  // there is no predicate, or it is true
  };

  void take_statements(Item& item);
  void precede(Item& item);
  bool write(const platform::Deadline& deadline);
  bool read(const platform::Deadline& deadline, Replies& replies);
  bool read_one(std::size_t item, const platform::Deadline& deadline, Replies& replies);
  void fail_rest(Replies& replies);

  Session session_;
  std::vector<Item> items_;
  std::uint64_t statements_for_ = 0;  // the connection that the statements are for
  bool kept_ = false;                 // the connection is older than this send()
  bool settings_ = false;             // a reply to the settings is to come
  bool answered_ = false;             // anything
  bool again_ = false;                // statements were skipped, or wait for their predicates
};

// By SQLSTATE (PostgreSQL documentation, "Error Codes").
Problem problem_of(std::string_view sqlstate) noexcept;

}  // namespace exporter::postgres
