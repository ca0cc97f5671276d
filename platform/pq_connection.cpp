#include "platform/pq_connection.h"

#include <poll.h>

#include <vector>

#include "platform/pq_library.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kMaxErrorLine = 300;
constexpr int kMaxPid = 1 << 22;  // proc(5), pid_max; a pooler tells a random number of 32 bits instead of a pid

// Without it libpq prints warnings of the server to stderr.
void ignore_notice(void* /*unused*/, const PGresult* /*unused*/) {}

// A restart, pg_terminate_backend() and the like: the server says so and closes.
bool ends_connection(const PGresult* result) {
  const char* const severity = pq().PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity != nullptr && (severity == std::string_view("FATAL") || severity == std::string_view("PANIC"));
}

// "1.18.0/bouncer". Servers behind PgBouncer show their own version.
bool is_bouncer(const PGconn* connection) {
  const char* const version = pq().PQparameterStatus(connection, "server_version");
  return version != nullptr && std::string_view(version).ends_with("/bouncer");
}

// What a prepared statement fails with when it is not there, or somebody else's is.
bool lost_what_was_prepared(std::string_view sqlstate) { return sqlstate == "26000" || sqlstate == "42P05"; }

}  // namespace

std::string pq_error_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    std::string_view raw = take(text, '\n');
    if (raw.starts_with('\t')) {
      continue;  // a hint that belongs to the line before
    }
    std::string tidy;
    for (std::string_view part = word(raw); !part.empty(); part = word(raw)) {
      tidy.append(tidy.empty() ? "" : " ").append(part);
    }
    // libpq repeats the line for each try (with and without TLS).
    if (!tidy.empty() && line.find(tidy) == std::string::npos) {
      line.append(line.empty() ? "" : "; ").append(tidy);
    }
  }
  if (line.size() > kMaxErrorLine) {
    line.resize(kMaxErrorLine);
    line += "...";
  }
  return line;
}

void PqConnection::CloseConnection::operator()(pg_conn* connection) const noexcept { pq().PQfinish(connection); }
void PqConnection::ClearResult::operator()(pg_result* result) const noexcept { pq().PQclear(result); }

void PqConnection::Result::reset(pg_result* result) noexcept {
  result_.reset(result);
  // Without a result the library may not even be there.
  rows_ = result == nullptr ? 0 : static_cast<std::size_t>(pq().PQntuples(result));
  columns_ = result == nullptr ? 0 : static_cast<std::size_t>(pq().PQnfields(result));
}

