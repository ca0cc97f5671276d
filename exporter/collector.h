// The contract between a collector and the program around it.
//
// A collector is one source file that ends in `extern constinit const CollectorSpec spec`, and one line in
// collectors/list.inc. There are four kinds, by what they read:
//   Collector        this machine, by files and system calls       (collectors/host, collectors/container)
//   postgres::Query  a statement on a server's connection          (collectors/postgres/query.h)
//   redis::Command   commands on a server's connection             (collectors/redis/command.h)
//   merge::Page      the metrics of an application beside us       (collectors/merge/page.h)
// The last three run inside a Target, which owns the connection and a worker thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/metric.h"
#include "exporter/options.h"
#include "exporter/sink.h"

namespace platform {
class ReadBuffer;
struct Deadline;
struct Host;
}  // namespace platform

namespace exporter {

namespace postgres {
class Query;
}
namespace redis {
class Command;
}
namespace merge {
class Page;
}

// The parts of the page; each has a path of its own (/metrics/node, ...).
enum class Module : std::uint8_t { node, container, postgres, redis, merge };
inline constexpr std::size_t kModules = 5;
std::string_view to_text(Module module) noexcept;

// One collection, as the collector sees it. Valid during the call only.
struct Scrape {
  std::chrono::steady_clock::time_point deadline;  // give up, with what there is, before this
  int stop_fd = -1;                                // readable once the program ends: poll it beside your own fd
  std::uint64_t generation = 0;                    // grows with every scrape; to evict entities not seen for a while
  platform::ReadBuffer& buffer;                    // scratch for file contents, this thread's own
};

// ok: samples stand, even if some problems were counted. no_data: the source does not exist on this machine; shown as
// success 0 without a warning, as the field is used to. failed: nothing useful; the samples written are dropped.
enum class Outcome : std::uint8_t { ok, no_data, failed };

// One instance per type, made at first use, for what several collectors of a room share (the cgroup inventory).
// Mostly at start-up; but targets that requests name are made at any time, so by any thread.
class Shared {
 public:
  template <class T, class... Args>
  T& get(Args&&... args) {
    const std::lock_guard lock(mutex_);
    for (auto& [key, object] : objects_) {
      if (key == &kKey<T>) {
        return *static_cast<T*>(object.get());
      }
    }
    auto made = std::make_shared<T>(std::forward<Args>(args)...);
    T& result = *made;
    objects_.emplace_back(&kKey<T>, std::move(made));
    return result;
  }

