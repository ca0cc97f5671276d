// Reads all keys of databases by SCAN between scrapes, for patterns of keys and streams, counts and key groups.
//
// A thread with a connection of its own goes through each database once for all patterns, after a scrape at the
// earliest, and keeps what it found until it has been through again. It asks for as little at once as the server
// answers in half a millisecond, and then rests nine times as long. What fails goes on where it was, after the next
// scrape.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "collectors/redis/key_groups.h"
#include "collectors/redis/key_plan.h"
#include "collectors/redis/key_reader.h"
#include "collectors/redis/stream_reader.h"
#include "collectors/redis/timed_link.h"
#include "platform/background.h"

namespace exporter::redis::keys {

class KeyWalk {
 public:
  using Clock = std::chrono::steady_clock;

  // `plan` outlives this.
  KeyWalk(const KeyPlan& plan, std::unique_ptr<platform::RedisConnection> connection);
  KeyWalk(const KeyWalk&) = delete;
  KeyWalk& operator=(const KeyWalk&) = delete;
  // Ends what is under way.
  ~KeyWalk() { background_.end(); }

  // A scrape came: `filled` are the databases that hold keys. Without `all` key groups alone are read.
  void update(std::span<const int> filled, bool all);
  // Waits until all was read once, until `deadline` at most; the first time only.
  void await_first(Clock::time_point deadline);
  // Everything that is kept. The thread goes on meanwhile.
  void show(Sink& sink);
  // Of the last time that all keys were read for their groups.
  double groups_milliseconds();

 private:
  struct Kept {
    int database = 0;
    std::unique_ptr<KeptSamples> samples = std::make_unique<KeptSamples>();
    Clock::time_point finished;
    double seconds = 0;         // from the first SCAN to the last
    double server_seconds = 0;  // of these the server's, at most
  };

  void run();
  bool next_pass();
  bool read_database(int database);
  bool note_failure(int database);
  bool scan(int database, std::string& cursor);
  bool read_portions(int database);
  void read_streams(int database, std::span<const KeyEntry> entries, bool& good);
  void keep(int database);
  std::string_view only_pattern(int database) const;

  const KeyPlan& plan_;
  platform::Background background_;

  // The thread's own.
  TimedLink link_;
  ServerInfo server_;
  KeyReader reader_;
  StreamReader streams_;
  KeyGroups groups_;
  Portion scan_portion_;
  Portion key_portion_;
  Questions question_;
  std::vector<int> databases_;  // of this pass
  std::size_t at_ = 0;          // in databases_
  bool all_ = true;
  std::string cursor_ = "0";
  Clock::time_point pass_began_;
  Clock::time_point began_;
  Clock::duration worked_{};  // the server's time in this database
  std::unique_ptr<KeptSamples> growing_;
  std::vector<std::uint64_t> counts_;                        // by plan_.counts
  std::unordered_set<std::uint64_t> seen_;                   // names that are shown: SCAN may give one twice
  std::string names_;                                        // of one SCAN
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // in names_
  std::vector<KeyEntry> entries_;
  std::vector<std::string_view> stream_names_;

  // Under the mutex.
  std::vector<std::unique_ptr<Kept>> kept_;
  std::vector<int> filled_;
  bool wanted_all_ = true;
  bool wanted_ = false;  // a scrape came since the last pass began
  bool first_done_ = false;
  bool awaited_ = false;
  double groups_milliseconds_ = 0;
  std::string trouble_;  // why the last try ended early
};

}  // namespace exporter::redis::keys
