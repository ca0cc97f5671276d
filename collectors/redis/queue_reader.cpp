#include "collectors/redis/queue_reader.h"

#include "collectors/redis/job_time.h"
#include "platform/text.h"

namespace exporter::redis::queues {
namespace {

constexpr const MetricDesc& kLength = kMetrics[0];
constexpr const MetricDesc& kAge = kMetrics[1];
constexpr const MetricDesc& kWorkers = kMetrics[2];
constexpr std::string_view kMembersAtOnce = "1000";

// Exchanges of kombu's own, for what workers tell each other.
bool own_exchange(std::string_view exchange) noexcept {
  return exchange == "celeryev" || exchange.ends_with(".pidbox");
}

}  // namespace

void NameList::tidy() {
  const std::string_view text = text_;
  const auto name = [&](const auto& place) { return text.substr(place.first, place.second); };
  std::sort(places_.begin(), places_.end(), [&](const auto& a, const auto& b) { return name(a) < name(b); });
  places_.erase(
      std::unique(places_.begin(), places_.end(), [&](const auto& a, const auto& b) { return name(a) == name(b); }),
      places_.end());
}

bool QueueReader::read(ServerInfo& server, Dialogue& dialogue, double now, Samples& out) {
  queues_.clear();
  processes_.clear();
  processes_known_ = false;
  choose_sets();
  if (!read_shared(server, dialogue, now, out) || !read_processes(server, dialogue, out)) {
    return false;
  }
  queues_.tidy();
  if (queues_.size() > kMostQueues) {
    out.problem(Problem::limit, system_.name);
    queues_.shorten(kMostQueues);
  }
  for (std::size_t begin = 0, end = 0; begin < queues_.size(); begin = end) {
    end = std::min(begin + kAtOnce, queues_.size());
    if (!read_counts(server, dialogue, begin, end, out) || !read_ages(server, dialogue, now, out)) {
      return false;
    }
  }
  return true;
}

void QueueReader::begin(const Dialogue& dialogue) {
  questions_.begin(dialogue, database_);
  numbers_.clear();
  next_ = 0;
}

void QueueReader::ask(const ServerInfo& server, std::initializer_list<std::string_view> words) {
  numbers_.push_back(server.refuses(*words.begin()) ? kNotAsked : questions_.ask(words));
}

bool QueueReader::exchange(Dialogue& dialogue, Samples& out) {
  return questions_.empty() || questions_.exchange(dialogue, out);
}

Reply QueueReader::next(ServerInfo& server, const Dialogue& dialogue, std::string_view command, Samples& out) {
  const std::size_t number = numbers_[next_++];
  const Reply reply = number == kNotAsked ? Reply() : keys::answer(dialogue, database_, number);
  // In a cluster a key may be another server's, which shows it.
  const bool elsewhere = reply.is(Reply::Type::error) && reply.text().starts_with("MOVED ");
  return elsewhere || keys::failed(server, command, reply, out) ? Reply() : reply;
}

void QueueReader::ask_members(const ServerInfo& server, std::string_view set) {
  ask(server, {"SSCAN", set, "0", "COUNT", kMembersAtOnce});
}

Reply QueueReader::next_members(ServerInfo& server, const Dialogue& dialogue, std::string_view set, Samples& out) {
  const Reply reply = next(server, dialogue, "SSCAN", out);
  if (!reply.is(Reply::Type::none) && reply[0].text() != "0") {
    out.problem(Problem::limit, set);
  }
  return reply[1];
}

std::string_view QueueReader::key(std::string_view before, std::string_view name, std::string_view after) {
  key_.assign(before).append(name).append(after);
  return key_;
}

std::string_view QueueReader::label(std::string_view queue) const noexcept {
  return system_.end.empty() ? queue : queue.substr(queue.find(':') + 1);
}

void QueueReader::add_age(std::string_view time, std::string_view queue, std::string_view state, double now,
                          Samples& out) {
  if (const auto moment = moment_of(time)) {
    out.add(kAge, std::max(0.0, now - *moment), {db_, system_.name, queue, state});
  } else if (!time.empty()) {
    out.problem(Problem::parse, system_.name);
  }
}

// The sets that say which queues there are; where keys do that themselves, the queues.
void QueueReader::choose_sets() {
  sets_.clear();
  if (!system_.index.empty()) {
    sets_.add(system_.index);
    return;
  }
  for (std::size_t i = 0; i < found_.size(); ++i) {
    auto found = found_[i];
    if (system_.end.empty()) {
      if (found.starts_with(kBindings) && !own_exchange(found.substr(kBindings.size()))) {
        sets_.add(found);
      }
      continue;
    }
    found.remove_suffix(std::min(system_.end.size(), found.size()));
    if (std::any_of(std::begin(kBullPrefixes), std::end(kBullPrefixes), [&](std::string_view prefix) {
          return found.starts_with(prefix) && found.size() > prefix.size();
        })) {
      queues_.add(found);
    }
  }
}

void QueueReader::add_queue(std::string_view member) {
  if (system_.index.empty()) {
    const auto separator = member.rfind(kSeparator);
    member = separator == std::string_view::npos ? std::string_view{} : member.substr(separator + kSeparator.size());
  } else {
    member = member.starts_with(system_.prefix) ? member.substr(system_.prefix.size()) : std::string_view{};
  }
  if (!member.empty()) {
    queues_.add(member);
  }
}

// Names of queues and processes, and what is not of one queue.
bool QueueReader::read_shared(ServerInfo& server, Dialogue& dialogue, double now, Samples& out) {
  begin(dialogue);
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    ask_members(server, sets_[i]);
  }
  for (const auto& count : system_.shared) {
    ask(server, {count.command, count.before});
  }
  if (!system_.deliveries.empty()) {
    ask(server, {"ZRANGE", system_.deliveries, "0", "0", "WITHSCORES"});
  }
  if (!system_.processes.empty()) {
    ask_members(server, system_.processes);
  }
  if (!system_.workers.empty()) {
    ask(server, {"SCARD", system_.workers});
  }
  if (!exchange(dialogue, out)) {
    return false;
  }
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const Reply members = next_members(server, dialogue, sets_[i], out);
    for (std::size_t one = 0; one < members.size(); ++one) {
      add_queue(members[one].text());
    }
  }
  for (const auto& count : system_.shared) {
    if (const Reply size = next(server, dialogue, count.command, out); size.is(Reply::Type::integer)) {
      out.add(kLength, size.integer(), {db_, system_.name, "", count.state});
    }
  }
  if (!system_.deliveries.empty()) {
    add_age(next(server, dialogue, "ZRANGE", out)[1].text(), "", "active", now, out);
  }
  if (!system_.processes.empty()) {
    const Reply members = next_members(server, dialogue, system_.processes, out);
    processes_known_ = members.is(Reply::Type::array);
    for (std::size_t one = 0; one < members.size(); ++one) {
      processes_.add(members[one].text());
    }
  }
  if (!system_.workers.empty()) {
    if (const Reply size = next(server, dialogue, "SCARD", out); size.is(Reply::Type::integer)) {
      out.add(kWorkers, size.integer(), {db_, system_.name});
    }
  }
  return true;
}