 private:
  template <class T>
  static constexpr char kKey = 0;
  std::recursive_mutex mutex_;  // what is made may ask for others
  std::vector<std::pair<const void*, std::shared_ptr<void>>> objects_;
};

// What collectors are built from; outlives all of them.
struct Environment {
  const platform::Host& host;
  const Options& options;  // validated; a collector asks only for what the specs of its room declare
  Shared& shared;
};

// Reads this machine. Functions are called by one thread at a time, never in parallel with each other; calls may come
// from different threads. They may throw: that is caught, logged and counts as failed. A collector that must look
// between scrapes has a thread of its own: made in the constructor, when signals are blocked already, stopped at once
// and joined in the destructor. Only collect() writes into the Sink.
class Collector {
 public:
  Collector() = default;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  virtual ~Collector() = default;
  virtual Outcome collect(const Scrape& scrape, Sink& sink) = 0;
  // Of a collector with a worker of its own, on the scrape's thread: true when there is nothing to read, such as no
  // device of the kind. The worker is then not troubled, nor its thread ever made on a machine without the device.
  // Takes microseconds and never waits.
  virtual bool nothing_to_read() { return false; }
  // Asked after that: the outcome of the scrape. ok where the kernel knows the kind of device and has none of it.
  virtual Outcome outcome_of_nothing() { return Outcome::no_data; }
  // Of such a collector, on the scrape's thread: the whole collection when, on this machine, none of it can wait. Else
  // nothing, and nothing written: then the worker does it. Waking a worker costs more than most collections.
  virtual std::optional<Outcome> collect_at_once(const Scrape& /*scrape*/, Sink& /*sink*/) {
    return nothing_to_read() ? std::optional(outcome_of_nothing()) : std::nullopt;
  }
};

// inline_fast: kernel reads that take microseconds, run in list order on the scrape's thread.
// own_worker: may block (statfs, D-Bus, hardware); has a thread of its own and is left out when late.
enum class Pace : std::uint8_t { inline_fast, own_worker };

using MakeCollector = std::unique_ptr<Collector> (*)(const Environment&);
using MakeQuery = std::unique_ptr<postgres::Query> (*)(const Environment&);
using MakeCommand = std::unique_ptr<redis::Command> (*)(const Environment&);
using MakePage = std::unique_ptr<merge::Page> (*)(const Environment&);

// True when of `module` only those collectors are on that a flag names: --collector.disable-defaults, --no-module.NAME.
bool only_named(const Options& options, Module module);

// Capabilities (capabilities(7)) without which an ordinary user sees less, by names with blanks between.
struct Rights {
  std::string_view capabilities = {};
  std::string_view with = {};    // only when this option is set to something
  std::string_view unless = {};  // not when this option is given
};

struct CollectorSpec {
  std::string_view name;     // as in --collector.<name> and collect[]=<name>; unique over all modules
  std::string_view summary;  // for --help: what it reads
  Module module;
  bool on_by_default;
  Pace pace;
  std::span<const MetricDesc> metrics;
  std::span<const OptionDesc> options;
  std::variant<MakeCollector, MakeQuery, MakeCommand, MakePage> make;
  // Of a collector that is off by default: the option, a flag, a number, a time, a text or a list, that switches it on
  // when it is set and neither 0 nor empty; or several options, separated by commas. Its own, or those of another
  // collector of its room.
  std::string_view on_with = {};
  bool deprecated = false;  // the field is giving it up: the log says so once at start
  // Of collectors with Pace::own_worker: those with the same word share one worker and run in list order. For sources
  // behind the same lock, which would wait for each other anyway. Empty: a worker for this collector alone.
  std::string_view worker = {};
  Rights rights = {};
};

// One collector's part of one scrape.
struct Run {
  explicit Run(const CollectorSpec& collector) : spec(&collector), sink(collector.metrics) {}
  const CollectorSpec* spec;
  Sink sink;
  Outcome outcome = Outcome::no_data;
  double seconds = 0;  // time spent
  bool wanted = true;  // false: left out by collect[] or exclude[]
};

// What a Target fills in.
struct TargetPage {
  Sink& self;           // for the metrics of TargetSpec: *_up and its like
  std::span<Run> runs;  // the enabled collectors of the module; skip those not wanted
  // Why the server could not be read: one stable line without secrets or ephemeral ports. Logged when it changes.
  std::string reason = {};
  // What was reached and how: "PostgreSQL 15.18 by /run/postgresql as user x". Logged when it changes.
  std::string found = {};
  // Where the server runs, when that is this machine: its control group, and the name of the container that is.
  std::string group = {};
  std::string container = {};
};

// A monitored server. collect() runs on the target's own worker thread and must come back soon after the deadline or
// when stop_fd becomes readable.
class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  // What the `target` label shows when a module has several: the address without user or secret. Does not change.
  virtual std::string_view address() const noexcept = 0;
  // Label text for every sample, behind `target`; none of these names is a label of a metric. Does not change.
  virtual std::string_view constant_labels() const noexcept { return {}; }
  // ok: the server answered. failed: it did not; `page.self` says so (*_up 0) and the samples of `runs` are dropped.
  // no_data: there is no such server and nobody asked for it (found by looking around): nothing is shown.
  virtual Outcome collect(const Scrape& scrape, TargetPage& page) = 0;
  // What the page shows instead when collect() missed the deadline. Called by another thread while collect() may still
  // be running: must not touch its state.
  virtual void write_late(Sink& self) const = 0;
};

// Names targets that come and go while the program runs, such as the nodes of a cluster. It looks for them on a thread
// of its own; the calls below come from other threads, one at a time but for write(), and wait for nobody but settle().
class TargetSource {
 public:
  TargetSource() = default;
  TargetSource(const TargetSource&) = delete;
  TargetSource& operator=(const TargetSource&) = delete;
  virtual ~TargetSource() = default;

  // Waits until `deadline` for the first answer of those who know.
  virtual void settle(std::chrono::steady_clock::time_point deadline) = 0;
  // The addresses of all its targets, each once, when they are others than at `generation`, which becomes the present
  // one. The first is 0.
  virtual std::optional<std::vector<std::string>> changes(std::uint64_t& generation) = 0;
  // The target of such an address; null when it is gone meanwhile.
  virtual std::unique_ptr<Target> make(std::string_view address) = 0;

  // For the log, once: that servers were found, or why not.
  struct News {
    bool good = true;
    std::string source;  // who was asked
    std::string text;
  };
  virtual std::vector<News> news() { return {}; }

  // What the module's page says of it.
  virtual std::span<const MetricDesc> metrics() const noexcept { return {}; }
  virtual void write(Sink& /*sink*/) const {}
};

