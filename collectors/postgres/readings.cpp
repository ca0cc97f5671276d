#include "collectors/postgres/readings.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace exporter::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFirstRound = std::chrono::milliseconds(1000);  // a first page waits so long for what is read between

}  // namespace

using platform::Deadline;

// Hands replies to the collectors.
class Readings::Reader final : public Batch::Replies {
 public:
  Reader(Readings& readings, std::span<const Item> items, const Batch& batch, Sink& self)
      : readings_(readings), items_(items), batch_(batch), self_(self) {}

  void rows(std::size_t item, const Rows& rows) override {
    if (items_[item].query == nullptr) {
      readings_.list_.read(batch_.session().info(), rows, self_);
      return;
    }
    Run* const run = readings_.parts_[items_[item].part].run;
    if (run == nullptr) {
      return;  // left out; then another kind of service took the place of the one that was asked
    }
    readings_.take(items_[item], batch_.session().info(), rows);
    // From the reply before to this one: the server works on one statement at a time.
    const auto now = Clock::now();
    run->seconds += std::chrono::duration<double>(now - before_).count();
    before_ = now;
  }

  void failed(std::size_t item, Problem kind, std::string_view why) override {
    if (items_[item].query == nullptr) {
      self_.problem(kind, why);
    } else {
      readings_.fail(items_[item], kind, batch_.session().database(), why);
    }
    before_ = Clock::now();
  }

 private:
  Readings& readings_;
  std::span<const Item> items_;
  const Batch& batch_;
  Sink& self_;
  Clock::time_point before_ = Clock::now();
};

// Hands what was read between scrapes to the collectors.
class Readings::Older final : public Rounds::Visitor {
 public:
  explicit Older(Readings& readings) : readings_(readings) {}
  void show(const Rounds::Shown& shown) override {
    const Item& item = readings_.rounds_items_[shown.item];
    Part& part = readings_.parts_[item.part];
    if (part.run == nullptr) {
      return;
    }
    const auto start = Clock::now();
    if (shown.rows != nullptr) {
      readings_.take(item, readings_.main_->session().info(), *shown.rows);
      part.oldest = std::max(part.oldest, shown.age.count());
    }
    if (!shown.why.empty()) {
      readings_.fail(item, shown.problem, shown.database, shown.why);
    }
    part.run->seconds += std::chrono::duration<double>(Clock::now() - start).count();
  }

 private:
  Readings& readings_;
};

Outcome Readings::read(const Deadline& deadline, TargetPage& page) {
  rebuild_where_outdated();
  choose(page.runs);
  want(*main_, main_items_);
  const bool sent = main_->send(deadline);
  leave_out_others();
  if (!sent) {
    if (source_.automatic && !main_->session().known()) {
      if (const auto& line = main_->session().out_of_reach(); !line.empty()) {
        page.self.remark(line);
      }
      return Outcome::no_data;
    }
    page.reason = main_->session().reason();
    return Outcome::failed;
  }
  for (auto& other : others_) {
    send(*other, deadline);
  }
  Reader reader(*this, main_items_, *main_, page.self);
  if (!main_->receive(deadline, reader)) {
    page.reason = main_->session().reason();
    for (auto& other : others_) {
      other->batch.session().connection().close();  // replies are on their way
    }
    return Outcome::failed;
  }
  page.reason.clear();
  if (!main_->session().connection().is_open()) {
    page.reason = main_->session().reason();
  } else if (main_->session().lacks_monitor()) {
    page.self.problem(Problem::denied, "much is hidden: run GRANT pg_monitor TO \"" + main_->session().role() + '"');
  }
  read_others(deadline, page.self);
  read_rounds(deadline);
  read_samples();
  finish();
  return Outcome::ok;
}

// Marks what is to be asked in this scrape.
void Readings::choose(std::span<Run> runs) {
  query_failed_ = false;
  for (auto& part : parts_) {
    part.run = nullptr;
    part.oldest = -1;
  }
  for (auto& run : runs) {
    for (auto& part : parts_) {
      if (part.spec == run.spec && run.wanted) {
        part.run = &run;
        run.outcome = part.query->begin(run.sink);
      }
    }
  }
}

