// Where job systems keep their jobs in Redis:
//   celery   kombu/transport/redis.py: sets _kombu.binding.EXCHANGE of "KEY\x06\x16PATTERN\x06\x16QUEUE", lists QUEUE
//   and
//            QUEUE\x06\x16PRIORITY, hash unacked, sorted set unacked_index by the time of delivery
//   sidekiq  lib/sidekiq/api.rb: sets queues and processes, lists queue:NAME with the oldest job at the end, in JSON
//   bullmq   src/classes/queue-keys.ts: PREFIX:NAME:meta and its like; PREFIX is bull, in a cluster {bull}
//   rq       rq/queue.py, rq/registry.py: set rq:queues of rq:queue:NAME, lists of job ids with the oldest at the begin
#pragma once
#include <span>
#include <string_view>

namespace exporter::redis::queues {

// Jobs in one state: the elements of `key`, which stands behind a queue's own part or around its name. Those of one
// state that follow each other are added up.
struct Count {
  std::string_view command;
  std::string_view before;
  std::string_view after;
  std::string_view state;
};

// Where the oldest job of a list is found, and the time at which it came.
struct Oldest {
  std::string_view before = {};  // the list's key, as in Count
  std::string_view after = {};
  std::string_view first = {};  // of LRANGE; the last element that it brings is the oldest
  std::string_view last = {};
  // What stands before the element, an id, in the key of a hash. Empty: the element is the job itself, in JSON.
  std::string_view job = {};
  bool of_queue = false;             // the queue's name stands before all that
  std::string_view field = {};       // of the hash, or of the JSON object
  std::string_view else_field = {};  // of the JSON object, when that is not there
};

struct System {
  std::string_view name = {};
  std::string_view index = {};    // set of all queues; empty: found by `pattern`
  std::string_view prefix = {};   // that a member of it begins with
  std::string_view pattern = {};  // of keys to look for between scrapes
  std::string_view end = {};      // of such a key, behind PREFIX:NAME; empty: the key is a set of bindings
  std::span<const Count> counts = {};
  std::span<const Count> shared = {};  // of all queues together
  const Oldest* oldest = nullptr;
  std::string_view deliveries = {};  // sorted set of jobs that workers hold, by the time at which they got them
  std::string_view processes = {};   // set of the keys of hashes that end with their process; they tell what is `busy`
  std::string_view workers = {};     // set of worker processes
  std::string_view keys = {};  // patterns of all the keys that are read, separated by blanks, for the server's rules
};

inline constexpr std::string_view kBindings = "_kombu.binding.";
inline constexpr std::string_view kSeparator = "\x06\x16";

// Priorities beyond 9 are cut off, and which of these are in use is up to a setting.
inline constexpr Count kCeleryCounts[] = {
    {"LLEN", "", "", "waiting"},
    {"LLEN", "", "\x06\x16\x31", "waiting"},
    {"LLEN", "", "\x06\x16\x32", "waiting"},
    {"LLEN", "", "\x06\x16\x33", "waiting"},
    {"LLEN", "", "\x06\x16\x34", "waiting"},
    {"LLEN", "", "\x06\x16\x35", "waiting"},
    {"LLEN", "", "\x06\x16\x36", "waiting"},
    {"LLEN", "", "\x06\x16\x37", "waiting"},
    {"LLEN", "", "\x06\x16\x38", "waiting"},
    {"LLEN", "", "\x06\x16\x39", "waiting"},
};
inline constexpr Count kCeleryShared[] = {{"HLEN", "unacked", "", "active"}};

inline constexpr Count kSidekiqCounts[] = {{"LLEN", "queue:", "", "waiting"}};
inline constexpr Count kSidekiqShared[] = {
    {"ZCARD", "schedule", "", "scheduled"},
    {"ZCARD", "retry", "", "retry"},
    {"ZCARD", "dead", "", "dead"},
};
inline constexpr Oldest kSidekiqOldest = {
    .before = "queue:", .first = "-1", .last = "-1", .field = "enqueued_at", .else_field = "created_at"};

inline constexpr Count kBullCounts[] = {
    {"LLEN", "", ":wait", "waiting"},         {"LLEN", "", ":active", "active"},
    {"LLEN", "", ":paused", "paused"},        {"ZCARD", "", ":prioritized", "prioritized"},
    {"ZCARD", "", ":delayed", "delayed"},     {"ZCARD", "", ":waiting-children", "waiting-children"},
    {"ZCARD", "", ":completed", "completed"}, {"ZCARD", "", ":failed", "failed"},
};
// The one before the last as well: before BullMQ 5 a mark for sleeping workers may stand at the end.
inline constexpr Oldest kBullOldest = {
    .after = ":wait", .first = "-2", .last = "-1", .job = ":", .of_queue = true, .field = "timestamp"};
inline constexpr std::string_view kBullMark = "0:";
inline constexpr std::string_view kBullPrefixes[] = {"bull:", "{bull}:"};

inline constexpr Count kRqCounts[] = {
    {"LLEN", "rq:queue:", "", "waiting"},        {"ZCARD", "rq:wip:", "", "active"},
    {"ZCARD", "rq:scheduled:", "", "scheduled"}, {"ZCARD", "rq:deferred:", "", "deferred"},
    {"ZCARD", "rq:finished:", "", "completed"},  {"ZCARD", "rq:failed:", "", "failed"},
    {"ZCARD", "rq:canceled:", "", "canceled"},
};
inline constexpr Oldest kRqOldest = {
    .before = "rq:queue:", .first = "0", .last = "0", .job = "rq:job:", .field = "enqueued_at"};

inline constexpr System kSystems[] = {
    {.name = "celery",
     .pattern = "_kombu.binding.*",
     .counts = kCeleryCounts,
     .shared = kCeleryShared,
     .deliveries = "unacked_index",
     .keys = "*"},
    {.name = "sidekiq",
     .index = "queues",
     .counts = kSidekiqCounts,
     .shared = kSidekiqShared,
     .oldest = &kSidekiqOldest,
     .processes = "processes",
     .keys = "queues queue:* schedule retry dead processes *:*:*"},
    {.name = "bullmq",
     .pattern = "[{b]*:meta",
     .end = ":meta",
     .counts = kBullCounts,
     .oldest = &kBullOldest,
     .keys = "bull:* {bull}:*"},
    {.name = "rq",
     .index = "rq:queues",
     .prefix = "rq:queue:",
     .counts = kRqCounts,
     .oldest = &kRqOldest,
     .workers = "rq:workers",
     .keys = "rq:*"},
};

}  // namespace exporter::redis::queues
