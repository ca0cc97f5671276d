// A monitored Redis server. Made by make_targets() from the options; driven by the scheduler through Target.
#pragma once
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/access.h"
#include "collectors/redis/command.h"
#include "collectors/redis/container_places.h"
#include "collectors/redis/server_options.h"
#include "collectors/target_place.h"
#include "exporter/collector.h"
#include "platform/redis_connection.h"

namespace exporter::redis {

class Server final : public Target {
 public:
  // `automatic`: nobody named this server; it shows nothing until it answers for the first time, or says that it wants
  // a password. From then on it counts as named, so that a crash is seen. `allowed`: which passwords of the
  // configuration it may get. `server_name`: of its certificate, where that is another than the options say.
  Server(std::vector<platform::RedisAddress> candidates, std::string address, bool automatic,
         const Environment& environment, std::span<const CollectorSpec* const> enabled,
         platform::RedisLogins::Allowed allowed = platform::RedisLogins::Allowed::all, std::string server_name = {});

  std::string_view address() const noexcept override { return address_; }
  Outcome collect(const Scrape& scrape, TargetPage& page) override;
  void write_late(Sink& self) const override;

 private:
  struct Collector {
    const CollectorSpec* spec = nullptr;
    std::unique_ptr<Command> command;
    std::size_t first = 0;  // its slots in requests_
    std::size_t count = 0;
  };

  bool talk(const platform::Deadline& deadline, std::span<const Run> runs);
  bool offer_containers();
  void gather(std::span<const Run> runs);
  bool exchange(const platform::Deadline& deadline);
  bool learn(bool* changed);
  void read_replies(std::span<Run> runs);
  void show_role(TargetPage& page);
  void ask_on(std::span<Run> runs, const platform::Deadline& deadline);
  Collector* collector_of(const Run& run);
  void write_self(Sink& self, bool up, double seconds);

  const std::string address_;
  const platform::Host& host_;
  const std::vector<platform::RedisAddress> usual_;  // where a server that nobody named may be; empty: it has a name
  ContainerPlaces containers_;
  const double timeout_;  // seconds
  Access& access_;
  platform::RedisConnection connection_;
  TargetPlace place_;
  const bool shows_role_;
  ServerInfo info_;
  Requests requests_;
  std::vector<Collector> collectors_;
  std::vector<Reply> replies_;
  std::string reason_;
  platform::Fault fault_ = {};  // what `reason_` is about
  std::atomic<bool> shown_;     // write_late() reads it from another thread
  platform::RedisConnection::Failure failure_ = {};
  double connect_seconds_ = 0;
  std::string denied_;  // rules that would allow it
  std::string role_;
  LabelBlock role_label_;  // empty unless it is shown and known
  double seconds_ = 0;
  std::uint64_t scrapes_ = 0;
};

// --- options.cpp -----------------------------------------------------------------------------------------------------
// The servers that redis.addr names, in its order. Throws OptionError.
std::vector<platform::RedisAddress> addresses_of(const Options& options);
// Those of them that may be nodes of a cluster.
std::vector<platform::RedisAddress> cluster_seeds(const Options& options);

// Those that are watched for themselves: neither Sentinels that name others nor, with is-cluster, nodes.
std::vector<std::unique_ptr<Target>> make_targets(const Environment& environment,
                                                  std::span<const CollectorSpec* const> enabled);
// The others, and all that they name; null when there are none.
std::unique_ptr<TargetSource> make_source(const Environment& environment,
                                          std::span<const CollectorSpec* const> enabled);

// --- discover.cpp ----------------------------------------------------------------------------------------------------
std::unique_ptr<Discoverer> make_discoverer(const Environment& environment);

// --- probe.cpp -------------------------------------------------------------------------------------------------------
// GET /scrape?target=...: a server that the request names; see collectors/probe_list.h for who may be asked.
std::unique_ptr<Prober> make_prober(const Environment& environment, std::span<const CollectorSpec* const> enabled);

}  // namespace exporter::redis