// Collectors of the other kind of service: not on the page.
void Readings::leave_out_others() {
  for (auto& part : parts_) {
    if (part.run != nullptr && part.query->service() != session().info().service) {
      part.run->sink.clear();
      part.run->wanted = false;
      part.run = nullptr;
    }
  }
}

void Readings::want(Batch& batch, std::span<const Item> items) {
  for (std::size_t item = 0; item < items.size(); ++item) {
    batch.want(item, items[item].query == nullptr || parts_[items[item].part].run != nullptr);
  }
}

void Readings::send(Other& other, const Deadline& deadline) {
  want(other.batch, other_items_);
  other.sent = other.batch.send(deadline);
  if (!other.sent) {
    fail_all(other);
  }
}

void Readings::fail_all(const Other& other) {
  const Session& session = other.batch.session();
  for (const auto& item : other_items_) {
    fail(item, session.connection().late() ? Problem::deadline : Problem::io, session.database(), session.reason());
  }
}

std::span<const std::string> Readings::other_databases() const {
  return settings_.all_databases && !source_.own_database ? list_.others() : std::span<const std::string>{};
}

// The first databases of the list have a connection each. The list is that of this scrape, what was sent is by the
// one before.
void Readings::read_others(const Deadline& deadline, Sink& self) {
  const auto names = other_databases();
  const std::size_t count = other_items_.empty() ? 0 : std::min(names.size(), settings_.most - 2);
  others_.resize(std::min(others_.size(), count));
  while (others_.size() < count) {
    others_.push_back(std::make_unique<Other>(*this));
  }
  for (std::size_t i = 0; i < count; ++i) {
    Other& other = *others_[i];
    if (other.batch.session().database() != names[i]) {
      other.batch.session().set_database(names[i]);
      send(other, deadline);
    }
  }
  for (auto& other : others_) {
    Reader reader(*this, other_items_, other->batch, self);
    if (other->sent && !other->batch.receive(deadline, reader)) {
      fail_all(*other);
    }
    other->sent = false;
  }
}

void Readings::read_rounds(const Deadline& deadline) {
  if (rounds_->empty() || list_.own().empty()) {
    return;
  }
  const auto names = other_databases();
  places_.clear();
  places_.push_back({.database = list_.own(), .main = true, .whole = false});
  for (std::size_t i = 0; i < names.size(); ++i) {
    places_.push_back({.database = names[i], .main = false, .whole = i >= others_.size()});
  }
  rounds_->update(places_);
  rounds_->await_first(deadline, kFirstRound);
  Older older(*this);
  rounds_->visit(older);
}

void Readings::read_samples() {
  samples_.start();
  samples_.visit([&](std::size_t item, const Rows& rows, Problem problem, std::string_view why) {
    const Item& sampled = sampled_items_[item];
    if (parts_[sampled.part].run == nullptr) {
      return;
    }
    if (rows.columns() > 0) {
      take(sampled, main_->session().info(), rows);
    }
    if (!why.empty()) {
      fail(sampled, problem, {}, why);
    }
  });
}

void Readings::finish() {
  for (const auto& part : parts_) {
    if (part.run != nullptr) {
      part.query->finish(part.run->sink);
      if (part.run->outcome == Outcome::no_data) {
        part.run->outcome = Outcome::ok;  // the server's version has nothing to ask for: no reason to alert
      }
    }
  }
}

// A collector that has samples of one statement or database is not failed by another.
void Readings::take(const Item& item, const ServerInfo& info, const Rows& rows) {
  Run& run = *parts_[item.part].run;
  const Outcome outcome = item.query->take(info, rows, run.sink);
  query_failed_ = query_failed_ || (outcome == Outcome::failed && item.query->of_user());
  if (outcome == Outcome::ok || run.outcome == Outcome::no_data) {
    run.outcome = outcome;
  }
}

void Readings::fail(const Item& item, Problem kind, std::string_view database, std::string_view why) {
  Run* const run = parts_[item.part].run;
  if (run == nullptr) {
    return;
  }
  if (run->outcome == Outcome::no_data) {
    run->outcome = Outcome::failed;
  }
  query_failed_ = query_failed_ || item.query->of_user();
  item.query->fail(database, kind, why, run->sink);
}

}  // namespace exporter::postgres
