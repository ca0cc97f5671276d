// Every Redis collector with all of its options against a server that knows everything: what is sent is what the table
// of rights says, no more and no less.
#include "collectors/redis/rights.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "collectors/all.h"
#include "exporter/command_line.h"
#include "exporter/scheduler.h"
#include "platform/ascii.h"
#include "platform/dir.h"
#include "platform/host.h"
#include "platform/redis_glob.h"
#include "tests/support/fake_redis.h"
#include "tests/support/knowing_redis.h"

namespace tests {
namespace {

using exporter::Scheduler;
using exporter::redis::Mode;
using exporter::redis::Rights;
using Names = std::set<std::string, std::less<>>;

constexpr std::string_view kAllNames = "k:string,k:big,k:log,k:list,k:set,k:zset,k:hash,k:stream,k:array,k:vectorset";

// As a server's rules name it.
std::string rule_of(const Words& words) {
  const std::string first = platform::lower(words[0]);
  for (const std::string_view container :
       {"client", "cluster", "commandlog", "config", "latency", "memory", "sentinel", "slowlog", "xinfo"}) {
    if (first == container) {
      return first + "|" + platform::lower(words[1]);
    }
  }
  return first;
}

// The key that a command reads; empty for none.
std::string key_of(const Words& words) {
  for (const std::string_view none :
       {"INFO", "SCAN", "SELECT", "CLIENT", "CLUSTER", "CONFIG", "SENTINEL", "PING", "EVAL", "EVAL_RO", "SERVER",
        "LATENCY", "SLOWLOG", "COMMANDLOG", "FT._LIST", "FT.INFO"}) {
    if (words[0] == none) {
      return {};
    }
  }
  return words[words[0] == "MEMORY" || words[0] == "XINFO" ? 2 : 1];
}

struct Trial {
  Mode mode;
  std::string options;  // separated by blanks
};

void PrintTo(const Trial& trial, std::ostream* out) { *out << trial.options; }

class Watched {
 public:
  explicit Watched(const Trial& trial)
      : server_([this, mode = trial.mode](const std::string& command) { return known_answer(command, mode, port_); },
                true),
        port_(server_.address().endpoint.port) {
    words_ = words_of(trial.options);
    const std::string address = "127.0.0.1:" + std::to_string(port_);
    for (auto& word : words_) {
      if (word == "--sentinel") {
        word = "--redis.addr=sentinel://" + address;
        named_ = true;
      }
    }
    if (!named_) {
      words_.push_back("--redis.addr=" + address);
    }
    std::vector<const char*> argv = {"resource_exporter"};
    for (const auto& word : words_) {
      argv.push_back(word.c_str());
    }
    line_ = exporter::read_command_line(static_cast<int>(argv.size()), argv.data());
    std::erase_if(line_.enabled, [](const auto* spec) { return spec->module != exporter::Module::redis; });
    EXPECT_EQ(host_.open(), "");
    scheduler_ =
        std::make_unique<Scheduler>(environment_, line_.enabled, exporter::all_target_specs(), log_, stop_.get());
    scheduler_->settle(Scheduler::Clock::now() + std::chrono::seconds(5));
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    scheduler_->stop(Scheduler::Clock::now() + std::chrono::seconds(5));
  }

  const exporter::CommandLine& line() const { return line_; }
  void scrape() {
    scheduler_->scrape(exporter::Selection::of(exporter::Module::redis),
                       Scheduler::Clock::now() + std::chrono::seconds(5));
  }
  Names sent() {
    Names names;
    for (const auto& command : server_.commands()) {
      names.insert(rule_of(words_of(command)));
    }
    return names;
  }
  Names keys() {
    Names names;
    for (const auto& command : server_.commands()) {
      names.insert(key_of(words_of(command)));
    }
    names.erase("");
    return names;
  }

