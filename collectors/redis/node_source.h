// Servers that others name: all nodes of a cluster (--is-cluster), and all that Sentinels watch, with the Sentinels
// (sentinel:// addresses). They are asked every kEvery on a thread of its own; a node goes only when an answer lacks
// it.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/access.h"
#include "exporter/collector.h"
#include "platform/background.h"
#include "platform/redis_connection.h"

namespace exporter::redis {

class NodeSource final : public TargetSource {
 public:
  static constexpr std::size_t kMostNodes = 100;  // each has a connection and a thread
  static constexpr std::chrono::seconds kEvery{10};

  // Servers that know the others, any of which may be asked.
  struct Group {
    std::vector<platform::RedisAddress> seeds;
    bool sentinel = false;
  };

  // `named`: what the targets show that are watched anyway. The rest as of Server.
  NodeSource(std::vector<Group> groups, std::vector<std::string> named, const Environment& environment,
             std::span<const CollectorSpec* const> enabled);
  ~NodeSource() override { background_.end(); }

  void settle(std::chrono::steady_clock::time_point deadline) override;
  std::optional<std::vector<std::string>> changes(std::uint64_t& generation) override;
  std::unique_ptr<Target> make(std::string_view address) override;
  std::vector<News> news() override;
  std::span<const MetricDesc> metrics() const noexcept override;
  void write(Sink& sink) const override;

 private:
  using Addresses = std::vector<platform::RedisAddress>;
  // What one answer says. Without nodes there was none.
  struct Answer {
    Addresses nodes;
    Addresses known;  // those of them that can be asked themselves
  };
  struct Watched {
    Group group;
    std::string shown;  // what the label `source` says: its seeds
    // The thread's own.
    Addresses known;     // whom else to ask, from the last answer
    std::size_t at = 0;  // who of all answered last
    std::unique_ptr<platform::RedisConnection> connection;
    // Under the mutex.
    Addresses nodes;  // the seeds, until there was an answer
    bool looked = false;
    std::string reason;  // why there was no answer the last time; empty: there was one
    bool said_well = false;
    std::string said_reason;
  };

  void work();
  void look(Watched& watched);
  Answer ask(Watched& watched, std::size_t index, std::string& reason);
  bool ask_cluster(platform::RedisConnection& connection, Answer& answer, std::string& reason) const;
  bool ask_sentinel(platform::RedisConnection& connection, Answer& answer, std::string& reason) const;
  bool exchange(platform::RedisConnection& connection, const std::string& commands, std::size_t count,
                std::string& reason) const;
  void publish();

  const Environment& environment_;
  const std::span<const CollectorSpec* const> enabled_;
  const std::vector<std::string> named_;
  const bool names_;
  Access& access_;
  std::vector<Watched> watched_;
  Addresses nodes_;  // of all groups, each once, sorted by what is shown
  std::size_t left_out_ = 0;
  std::size_t said_left_out_ = 0;
  std::uint64_t generation_ = 0;
  mutable platform::Background background_;
};

}  // namespace exporter::redis
