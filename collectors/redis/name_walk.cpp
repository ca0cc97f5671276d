#include "collectors/redis/name_walk.h"

#include <algorithm>

#include "collectors/redis/key_reader.h"

namespace exporter::redis::keys {

NameWalk::NameWalk(std::vector<KeyName> patterns, std::size_t most,
                   std::unique_ptr<platform::RedisConnection> connection, Clock::duration pause)
    : patterns_(std::move(patterns)),
      most_(most),
      pause_(pause),
      link_(std::move(connection), background_.stop_fd()),
      found_(patterns_.size()) {}

void NameWalk::update() {
  const std::lock_guard lock(background_.mutex());
  if (busy_ || Clock::now() < due_) {
    return;
  }
  busy_ = true;
  wanted_ = true;
  background_.start([this] { run(); });
  background_.changed().notify_all();
}

void NameWalk::await_first(Clock::time_point deadline) {
  std::unique_lock lock(background_.mutex());
  if (!awaited_) {
    awaited_ = true;
    background_.changed().wait_until(lock, deadline, [&] { return first_done_; });
  }
}

void NameWalk::tell(ServerInfo& server, Sink& sink) {
  const std::lock_guard lock(background_.mutex());
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (found_[i].full) {
      sink.problem(Problem::limit, patterns_[i].text);
    }
  }
  if (trouble_.starts_with("NOPERM")) {
    server.note_error("SCAN", trouble_);
    sink.problem(Problem::denied, "SCAN");
  } else if (!trouble_.empty()) {
    sink.problem(Problem::io, trouble_);
  }
}

bool NameWalk::next_pass() {
  std::unique_lock lock(background_.mutex());
  background_.changed().wait(lock, [&] { return background_.stopping() || wanted_; });
  wanted_ = false;
  return !background_.stopping();
}

void NameWalk::run() {
  while (next_pass()) {
    std::string trouble;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      Found found;
      if (look_for(patterns_[i], found, trouble)) {
        const std::lock_guard lock(background_.mutex());
        found_[i] = std::move(found);
      } else if (link_.broken()) {
        trouble = "names of keys: " + link_.reason();
        break;
      }
    }
    const std::lock_guard lock(background_.mutex());
    trouble_ = std::move(trouble);
    due_ = trouble_.empty() ? Clock::now() + pause_ : Clock::now();
    busy_ = false;
    first_done_ = true;
    background_.changed().notify_all();
  }
}

// False, with the reason in `trouble` unless it is the connection, when it could not be done to the end.
bool NameWalk::look_for(const KeyName& pattern, Found& found, std::string& trouble) {
  KeptSamples problems;  // a SELECT that failed is told by `trouble`
  std::string cursor = "0";
  do {
    const std::string count = std::to_string(portion_.size());
    DatabaseQuestions questions;
    questions.begin(link_, pattern.database);
    questions.ask({"SCAN", cursor, "MATCH", pattern.text, "COUNT", count});
    if (!questions.exchange(link_, problems)) {
      trouble = "db" + std::to_string(pattern.database) + " cannot be read";
      return false;
    }
    const Reply reply = answer(link_, pattern.database, 0);
    if (!reply.is(Reply::Type::array) || !reply[1].is(Reply::Type::array)) {
      trouble = reply.is(Reply::Type::error) ? reply.text() : "unexpected reply to SCAN";
      return false;
    }
    cursor = reply[0].text();
    for (std::size_t i = 0; i < reply[1].size(); ++i) {
      found.names.emplace_back(reply[1][i].text());
    }
    tidy(found);
    const auto time = link_.time();
    portion_.took(time.server, true);
    if (!rest_after(background_, time)) {
      return false;
    }
  } while (cursor != "0" && !found.full);
  return true;
}

// SCAN may give a name twice.
void NameWalk::tidy(Found& found) const {
  auto& names = found.names;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  found.full = names.size() > most_;
  names.resize(std::min(names.size(), most_));
}

}  // namespace exporter::redis::keys
