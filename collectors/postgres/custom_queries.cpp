#include "collectors/postgres/custom_queries.h"

#include <cstring>

#include "platform/sha256.h"

namespace exporter::postgres {

CustomQueries::CustomQueries(std::string file, Reloads* reloads)
    : file_(std::move(file)), state_(std::make_shared<State>()) {
  if (file_.empty()) {
    return;
  }
  reload();
  if (reloads != nullptr) {
    reloads->add([this] { return reload() ? std::string() : state()->complaints.front(); });
  }
}

bool CustomQueries::reload() {
  const std::lock_guard lock(mutex_);
  return read();
}

void CustomQueries::look() {
  const std::lock_guard lock(mutex_);
  platform::FileStamp now;
  platform::stamp_of(here_, file_.c_str(), now);
  if (!file_.empty() && now != stamp_) {
    read();
  }
}

bool CustomQueries::read() {
  // Before the content, so that what is written meanwhile is seen the next time.
  platform::stamp_of(here_, file_.c_str(), stamp_);
  auto next = std::make_shared<State>();
  next->file = file_;
  CustomQueryFile read;
  platform::ReadBuffer buffer;
  if (const int error = here_.read(file_.c_str(), buffer)) {
    read.whole = false;
    read.errors.push_back(file_ + ": cannot be read: " + std::strerror(error) +  // NOLINT(concurrency-mt-unsafe)
                          "; name a file that this user may read with --extend.query-path");
  } else {
    next->hash = platform::sha256_hex(buffer.text());
    read = parse_custom_queries(file_, buffer.text());
  }
  next->error = !read.errors.empty();
  next->complaints = std::move(read.errors);
  next->complaints.insert(next->complaints.end(), read.warnings.begin(), read.warnings.end());
  if (read.whole && (!next->error || !complete_)) {
    complete_ = !next->error;
    for (auto& query : read.queries) {
      next->queries.push_back(std::make_shared<const CustomQueryDesc>(std::move(query)));
    }
  } else {
    next->queries = state_->queries;
  }
  state_ = std::move(next);
  return !state_->error;
}

std::shared_ptr<const CustomQueries::State> CustomQueries::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace exporter::postgres