 private:
  FakeRedis server_;
  const std::uint16_t port_;
  Words words_;
  bool named_ = false;
  exporter::CommandLine line_;
  platform::Host host_;
  exporter::Shared shared_;
  exporter::Environment environment_{host_, line_.options, shared_};
  const exporter::Log log_{exporter::LogLevel::error, exporter::LogFormat::logfmt, -1};
  platform::Fd stop_{::eventfd(0, EFD_CLOEXEC)};
  std::unique_ptr<Scheduler> scheduler_;
};

Names all_of(const Rights& rights) {
  Names names = rights.commands;
  for (const auto& [command, since] : rights.newer) {
    names.insert(command);
  }
  return names;
}

const std::string& everything() {
  static const std::string all = [] {
    std::string text =
        "--check-keys=k:*,db3=k:list --check-single-keys=k:list --count-keys=k:* --check-key-groups=^(.*)$"
        " --check-streams=k:* --check-single-streams=k:stream --redis.queues=celery,sidekiq,bullmq,rq"
        " --export-client-list --include-config-metrics --redis.top-slots=3 --script=" SOURCE_DIR "/LICENSE";
    for (const auto& listed : exporter::all_collectors()) {
      if (listed.spec->module == exporter::Module::redis) {
        text.append(" --collector.").append(listed.spec->name);
      }
    }
    return text;
  }();
  return all;
}

class EveryRight : public testing::TestWithParam<Trial> {};

TEST_P(EveryRight, IsUsedAndNoOther) {
  Watched watched(GetParam());
  ASSERT_EQ(watched.line().output, "");
  const Rights rights = rights_of(watched.line().options, watched.line().enabled, GetParam().mode);
  const Names wanted = all_of(rights);
  watched.scrape();
  // Some are sent between scrapes.
  for (const auto end = Scheduler::Clock::now() + std::chrono::seconds(5);
       watched.sent() != wanted && Scheduler::Clock::now() < end;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    watched.scrape();
  }
  EXPECT_EQ(watched.sent(), wanted);
  const Names keys = watched.keys();
  for (const auto& key : keys) {
    EXPECT_TRUE(std::any_of(rights.keys.begin(), rights.keys.end(), [&](const auto& pattern) {
      return platform::matches_redis_glob(pattern, key);
    })) << key;
  }
  for (const auto& pattern : rights.keys) {
    EXPECT_TRUE(std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
      return platform::matches_redis_glob(pattern, key);
    })) << pattern;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Alone, EveryRight,
    testing::Values(
        Trial{Mode::standalone, ""}, Trial{Mode::standalone, everything()},
        Trial{Mode::standalone, everything() + " --config-command=- --lua-script-read-only"},
        Trial{Mode::standalone, "--set-client-name=false --exclude-latency-histogram-metrics"},
        Trial{Mode::standalone, "--no-collector.redis.config --no-collector.redis.commandlog"},
        Trial{Mode::standalone,
              "--no-collector.redis.config --no-collector.redis.commandlog"
              " --include-metrics-for-empty-databases=false"},
        Trial{Mode::standalone, "--no-collector.redis.slowlog --include-system-metrics --append-instance-role-label"},
        Trial{Mode::standalone, "--check-single-keys=" + std::string(kAllNames)},
        Trial{Mode::standalone, "--check-keys=db3=k:* --disable-exporting-key-values"},
        Trial{Mode::standalone, "--check-keys=k:*"}, Trial{Mode::standalone, "--count-keys=k:*"},
        Trial{Mode::standalone, "--count-keys=db3=k:*"}, Trial{Mode::standalone, "--check-key-groups=^(.*)$"},
        Trial{Mode::standalone, "--check-streams=k:*"}, Trial{Mode::standalone, "--check-single-streams=db2=k:stream"},
        Trial{Mode::standalone, "--check-streams=k:stre*,k:stream --streams-exclude-consumer-metrics"},
        Trial{Mode::standalone, "--redis.queues=celery"}, Trial{Mode::standalone, "--redis.queues=db1=sidekiq"},
        Trial{Mode::standalone, "--redis.queues=bullmq"}, Trial{Mode::standalone, "--redis.queues=rq"},
        Trial{Mode::standalone, "--collector.redis.clients"}, Trial{Mode::standalone, "--include-modules-metrics"},
        Trial{Mode::standalone, "--include-search-indexes-metrics"}, Trial{Mode::standalone, "--is-tile38"},
        Trial{Mode::standalone, "--include-rdb-file-size-metric --include-config-metrics"},
        Trial{Mode::standalone, "--ping-on-connect"}, Trial{Mode::standalone, "--script=" SOURCE_DIR "/LICENSE"}));

INSTANTIATE_TEST_SUITE_P(Together, EveryRight,
                         testing::Values(Trial{Mode::cluster, ""}, Trial{Mode::cluster, "--is-cluster"},
                                         Trial{Mode::cluster, "--redis.top-slots=3"},
                                         Trial{Mode::cluster, "--check-key-groups=^(.*)$"},
                                         Trial{Mode::cluster, "--is-cluster " + everything()},
                                         Trial{Mode::sentinel, ""}, Trial{Mode::sentinel, "--sentinel"},
                                         Trial{Mode::sentinel,
                                               "--include-config-metrics --no-collector.redis.sentinel"
                                               " --no-collector.redis.sentinel_peers"},
                                         Trial{Mode::sentinel, "--sentinel " + everything()}));

}  // namespace
}  // namespace tests
