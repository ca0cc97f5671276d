// Jobs that wait, run or failed in the queues of Celery, Sidekiq, BullMQ and RQ (queue_systems.h), by LLEN, ZCARD and
// the like. Which queues there are is in a set, or found by SCAN between scrapes (name_walk.h).
#include <chrono>
#include <memory>
#include <vector>

#include "collectors/redis/command.h"
#include "collectors/redis/name_walk.h"
#include "collectors/redis/queue_reader.h"
#include "platform/text.h"

namespace exporter::redis::queues {
namespace {

constexpr std::string_view kOption = "redis.queues";
constexpr std::chrono::milliseconds kFirstWait{1000};  // most that the first page waits for names

const System& system_named(std::string_view name) {
  std::string known;
  for (const auto& system : kSystems) {
    if (system.name == name) {
      return system;
    }
    known.append(known.empty() ? "" : ", ").append(system.name);
  }
  throw OptionError("option " + std::string(kOption) + ": '" + std::string(name) + "' is none of " + known);
}

// Straight to the page, `most` at most.
class CountedSamples final : public Samples {
 public:
  CountedSamples(Sink& sink, std::size_t most) : shown_(sink), left_(most) {}
  bool full() const noexcept { return full_; }
  void add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> labels) override {
    full_ = full_ || left_ == 0;
    if (!full_) {
      --left_;
      shown_.add(metric, value, labels);
    }
  }
  void problem(Problem kind, std::string_view where) override { shown_.problem(kind, where); }

 private:
  ShownSamples shown_;
  std::size_t left_;
  bool full_ = false;
};

class Queues final : public Command {
 public:
  explicit Queues(const Environment& environment)
      : most_(static_cast<std::size_t>(std::max<std::int64_t>(environment.options.integer("redis.max-series"), 0))) {
    for (const auto& entry : keys::parse_key_list(kOption, environment.options.text(kOption))) {
      const System& system = system_named(entry.text);
      readers_.emplace_back(system, entry.database);
      if (!system.pattern.empty()) {
        patterns_.push_back({.database = entry.database, .text = std::string(system.pattern)});
      }
    }
  }

  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo& server, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    // Ages by the server's clock, which is nearer to that of who puts jobs there; before 7 it is not told.
    const auto clock = platform::number<double>(info_field(replies[0].text(), "server_time_usec"));
    now_ = clock ? *clock / 1e6
                 : std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return server.mode() == Mode::sentinel || readers_.empty() ? Outcome::no_data : Outcome::ok;
  }

  Outcome ask_on(ServerInfo& server, Dialogue& dialogue, Sink& sink, Outcome so_far) override {
    if (so_far != Outcome::ok) {
      return so_far;
    }
    look_for_names(server, dialogue, sink);
    CountedSamples out(sink, most_);
    for (auto& reader : readers_) {
      if (!reader.read(server, dialogue, now_, out)) {
        sink.problem(Problem::deadline, reader.system().name);
      }
    }
    if (out.full()) {
      sink.remark(Problem::limit, "redis.queues: there are more than " + std::to_string(most_) +
                                      " series of queues (--redis.max-series); the others are left out");
    }
    return Outcome::ok;
  }

 private:
  void look_for_names(ServerInfo& server, Dialogue& dialogue, Sink& sink) {
    if (!walk_ && !patterns_.empty()) {
      if (auto connection = dialogue.another()) {
        walk_ = std::make_unique<keys::NameWalk>(patterns_, kMostQueues, std::move(connection));
      }
    }
    if (walk_) {
      walk_->update();
      walk_->await_first(std::min(dialogue.deadline(), keys::NameWalk::Clock::now() + kFirstWait));
      walk_->tell(server, sink);
    }
    std::size_t pattern = 0;
    for (auto& reader : readers_) {
      if (reader.system().pattern.empty()) {
        continue;
      }
      auto& found = reader.found();
      found.clear();
      if (walk_) {
        walk_->each(pattern++, [&](std::string_view name) { found.add(name); });
      }
      // Of an application that changes no names this is all there is, so that it need not wait for the walk.
      if (reader.system().end.empty()) {
        found.add("_kombu.binding.celery");
        found.tidy();
      }
    }
  }

  const std::size_t most_;
  std::vector<QueueReader> readers_;
  std::vector<keys::KeyName> patterns_;  // of readers_ that have one, in their order
  double now_ = 0;
  std::unique_ptr<keys::NameWalk> walk_;
};

constexpr OptionDesc kOptions[] = {
    {kOption, OptionType::text, "",
     "Redis: job systems whose queues to show: celery, sidekiq, bullmq, rq; db1=sidekiq for another database than 0."},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Queues>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.queues",
    .summary = "queues of Celery, Sidekiq, BullMQ and RQ; on with --redis.queues",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = kOption,
};

}  // namespace exporter::redis::queues
