#include "collectors/postgres/rounds.h"

#include <algorithm>

namespace exporter::postgres {
namespace {

constexpr auto kLongest = std::chrono::minutes(2);  // for one database
constexpr int kRestPerWork = 3;
constexpr auto kLongestRest = std::chrono::seconds(10);
// From one reading of a database to the next, where there are several: each takes a new connection, for which the
// server starts a process, and that costs it more than the statements.
constexpr auto kShortest = std::chrono::seconds(10);
constexpr auto kKeep = std::chrono::minutes(15);  // of values whose renewal fails, beside three intervals

}  // namespace

// Puts replies where the scrape finds them.
class Rounds::Keeper final : public Batch::Replies {
 public:
  Keeper(Rounds& rounds, const std::string& database) : rounds_(rounds), database_(database) {}

  void rows(std::size_t item, const Rows& rows) override {
    const std::lock_guard lock(rounds_.background_.mutex());
    if (Kept* const kept = rounds_.find(database_)) {
      Reading& reading = kept->readings[item];
      reading.kept = reading.rows.copy(rows);
      reading.finished = Clock::now();
      reading.why = reading.kept ? "" : "more than 2 GiB";
      reading.problem = Problem::limit;
    }
  }

  void failed(std::size_t item, Problem problem, std::string_view why) override {
    const std::lock_guard lock(rounds_.background_.mutex());
    if (Kept* const kept = rounds_.find(database_)) {
      kept->readings[item].why = why;
      kept->readings[item].problem = problem;
    }
  }

  void left_out(std::size_t item) override {
    const std::lock_guard lock(rounds_.background_.mutex());
    if (Kept* const kept = rounds_.find(database_)) {
      kept->readings[item].rows.clear();
      kept->readings[item].kept = false;
    }
  }

 private:
  Rounds& rounds_;
  const std::string& database_;
};

Rounds::Rounds(Source source, const platform::Host& host, const Session::Limits& limits)
    : batch_(std::move(source), host, limits) {}

void Rounds::add(const Query& query, std::string_view name) {
  queries_.push_back(&query);
  batch_.add(query, name, true);
}

Rounds::Kept* Rounds::find(std::string_view database) {
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) { return kept->database == database; });
  return found == kept_.end() ? nullptr : found->get();
}

bool Rounds::same(std::span<const Place> places) const {
  return std::equal(places.begin(), places.end(), kept_.begin(), kept_.end(),
                    [](const Place& place, const std::unique_ptr<Kept>& kept) {
                      return place.database == kept->database && place.main == kept->main && place.whole == kept->whole;
                    });
}

void Rounds::update(std::span<const Place> places) {
  const std::lock_guard lock(background_.mutex());
  ++updates_;
  if (!same(places)) {
    std::vector<std::unique_ptr<Kept>> now;
    now.reserve(places.size());
    for (const auto& place : places) {
      const auto old = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const auto& kept) { return kept && kept->database == place.database; });
      auto& kept = now.emplace_back(old == kept_.end() ? std::make_unique<Kept>(queries_.size()) : std::move(*old));
      kept->database = place.database;
      kept->main = place.main;
      kept->whole = place.whole;
    }
    kept_ = std::move(now);
    alone_ = std::count_if(kept_.begin(), kept_.end(), [](const auto& kept) { return kept->whole; }) == 1;
  }
  Clock::time_point oldest;
  if (next(Clock::now(), oldest) == nullptr) {
    return;
  }
  background_.start([this] { run(); });
  background_.changed().notify_all();
}

void Rounds::await_first(const platform::Deadline& deadline, std::chrono::milliseconds most) {
  std::unique_lock lock(background_.mutex());
  if (!awaited_ && background_.started()) {
    awaited_ = true;
    background_.changed().wait_until(lock, std::min(deadline.at, Clock::now() + most), [&] { return first_done_; });
  }
}

