#include "collectors/postgres/samples.h"

#include <algorithm>
#include <utility>

namespace exporter::postgres {
namespace {

constexpr auto kLongest = std::chrono::seconds(1);  // for a sample: a later one says nothing of its moment

}  // namespace

class Samples::Adder final : public Batch::Replies {
 public:
  explicit Adder(Samples& samples) : samples_(samples) {}

  void rows(std::size_t item, const Rows& rows) override {
    const std::lock_guard lock(samples_.background_.mutex());
    Sums& sums = samples_.sums_[item];
    if (!sums.rows.add(rows)) {
      sums.problem = Problem::limit;
      sums.why = "more than " + std::to_string(kMostRows) + " different rows: the others are left out";
    }
  }

  void failed(std::size_t item, Problem problem, std::string_view why) override {
    const std::lock_guard lock(samples_.background_.mutex());
    samples_.sums_[item].problem = problem;
    samples_.sums_[item].why = why;
  }

 private:
  Samples& samples_;
};

Samples::Samples(Source source, const platform::Host& host, const Session::Limits& limits)
    : batch_(std::move(source), host, limits) {}

void Samples::add(const Query& query, std::string_view name) {
  if (sums_.empty()) {
    interval_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(query.sampling()));
  }
  sums_.emplace_back();
  batch_.add(query, name);
  batch_.want(sums_.size() - 1, true);
}

void Samples::start() {
  const std::lock_guard lock(background_.mutex());
  if (!empty()) {
    background_.start([this] { run(); });
  }
}

void Samples::run() {
  auto next = Clock::now();
  std::unique_lock lock(background_.mutex());
  while (!background_.stopping()) {
    lock.unlock();
    const auto start = Clock::now();
    sample();
    // A server that answers slowly is asked half of the time at most.
    const auto rested = Clock::now() + (Clock::now() - start);
    do {
      next += interval_;
    } while (next < rested);
    lock.lock();
    background_.changed().wait_until(lock, next, [&] { return background_.stopping(); });
  }
}

void Samples::sample() {
  const platform::Deadline deadline{Clock::now() + std::max<Clock::duration>(interval_, kLongest),
                                    background_.stop_fd()};
  Adder adder(*this);
  if (batch_.send(deadline) && batch_.receive(deadline, adder)) {
    return;
  }
  const Problem problem = batch_.session().connection().late() ? Problem::deadline : Problem::io;
  for (std::size_t item = 0; item < batch_.size(); ++item) {
    adder.failed(item, problem, batch_.session().reason());
  }
}

}  // namespace exporter::postgres