bool QueueReader::read_processes(ServerInfo& server, Dialogue& dialogue, Samples& out) {
  if (!processes_known_ || server.refuses("HGET")) {
    return true;
  }
  begin(dialogue);
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    ask(server, {"HGET", processes_[i], "busy"});
  }
  if (!exchange(dialogue, out)) {
    return false;
  }
  std::int64_t alive = 0;
  std::int64_t busy = 0;
  bool all = true;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    const Reply reply = next(server, dialogue, "HGET", out);
    all = all && !reply.is(Reply::Type::none);
    alive += reply.is(Reply::Type::text) ? 1 : 0;
    busy += platform::number<std::int64_t>(reply.text()).value_or(0);
  }
  if (all) {
    out.add(kLength, busy, {db_, system_.name, "", "active"});
    out.add(kWorkers, alive, {db_, system_.name});
  }
  return true;
}

// Of the queues from `begin` to `end`: how many jobs there are, and in jobs_ the oldest.
bool QueueReader::read_counts(ServerInfo& server, Dialogue& dialogue, std::size_t begin, std::size_t end,
                              Samples& out) {
  const Oldest* const oldest = system_.oldest;
  this->begin(dialogue);
  jobs_.clear();
  of_jobs_.clear();
  for (std::size_t i = begin; i < end; ++i) {
    if (oldest != nullptr && !oldest->job.empty()) {
      ask(server, {"LRANGE", key(oldest->before, queues_[i], oldest->after), oldest->first, oldest->last});
    }
    for (const auto& count : system_.counts) {
      ask(server, {count.command, key(count.before, queues_[i], count.after)});
    }
  }
  if (!exchange(dialogue, out)) {
    return false;
  }
  for (std::size_t i = begin; i < end; ++i) {
    read_queue(server, dialogue, i, out);
  }
  return true;
}

