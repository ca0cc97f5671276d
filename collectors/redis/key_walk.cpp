#include "collectors/redis/key_walk.h"

#include <algorithm>

#include "collectors/redis/key_metrics.h"
#include "platform/redis_glob.h"

namespace exporter::redis::keys {
namespace {

constexpr std::size_t kFirstCount = 50;
constexpr std::size_t kFirstKeys = 20;

constexpr const MetricDesc& kCount = metric("redis_keys_count");
constexpr const MetricDesc& kAge = metric("resource_exporter_redis_key_scan_age_seconds");
constexpr const MetricDesc& kDuration = metric("resource_exporter_redis_key_scan_duration_seconds");
constexpr const MetricDesc& kServer = metric("resource_exporter_redis_key_scan_server_seconds");

double seconds(KeyWalk::Clock::duration time) { return std::chrono::duration<double>(time).count(); }

bool matches_any(const std::vector<KeyName>& patterns, int database, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const KeyName& pattern) {
    return pattern.database == database && platform::matches_redis_glob(pattern.text, name);
  });
}

}  // namespace

KeyWalk::KeyWalk(const KeyPlan& plan, std::unique_ptr<platform::RedisConnection> connection)
    : plan_(plan),
      link_(std::move(connection), background_.stop_fd()),
      reader_(plan.values),
      streams_(plan.consumers),
      groups_(plan.groups),
      scan_portion_(kFirstCount, plan.batch),
      key_portion_(kFirstKeys, plan.batch),
      growing_(std::make_unique<KeptSamples>()),
      counts_(plan.counts.size()) {}

void KeyWalk::update(std::span<const int> filled, bool all) {
  const std::lock_guard lock(background_.mutex());
  filled_.assign(filled.begin(), filled.end());
  wanted_all_ = all;
  wanted_ = true;
  background_.start([this] { run(); });
  background_.changed().notify_all();
}

void KeyWalk::await_first(Clock::time_point deadline) {
  std::unique_lock lock(background_.mutex());
  if (!awaited_) {
    awaited_ = true;
    background_.changed().wait_until(lock, deadline, [&] { return first_done_ || !trouble_.empty(); });
  }
}

double KeyWalk::groups_milliseconds() {
  const std::lock_guard lock(background_.mutex());
  return groups_milliseconds_;
}

void KeyWalk::show(Sink& sink) {
  const std::lock_guard lock(background_.mutex());
  const auto now = Clock::now();
  bool full = false;
  for (const auto& kept : kept_) {
    const std::string db = "db" + std::to_string(kept->database);
    kept->samples->show(sink);
    sink.add(kAge, seconds(now - kept->finished), {db});
    sink.add(kDuration, kept->seconds, {db});
    sink.add(kServer, kept->server_seconds, {db});
    full = full || kept->samples->full();
  }
  if (full) {
    sink.remark(Problem::limit, "redis.keys: there are more than " + std::to_string(plan_.most_series) +
                                    " series of keys (--redis.max-series); the others are left out");
  }
  if (!trouble_.empty()) {
    sink.problem(Problem::io, trouble_);
  }
}

// Waits for a scrape and plans what it wants, unless the last pass is still to be ended. False at the end.
bool KeyWalk::next_pass() {
  std::unique_lock lock(background_.mutex());
  background_.changed().wait(lock, [&] { return background_.stopping() || wanted_; });
  wanted_ = false;
  trouble_.clear();
  if (background_.stopping()) {
    return false;
  }
  if (at_ < databases_.size()) {
    return true;
  }
  all_ = wanted_all_;
  databases_ = all_ ? plan_.databases() : std::vector<int>();
  if (!plan_.groups.empty()) {
    databases_.insert(databases_.end(), filled_.begin(), filled_.end());
    std::sort(databases_.begin(), databases_.end());
    databases_.erase(std::unique(databases_.begin(), databases_.end()), databases_.end());
  }
  at_ = 0;
  pass_began_ = Clock::now();
  std::erase_if(kept_, [&](const auto& kept) {
    return std::find(databases_.begin(), databases_.end(), kept->database) == databases_.end();
  });
  return true;
}

void KeyWalk::run() {
  while (next_pass()) {
    for (; at_ < databases_.size(); ++at_) {
      if (!read_database(databases_[at_]) && note_failure(databases_[at_])) {
        break;
      }
      cursor_ = "0";
    }
    const std::lock_guard lock(background_.mutex());
    if (at_ == databases_.size()) {
      first_done_ = true;
      groups_milliseconds_ = plan_.groups.empty() ? 0 : seconds(Clock::now() - pass_began_) * 1e3;
    }
    background_.changed().notify_all();
  }
}

// True when it is the connection that failed: then there is no use in going on.
bool KeyWalk::note_failure(int database) {
  const std::lock_guard lock(background_.mutex());
  if (link_.broken()) {
    server_ = ServerInfo();  // another server may know what this one did not
    trouble_ = "keys: " + link_.reason();
    return true;
  }
  if (trouble_.empty()) {
    trouble_ = "keys of db" + std::to_string(database) + " cannot be read";
  }
  return background_.stopping();
}

