// What is to be known of the queues of one system in one database: a few round trips however many there are.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/redis/key_reader.h"
#include "collectors/redis/queue_systems.h"

namespace exporter::redis::queues {

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "redis_queue_length",
     "Jobs of a queue that are in a state; without a queue: of all of the system's together.",
     {"db", "system", "queue", "state"}},
    {MetricType::gauge,
     "redis_queue_oldest_job_age_seconds",
     "Time since the oldest of these jobs got there; absent when there is none.",
     {"db", "system", "queue", "state"}},
    {MetricType::gauge, "redis_queue_workers", "Processes that do the jobs of a system.", {"db", "system"}},
};
inline constexpr std::size_t kMostQueues = 1000;  // of a system in a database

// Names in one block of text, which keeps its capacity.
class NameList {
 public:
  void clear() noexcept {
    text_.clear();
    places_.clear();
  }
  void add(std::string_view name) {
    places_.emplace_back(text_.size(), name.size());
    text_ += name;
  }
  // Sorted, each once.
  void tidy();
  void shorten(std::size_t most) { places_.resize(std::min(places_.size(), most)); }
  std::size_t size() const noexcept { return places_.size(); }
  std::string_view operator[](std::size_t index) const noexcept {
    return std::string_view(text_).substr(places_[index].first, places_[index].second);
  }

 private:
  std::string text_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

// For one thread. `system` is one of kSystems.
class QueueReader {
 public:
  QueueReader(const System& system, int database)
      : system_(system), database_(database), db_("db" + std::to_string(database)) {}

  const System& system() const noexcept { return system_; }
  int database() const noexcept { return database_; }
  // The keys that the system's pattern has found, for the next read().
  NameList& found() noexcept { return found_; }
  // Adds what is to be shown; `now` in seconds since 1970. False when the server did not answer.
  bool read(ServerInfo& server, Dialogue& dialogue, double now, Samples& out);

 private:
  static constexpr std::size_t kNotAsked = SIZE_MAX;
  static constexpr std::size_t kAtOnce = 100;  // queues in one write

  // Questions are answered in the order of asking. What the server is known to refuse is not sent, and has no answer.
  void begin(const Dialogue& dialogue);
  void ask(const ServerInfo& server, std::initializer_list<std::string_view> words);
  bool exchange(Dialogue& dialogue, Samples& out);
  // None for an error, which is counted.
  Reply next(ServerInfo& server, const Dialogue& dialogue, std::string_view command, Samples& out);
  void ask_members(const ServerInfo& server, std::string_view set);
  Reply next_members(ServerInfo& server, const Dialogue& dialogue, std::string_view set, Samples& out);

  std::string_view key(std::string_view before, std::string_view name, std::string_view after);
  std::string_view label(std::string_view queue) const noexcept;
  void add_age(std::string_view time, std::string_view queue, std::string_view state, double now, Samples& out);

  void choose_sets();
  void add_queue(std::string_view member);
  bool read_shared(ServerInfo& server, Dialogue& dialogue, double now, Samples& out);
  bool read_processes(ServerInfo& server, Dialogue& dialogue, Samples& out);
  bool read_counts(ServerInfo& server, Dialogue& dialogue, std::size_t begin, std::size_t end, Samples& out);
  void read_queue(ServerInfo& server, const Dialogue& dialogue, std::size_t queue, Samples& out);
  bool read_ages(ServerInfo& server, Dialogue& dialogue, double now, Samples& out);

  const System& system_;
  const int database_;
  const std::string db_;
  keys::DatabaseQuestions questions_;
  std::vector<std::size_t> numbers_;  // of what was asked, or kNotAsked
  std::size_t next_ = 0;              // in numbers_
  NameList found_;                    // keys
  NameList sets_;                     // that say which queues there are
  NameList queues_;                   // names; of BullMQ with PREFIX: before them
  NameList processes_;                // keys
  bool processes_known_ = false;
  NameList jobs_;                     // ids of the oldest
  std::vector<std::size_t> of_jobs_;  // their queues
  std::string key_;
};

}  // namespace exporter::redis::queues