using MakeSource = std::unique_ptr<TargetSource> (*)(const Environment&, std::span<const CollectorSpec* const> enabled);

// What became of a request to read one server.
struct Probed {
  std::unique_ptr<Target> target;                     // null: refused
  int status = 400;                                   // HTTP status of the refusal
  std::string reason = {};                            // of the refusal: one line that repeats nothing of the request
  std::vector<const CollectorSpec*> collectors = {};  // the target's; empty: those that are switched on
};

// Further parameters of a request, by name: those that ProbeSpec names.
using ProbeParameters = std::span<const std::pair<std::string, std::string>>;

// Makes targets of requests: GET /probe?target=... Thread-safe. What it makes uses no secret of the servers that the
// program reads anyway, and none of its own unless the target is one that the administrator listed.
class Prober {
 public:
  Prober() = default;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  virtual ~Prober() = default;

  // `target` and the others as requested, without control characters; `target` is not empty. Waits for nobody.
  virtual Probed probe(std::string_view target, std::string_view credentials, ProbeParameters more) = 0;
  // A request was answered with a 4xx status.
  virtual void note_refusal() noexcept {}

  // Of settings in files, which may change while the program runs.
  struct Settings {
    std::uint64_t generation = 0;  // targets made under another one are to be made anew
    bool good = true;
    std::string news = {};  // for the log, once: what was read, or what is wrong with it
  };
  // Looks whether they changed, which costs a stat.
  virtual Settings look() { return {}; }

  // What the module's page says of probing.
  virtual std::span<const MetricDesc> metrics() const noexcept { return {}; }
  virtual void write(Sink& /*sink*/) const {}
};

using MakeProber = std::unique_ptr<Prober> (*)(const Environment&, std::span<const CollectorSpec* const> enabled);

// A path of the scrape port that reads the server which the request names: its page is that server's alone.
struct ProbeSpec {
  std::string_view path = {};                   // "/probe"; empty: the module has none
  std::string_view credentials_parameter = {};  // of the request, beside `target`: how to get in; may be empty
  // `enabled` outlives the prober. Null when it is switched off. Throws OptionError with what to mend.
  MakeProber make = nullptr;
  // Further parameters, which change what is read; a server that is asked with others is another one.
  std::span<const std::string_view> more_parameters = {};
};

// Answers a path of the scrape port with what servers say of others: targets for Prometheus' http_sd_config.
class Discoverer {
 public:
  Discoverer() = default;
  Discoverer(const Discoverer&) = delete;
  Discoverer& operator=(const Discoverer&) = delete;
  virtual ~Discoverer() = default;

  struct Answer {
    int status = 200;
    std::string text;  // JSON; with another status one line, without secrets, that says what is wrong
  };
  // Any thread. May wait for servers until the deadline.
  virtual Answer discover(const platform::Deadline& deadline) = 0;
};

struct DiscoverSpec {
  std::string_view path = {};
  std::unique_ptr<Discoverer> (*make)(const Environment&) = nullptr;  // throws OptionError; null: there is none
};

// The first part of a module's names, where users may have another.
struct NamePrefix {
  std::string_view word = {};    // "redis" of redis_up; empty: there is no choice
  std::string_view option = {};  // says what stands in its place; empty: nothing, nor the '_' behind it
};

// What a server must allow the user as whom the exporter logs in.
struct Grants {
  std::string statements;  // to be run there, by an administrator
  std::string remarks;     // lines beside them
};
using MakeGrants = Grants (*)(const Options&, std::span<const CollectorSpec* const> enabled);

struct TargetSpec {
  Module module;
  std::span<const MetricDesc> metrics;
  std::span<const OptionDesc> options;
  // Targets from flags and environment; `enabled` outlives them. Throws OptionError with what to mend.
  std::vector<std::unique_ptr<Target>> (*make)(const Environment&, std::span<const CollectorSpec* const> enabled);
  ProbeSpec probe = {};
  NamePrefix prefix = {};
  DiscoverSpec discover = {};
  // Beside those of `make`; its targets always have the label `target`. As `make`; null, or what it returns is: none.
  MakeSource source = nullptr;
  // `acl MODULE` prints it. Throws OptionError.
  MakeGrants grants = nullptr;
  Rights rights = {};  // to find servers in containers
  // What its collectors write was named by others: it gives way to what we write ourselves (Sink::set_foreign), and
  // constant_labels() of each target, not `target`, tell its samples apart.
  bool foreign = false;
};

}  // namespace exporter
