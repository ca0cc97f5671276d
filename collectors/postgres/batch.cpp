// A statement that fails makes the server skip those after it in the same transaction; these go out again. Each round
// answers at least one. Where a statement has a predicate, that goes out in its place, and the statement in the round
// after.
#include "collectors/postgres/batch.h"

#include <algorithm>

namespace exporter::postgres {

using platform::Deadline;
using platform::PqConnection;

namespace {

bool is_true(const Rows& rows) noexcept {
  return rows.rows() > 0 && rows.columns() > 0 && !rows.null(0, 0) && rows.text(0, 0) == "t";
}

}  // namespace

Problem problem_of(std::string_view sqlstate) noexcept {
  if (sqlstate == "42501") {
    return Problem::denied;
  }
  if (sqlstate == "57014" || sqlstate == "55P03") {  // query_canceled, lock_not_available
    return Problem::deadline;
  }
  return sqlstate.starts_with("42") ? Problem::missing : Problem::io;  // undefined table, column, function
}

void Batch::add(const Query& query, std::string_view name, bool alone) {
  const auto same = std::count_if(items_.begin(), items_.end(), [&](const Item& item) { return item.name == name; });
  Item& item = items_.emplace_back();
  item.query = &query;
  item.name = name;
  item.statement.name = name;
  if (same != 0) {
    item.statement.name.append("_").append(std::to_string(same + 1));
  }
  item.statement.once = alone;
  item.predicate.name = item.statement.name + "_if";
  item.predicate.once = alone;
}

void Batch::take_statements(Item& item) {
  item.statement.sql.clear();
  item.predicate.sql.clear();
  if (item.query->service() != session_.info().service) {
    return;
  }
  item.query->statement(session_.info(), item.statement.sql);
  item.query->predicate(session_.info(), item.predicate.sql);
}

// Of a user's statement: what its transaction begins with.
void Batch::precede(Item& item) {
  if (!item.query->of_user()) {
    return;
  }
  const int most = session_.timeout_ms();
  const int own = static_cast<int>(item.query->timeout() * 1000);
  const int timeout_ms = own > 0 && own < most ? own : 0;
  auto& before = item.statement.before;
  if (!before.empty() && timeout_ms == item.timeout_ms) {
    return;
  }
  item.timeout_ms = timeout_ms;
  before.assign(1, "SET LOCAL search_path TO DEFAULT");
  if (timeout_ms > 0) {
    before.push_back("SET LOCAL statement_timeout TO " + std::to_string(timeout_ms));
  }
  item.predicate.before = before;
}

bool Batch::send(const Deadline& deadline) {
  PqConnection& connection = session_.connection();
  // A connection that is lost while we write is replaced at once, but not twice.
  for (int tries = 0; tries < 2; ++tries) {
    const std::uint64_t before = connection.is_open() ? connection.generation() : 0;
    if (!session_.log_in(deadline)) {
      return false;
    }
    kept_ = before == connection.generation();
    if (statements_for_ != connection.generation()) {
      statements_for_ = connection.generation();
      for (auto& item : items_) {
        take_statements(item);
      }
    }
    for (auto& item : items_) {
      item.open = item.wanted && !item.statement.sql.empty();
      item.cleared = item.predicate.sql.empty();
    }
    answered_ = false;
    const bool ready = session_.send_settings(deadline, settings_);
    for (auto& item : items_) {
      precede(item);
    }
    if (ready && write(deadline)) {
      return true;
    }
    if (!kept_ || connection.late()) {
      break;
    }
  }
  session_.keep_reason();
  return false;
}

bool Batch::write(const Deadline& deadline) {
  for (auto& item : items_) {
    if (item.open && !session_.connection().send(item.cleared ? item.statement : item.predicate)) {
      return false;
    }
  }
  return session_.connection().flush(deadline);
}

bool Batch::receive(const Deadline& deadline, Replies& replies) {
  if (read(deadline, replies)) {
    return true;
  }
  if (!answered_ && kept_ && !session_.connection().late()) {
    if (!send(deadline)) {  // on a connection of its own
      return false;
    }
    if (read(deadline, replies)) {
      return true;
    }
  }
  session_.keep_reason();
  if (answered_) {
    fail_rest(replies);
  }
  return answered_;
}

// False when the connection was lost; items that got no reply stay open.
bool Batch::read(const Deadline& deadline, Replies& replies) {
  if (settings_) {
    settings_ = false;
    if (!session_.receive_settings(deadline)) {
      return false;
    }
    answered_ = true;
  }
  for (;;) {
    again_ = false;
    for (std::size_t item = 0; item < items_.size(); ++item) {
      if (items_[item].open && !read_one(item, deadline, replies)) {
        return false;
      }
    }
    if (!again_) {
      return true;
    }
    if (!write(deadline)) {
      return false;
    }
  }
}

bool Batch::read_one(std::size_t index, const Deadline& deadline, Replies& replies) {
  PqConnection& connection = session_.connection();
  Item& item = items_[index];
  switch (connection.receive(item.cleared ? item.statement : item.predicate, deadline)) {
    case PqConnection::Reply::lost:
      return false;
    case PqConnection::Reply::skipped:
      again_ = true;
      return true;
    case PqConnection::Reply::failed:
      replies.failed(index, problem_of(connection.sqlstate()), connection.error());
      break;
    case PqConnection::Reply::rows:
      if (item.cleared) {
        replies.rows(index, connection.rows());
      } else if (is_true(connection.rows())) {
        item.cleared = true;
        again_ = true;
        answered_ = true;
        return true;
      } else {
        replies.left_out(index);
      }
      break;
  }
  answered_ = true;
  item.open = false;
  return true;
}

void Batch::fail_rest(Replies& replies) {
  const PqConnection& connection = session_.connection();
  for (std::size_t item = 0; item < items_.size(); ++item) {
    if (items_[item].open) {
      replies.failed(item, connection.late() ? Problem::deadline : Problem::io, connection.error());
      items_[item].open = false;
    }
  }
}

}  // namespace exporter::postgres