void QueueReader::read_queue(ServerInfo& server, const Dialogue& dialogue, std::size_t queue, Samples& out) {
  const Oldest* const oldest = system_.oldest;
  bool marked = false;
  if (oldest != nullptr && !oldest->job.empty()) {
    const Reply ids = next(server, dialogue, "LRANGE", out);
    marked = oldest->of_queue && ids.size() > 0 && ids[ids.size() - 1].text().starts_with(kBullMark);
    const std::size_t skipped = marked ? 2 : 1;
    if (ids.size() >= skipped) {
      jobs_.add(ids[ids.size() - skipped].text());
      of_jobs_.push_back(queue);
    }
  }
  const auto& counts = system_.counts;
  std::int64_t sum = marked ? -1 : 0;  // of the first state: waiting
  bool whole = true;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Reply size = next(server, dialogue, counts[i].command, out);
    whole = whole && size.is(Reply::Type::integer);
    sum += size.integer();
    if (i + 1 < counts.size() && counts[i + 1].state == counts[i].state) {
      continue;
    }
    if (whole) {
      out.add(kLength, std::max<std::int64_t>(sum, 0), {db_, system_.name, label(queues_[queue]), counts[i].state});
    }
    if (i == 0 && oldest != nullptr && oldest->job.empty() && sum > 0) {
      jobs_.add({});
      of_jobs_.push_back(queue);
    }
    sum = 0;
    whole = true;
  }
}

bool QueueReader::read_ages(ServerInfo& server, Dialogue& dialogue, double now, Samples& out) {
  if (of_jobs_.empty()) {
    return true;
  }
  const Oldest& oldest = *system_.oldest;
  const bool hashes = !oldest.job.empty();
  begin(dialogue);
  for (std::size_t i = 0; i < of_jobs_.size(); ++i) {
    const auto queue = queues_[of_jobs_[i]];
    if (!hashes) {
      ask(server, {"LRANGE", key(oldest.before, queue, oldest.after), oldest.first, oldest.last});
      continue;
    }
    key(oldest.of_queue ? queue : std::string_view{}, oldest.job, jobs_[i]);
    ask(server, {"HGET", key_, oldest.field});
  }
  if (!exchange(dialogue, out)) {
    return false;
  }
  for (const std::size_t queue : of_jobs_) {
    const Reply reply = next(server, dialogue, hashes ? "HGET" : "LRANGE", out);
    std::string_view time = reply.text();
    if (!hashes) {
      const auto job = reply[0].text();
      time = json_member(job, oldest.field);
      time = time.empty() ? json_member(job, oldest.else_field) : time;
    }
    add_age(time, label(queues_[queue]), system_.counts.front().state, now, out);
  }
  return true;
}

}  // namespace exporter::redis::queues