// From cursor_ on.
bool KeyWalk::read_database(int database) {
  if (cursor_ == "0") {
    std::size_t others = 0;
    {
      const std::lock_guard lock(background_.mutex());
      for (const auto& kept : kept_) {
        others += kept->database == database ? 0 : kept->samples->size();
      }
    }
    growing_->clear(plan_.most_series - std::min(others, plan_.most_series));
    std::fill(counts_.begin(), counts_.end(), 0);
    groups_.clear();
    seen_.clear();
    began_ = Clock::now();
    worked_ = {};
  }
  do {
    std::string next = cursor_;
    if (!scan(database, next)) {
      return false;
    }
    cursor_ = std::move(next);
  } while (cursor_ != "0");
  keep(database);
  return true;
}

// The only pattern that anything in this database is looked for by; empty when there are several.
std::string_view KeyWalk::only_pattern(int database) const {
  if (!plan_.groups.empty()) {
    return {};
  }
  std::string_view only;
  for (const auto* list : {&plan_.patterns, &plan_.counts, &plan_.streams}) {
    for (const auto& name : *list) {
      if (name.database == database && !only.empty() && name.text != only) {
        return {};
      }
      only = name.database == database ? std::string_view(name.text) : only;
    }
  }
  return only;
}

// One SCAN, and what is to be asked about the names that it brings.
bool KeyWalk::scan(int database, std::string& cursor) {
  const std::size_t portion = scan_portion_.size();
  const std::string count = std::to_string(portion);
  const auto pattern = only_pattern(database);
  DatabaseQuestions questions;
  questions.begin(link_, database);
  if (pattern.empty()) {
    questions.ask({"SCAN", cursor, "COUNT", count});
  } else {
    questions.ask({"SCAN", cursor, "MATCH", pattern, "COUNT", count});
  }
  if (!questions.exchange(link_, *growing_)) {
    return false;
  }
  const Reply found = answer(link_, database, 0);
  if (!found.is(Reply::Type::array) || !found[1].is(Reply::Type::array)) {
    const std::lock_guard lock(background_.mutex());
    trouble_ = "SCAN: " + std::string(found.is(Reply::Type::error) ? found.text() : "unexpected reply");
    return false;
  }
  cursor = found[0].text();
  names_.clear();
  places_.clear();
  for (std::size_t i = 0; i < found[1].size(); ++i) {
    const auto name = found[1][i].text();
    places_.emplace_back(names_.size(), name.size());
    names_ += name;
  }
  const auto time = link_.time();
  worked_ += time.server;
  scan_portion_.took(time.server, true);
  if (rest_after(background_, time) && read_portions(database)) {
    return true;
  }
  cursor_ = "0";  // some of these names are read: what is counted would be counted twice
  return false;
}

bool KeyWalk::read_portions(int database) {
  entries_.clear();
  for (const auto& [begin, size] : places_) {
    KeyEntry entry{.name = std::string_view(names_).substr(begin, size)};
    for (std::size_t i = 0; all_ && i < plan_.counts.size(); ++i) {
      const KeyName& pattern = plan_.counts[i];
      counts_[i] += pattern.database == database && platform::matches_redis_glob(pattern.text, entry.name) ? 1 : 0;
    }
    entry.key = all_ && matches_any(plan_.patterns, database, entry.name);
    entry.stream = all_ && matches_any(plan_.streams, database, entry.name);
    if (entry.key || entry.stream) {
      const bool fresh = seen_.insert(hash_of(entry.name)).second;
      entry.key = entry.key && fresh;
      entry.stream = entry.stream && fresh;
    }
    entry.group = !plan_.groups.empty();
    if (entry.key || entry.stream || entry.group) {
      entries_.push_back(entry);
    }
  }
  for (std::span<KeyEntry> left = entries_; !left.empty();) {
    const auto some = left.first(std::min(left.size(), key_portion_.size()));
    left = left.subspan(some.size());
    bool good = reader_.look(server_, link_, database, some, *growing_) &&
                reader_.show(server_, link_, database, some, *growing_);
    read_streams(database, some, good);
    for (const auto& entry : some) {
      if (good && entry.group) {
        groups_.add(entry.name, entry.memory, *growing_);
      }
    }
    const auto time = link_.time();
    worked_ += time.server;
    key_portion_.took(time.server, some.size() == key_portion_.size());
    if (!good || !rest_after(background_, time)) {
      return false;
    }
  }
  return true;
}

void KeyWalk::read_streams(int database, std::span<const KeyEntry> entries, bool& good) {
  stream_names_.clear();
  for (const auto& entry : entries) {
    if (entry.stream && entry.type == KeyType::stream) {
      stream_names_.push_back(entry.name);
    }
  }
  good = good && streams_.read(server_, link_, database, stream_names_, *growing_);
}

void KeyWalk::keep(int database) {
  const std::string db = "db" + std::to_string(database);
  for (std::size_t i = 0; all_ && i < counts_.size(); ++i) {
    if (plan_.counts[i].database == database) {
      growing_->add(kCount, counts_[i], {db, plan_.counts[i].text});
    }
  }
  if (!plan_.groups.empty()) {
    groups_.show(db, plan_.most_groups, *growing_);
  }
  const std::lock_guard lock(background_.mutex());
  const auto place =
      std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one->database == database; });
  Kept& kept = place != kept_.end() ? **place : *kept_.emplace_back(std::make_unique<Kept>());
  kept.database = database;
  std::swap(kept.samples, growing_);
  kept.finished = Clock::now();
  kept.seconds = seconds(kept.finished - began_);
  kept.server_seconds = seconds(worked_);
}

}  // namespace exporter::redis::keys