void Rounds::visit(Visitor& visitor) {
  const std::lock_guard lock(background_.mutex());
  const auto now = Clock::now();
  for (const auto& kept : kept_) {
    for (std::size_t item = 0; item < queries_.size(); ++item) {
      const Reading& reading = kept->readings[item];
      const bool of_use = reading.kept && now - reading.finished < 3 * interval_of(*queries_[item]) + kKeep;
      if (of_use || !reading.why.empty()) {
        visitor.show({.item = item,
                      .database = kept->database,
                      .rows = of_use ? &reading.rows : nullptr,
                      .age = now - reading.finished,
                      .problem = reading.problem,
                      .why = reading.why});
      }
    }
  }
}

Rounds::Clock::duration Rounds::interval_of(const Query& query) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(query.interval()));
}

bool Rounds::due(const Kept& kept, std::size_t item, Clock::time_point now) const {
  const Query& query = *queries_[item];
  const Reading& reading = kept.readings[item];
  if (reading.asked == updates_ || (query.scope() == Scope::server && !kept.main)) {
    return false;
  }
  if (query.interval() <= 0 && (!kept.whole || alone_)) {
    return kept.whole;
  }
  return reading.asked == 0 || now - reading.tried >= std::max<Clock::duration>(interval_of(query), kShortest);
}

// The one with something due that has waited longest. `oldest`: when that was tried last.
Rounds::Kept* Rounds::next(Clock::time_point now, Clock::time_point& oldest) {
  Kept* first = nullptr;
  for (const auto& kept : kept_) {
    for (std::size_t item = 0; item < queries_.size(); ++item) {
      const auto tried = kept->readings[item].tried;
      if (due(*kept, item, now) && (first == nullptr || tried < oldest)) {
        first = kept.get();
        oldest = tried;
      }
    }
  }
  return first;
}

// False when the thread shall end.
bool Rounds::rest(Clock::duration worked) {
  std::unique_lock lock(background_.mutex());
  if (first_done_) {
    background_.changed().wait_for(lock, std::min<Clock::duration>(kRestPerWork * worked, kLongestRest),
                                   [&] { return background_.stopping(); });
  }
  return !background_.stopping();
}

// Of the connection: kept for the next round only where the next round is of the same database.
void Rounds::close_unless_alone() {
  const Kept* const here = find(batch_.session().database());
  if (!alone_ || here == nullptr || !here->whole) {
    batch_.session().connection().close();
  }
}

void Rounds::end_first() {
  if (!first_done_) {
    first_done_ = true;
    background_.changed().notify_all();
  }
}

void Rounds::run() {
  std::string database;
  for (;;) {
    {
      std::unique_lock lock(background_.mutex());
      const Kept* kept = nullptr;
      Clock::time_point oldest;
      while (!background_.stopping() && (kept = next(Clock::now(), oldest)) == nullptr) {
        close_unless_alone();
        end_first();
        background_.changed().wait(lock);
      }
      if (background_.stopping()) {
        return;
      }
      if (oldest != Clock::time_point{}) {
        end_first();  // the second begins: scrapes come faster than rounds end
      }
      database = kept->database;
    }
    const auto start = Clock::now();
    read(database);
    if (!rest(Clock::now() - start)) {
      return;
    }
  }
}

void Rounds::read(const std::string& database) {
  const auto now = Clock::now();
  {
    const std::lock_guard lock(background_.mutex());
    Kept* const kept = find(database);
    if (kept == nullptr) {
      return;
    }
    for (std::size_t item = 0; item < queries_.size(); ++item) {
      const bool wanted = due(*kept, item, now);
      batch_.want(item, wanted);
      if (wanted) {
        kept->readings[item].asked = updates_;
        kept->readings[item].tried = now;
        kept->readings[item].why.clear();
      }
    }
  }
  const platform::Deadline deadline{now + kLongest, background_.stop_fd()};
  Keeper keeper(*this, database);
  batch_.session().set_database(database);
  if (batch_.send(deadline) && batch_.receive(deadline, keeper)) {
    return;
  }
  const Problem problem = batch_.session().connection().late() ? Problem::deadline : Problem::io;
  for (std::size_t item = 0; item < queries_.size(); ++item) {
    if (batch_.wants(item)) {
      keeper.failed(item, problem, batch_.session().reason());
    }
  }
}

}  // namespace exporter::postgres