std::string_view PqConnection::Result::name(std::size_t column) const noexcept {
  const char* const text = pq().PQfname(result_.get(), static_cast<int>(column));
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

std::string_view PqConnection::Result::text(std::size_t row, std::size_t column) const noexcept {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  const char* const value = pq().PQgetvalue(result_.get(), r, c);
  return value == nullptr ? std::string_view{}
                          : std::string_view(value, static_cast<std::size_t>(pq().PQgetlength(result_.get(), r, c)));
}

bool PqConnection::Result::null(std::size_t row, std::size_t column) const noexcept {
  return pq().PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::uint32_t PqConnection::Result::type(std::size_t column) const noexcept {
  return pq().PQftype(result_.get(), static_cast<int>(column));
}

void PqConnection::close() noexcept {
  rows_.reset(nullptr);
  connection_.reset();
}

int PqConnection::version() const noexcept { return pq().PQserverVersion(connection_.get()); }

int PqConnection::descriptor() const noexcept { return connection_ ? pq().PQsocket(connection_.get()) : -1; }

int PqConnection::backend_pid() const noexcept { return pq().PQbackendPID(connection_.get()); }

bool PqConnection::lose(std::string_view why) {
  error_ = kept_dsn_.redact(std::string(why));
  close();
  return false;
}

bool PqConnection::lose_broken() { return lose(pq_error_line(pq().PQerrorMessage(connection_.get()))); }

// Waits for the socket; on failure the connection is closed with "no answer from host:port before the deadline".
bool PqConnection::await(const Deadline& deadline, short events, std::string_view doing) {
  switch (deadline.wait(pq().PQsocket(connection_.get()), events)) {
    case Deadline::Wait::ready:
      return true;
    case Deadline::Wait::stopped:
      late_ = true;
      return lose("stopped");
    case Deadline::Wait::expired:
      late_ = true;
      return lose("no answer from " + kept_dsn_.server() + " before the deadline (" + std::string(doing) + ")");
    case Deadline::Wait::error:
      break;
  }
  return lose("waiting for the socket failed");
}

bool PqConnection::open(const PqDsn& dsn, const Deadline& deadline) {
  close();
  kept_dsn_ = dsn;
  ++generation_;
  pending_.clear();
  next_ = 0;
  reached_ = false;
  late_ = false;
  error_.clear();
  if (!load_pq().empty()) {
    return lose(load_pq());
  }
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : kept_dsn_.settings()) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  // Only as one text can a value be given that is empty and yet keeps the environment out.
  const std::string all = kept_dsn_.apart() ? kept_dsn_.pairs() : std::string();
  if (kept_dsn_.apart()) {
    keywords.assign(1, "dbname");
    values.assign(1, all.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(pq().PQconnectStartParams(keywords.data(), values.data(), kept_dsn_.apart() ? 1 : 0));
  if (!connection_ || pq().PQstatus(connection_.get()) == CONNECTION_BAD) {
    return connection_ ? lose_broken() : lose("out of memory");
  }
  pq().PQsetNoticeReceiver(connection_.get(), ignore_notice, nullptr);
  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK;) {
    if (!await(deadline, step == PGRES_POLLING_READING ? POLLIN : POLLOUT, reached_ ? "logging in" : "connecting")) {
      return false;
    }
    step = pq().PQconnectPoll(connection_.get());
    const auto status = pq().PQstatus(connection_.get());
    reached_ = reached_ || (status != CONNECTION_STARTED && status != CONNECTION_NEEDED && status != CONNECTION_BAD);
    if (step == PGRES_POLLING_FAILED) {
      return lose_broken();
    }
  }
  console_ = is_bouncer(connection_.get());
  pooled_ = backend_pid() <= 0 || backend_pid() > kMaxPid;
  if (pq().PQsetnonblocking(connection_.get(), 1) != 0 ||
      (!console_ && pq().PQenterPipelineMode(connection_.get()) != 1)) {
    return lose_broken();
  }
  return true;
}

bool PqConnection::end_transaction() {
  if (pending_.empty() || pending_.back().last) {
    return true;
  }
  pending_.back().last = true;
  return pq().PQpipelineSync(connection_.get()) == 1 || lose_broken();
}

bool PqConnection::send_once(const std::string& sql) {
  return pq().PQsendQueryParams(connection_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1 ||
         lose_broken();
}

bool PqConnection::send(PqStatement& statement) {
  pg_conn* const connection = connection_.get();
  if (next_ == pending_.size()) {
    pending_.clear();
    next_ = 0;
  }
  if (console_) {
    pending_.push_back({false, false, false});
    return true;
  }
  const bool once = statement.once || statement.failed_on == generation_;
  const bool alone = once || !statement.before.empty();
  if (alone && !end_transaction()) {
    return false;
  }
  for (const auto& sql : statement.before) {
    if (!send_once(sql)) {
      return false;
    }
  }
  if (once) {
    pending_.push_back({false, false, false, statement.before.size()});
    return send_once(statement.sql) && end_transaction();
  }
  if (pooled_) {
    pending_.push_back({false, false, false, statement.before.size()});
    return send_once(statement.sql) && (!alone || end_transaction());
  }
  const bool preparing = statement.prepared_by != generation_;
  pending_.push_back({true, preparing, false, statement.before.size()});
  bool sent = true;
  if (preparing) {
    sent = pq().PQsendPrepare(connection, statement.name.c_str(), statement.sql.c_str(), 0, nullptr) == 1;
    statement.prepared_by = generation_;
  }
  sent = sent && pq().PQsendQueryPrepared(connection, statement.name.c_str(), 0, nullptr, nullptr, nullptr, 0) == 1;
  return (sent || lose_broken()) && (!alone || end_transaction());
}

bool PqConnection::flush(const Deadline& deadline) { return console_ || (end_transaction() && write_out(deadline)); }

bool PqConnection::write_out(const Deadline& deadline) {
  for (;;) {
    const int left = pq().PQflush(connection_.get());
    if (left == 0) {
      return true;
    }
    if (left < 0) {
      return lose_broken();
    }
    // The server may refuse to read on until we have read what it wrote.
    if (!await(deadline, POLLIN | POLLOUT, "sending statements")) {
      return false;
    }
    if (pq().PQconsumeInput(connection_.get()) != 1) {
      return lose_broken();
    }
  }
}

bool PqConnection::ask_console(const PqStatement& statement, const Deadline& deadline) {
  return (pq().PQsendQuery(connection_.get(), statement.sql.c_str()) == 1 || lose_broken()) && write_out(deadline);
}

bool PqConnection::next_result(const Deadline& deadline, std::string_view doing,
                               std::unique_ptr<pg_result, ClearResult>& result) {
  while (pq().PQisBusy(connection_.get()) != 0) {
    if (!await(deadline, POLLIN, doing)) {
      return false;
    }
    if (pq().PQconsumeInput(connection_.get()) != 1) {
      return lose_broken();
    }
  }
  result.reset(pq().PQgetResult(connection_.get()));
  return pq().PQstatus(connection_.get()) != CONNECTION_BAD || lose_broken();
}

void PqConnection::keep_error(const pg_result* result) {
  const char* const state = pq().PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const message = pq().PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  sqlstate_ = state == nullptr ? "" : state;
  error_ = kept_dsn_.redact(pq_error_line(message == nullptr ? pq().PQresultErrorMessage(result) : message));
}

PqConnection::Reply PqConnection::receive(PqStatement& statement, const Deadline& deadline) {
  const Pending pending = pending_[next_++];
  bool failed = false;
  bool skipped = false;
  rows_.reset(nullptr);
  sqlstate_.clear();
  if (console_ && !ask_console(statement, deadline)) {
    return Reply::lost;
  }
  std::unique_ptr<pg_result, ClearResult> result;
  for (std::size_t commands = pending.before + (pending.preparing ? 2 : 1); commands > 0;) {
    if (!next_result(deadline, statement.name, result)) {
      return Reply::lost;
    }
    if (!result) {
      --commands;
      continue;
    }
    switch (pq().PQresultStatus(result.get())) {
      case PGRES_TUPLES_OK:
        rows_.reset(result.release());
        break;
      case PGRES_COMMAND_OK:  // the end of PREPARE
        break;
      case PGRES_PIPELINE_ABORTED:
        skipped = true;
        break;
      case PGRES_PIPELINE_SYNC:
        lose("the server's reply does not follow the protocol");
        return Reply::lost;
      default:
        keep_error(result.get());
        if (ends_connection(result.get())) {
          lose(std::string(error_));
          return Reply::lost;
        }
        failed = true;
        break;
    }
  }
  if (pending.last) {
    if (!next_result(deadline, statement.name, result)) {
      return Reply::lost;
    }
    if (pq().PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) {
      lose("the server's reply does not follow the protocol");
      return Reply::lost;
    }
  }
  if (failed && pending.prepared && lost_what_was_prepared(sqlstate_)) {
    pooled_ = true;
    return Reply::skipped;
  }
  if (failed) {
    statement.failed_on = generation_;
  }
  if (failed || (skipped && pending.preparing)) {
    statement.prepared_by = 0;
  }
  return failed ? Reply::failed : skipped ? Reply::skipped : Reply::rows;
}

}  // namespace platform
