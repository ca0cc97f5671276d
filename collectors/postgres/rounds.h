// What is not read with the scrape: sizes and other dear statements, and databases that no kept connection is left for.
//
// A thread with one connection goes from database to database and keeps what it reads. It works only after a scrape,
// reads each of several databases once in ten seconds at most, and rests three times as long as it worked, but for the
// first round. Of a database that fails the values read before
// stay for a few intervals.
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/postgres/batch.h"
#include "platform/background.h"
#include "platform/kept_rows.h"

namespace exporter::postgres {

class Rounds {
 public:
  using Clock = std::chrono::steady_clock;

  // What there is to read in one database.
  struct Place {
    std::string_view database;
    bool main = false;   // here what has the scope of the server is read as well
    bool whole = false;  // nobody else reads it: also what others are asked with every scrape
  };

  struct Shown {
    std::size_t item;
    std::string_view database;
    const Rows* rows;  // null: nothing could be read
    std::chrono::duration<double> age;
    Problem problem;  // of the last try, when `why` is not empty
    std::string_view why;
  };
  class Visitor {
   public:
    Visitor() = default;
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;
    virtual ~Visitor() = default;
    virtual void show(const Shown& shown) = 0;
  };

  Rounds(Source source, const platform::Host& host, const Session::Limits& limits);
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;
  // Ends what is under way.
  ~Rounds() { background_.end(); }

  // Before the first update(). `query` must outlive this.
  void add(const Query& query, std::string_view name);
  bool empty() const noexcept { return queries_.empty(); }

  // A scrape came: `places` is what there is now. What is no longer among them is forgotten.
  void update(std::span<const Place> places);
  // Waits until the first round is over, `most` at most.
  void await_first(const platform::Deadline& deadline, std::chrono::milliseconds most);
  // Everything that is kept. The thread waits meanwhile.
  void visit(Visitor& visitor);

 private:
  struct Reading {
    platform::KeptRows rows;
    bool kept = false;        // rows
    std::uint64_t asked = 0;  // the update() that it was last tried for; 0: never
    Clock::time_point tried;
    Clock::time_point finished;  // of `rows`
    Problem problem{};
    std::string why;  // the last try failed
  };
  struct Kept {
    explicit Kept(std::size_t items) : readings(items) {}
    std::string database;
    bool main = false;
    bool whole = false;
    std::vector<Reading> readings;  // by item
  };
  class Keeper;

  static Clock::duration interval_of(const Query& query);
  bool due(const Kept& kept, std::size_t item, Clock::time_point now) const;
  bool same(std::span<const Place> places) const;
  Kept* find(std::string_view database);
  Kept* next(Clock::time_point now, Clock::time_point& oldest);
  void end_first();
  void run();
  bool rest(Clock::duration worked);
  void read(const std::string& database);
  void close_unless_alone();

  const Source source_;
  std::vector<const Query*> queries_;
  Batch batch_;  // the thread's, but for its list of items

  platform::Background background_;  // its mutex guards:
  std::vector<std::unique_ptr<Kept>> kept_;
  bool alone_ = false;  // one of them is whole: its connection is kept
  std::uint64_t updates_ = 0;
  bool first_done_ = false;
  bool awaited_ = false;
};

}  // namespace exporter::postgres
