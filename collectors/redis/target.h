// A monitored Redis server. Made by make_targets() from the options; driven by the scheduler through Target.
#pragma once
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/command.h"
#include "collectors/target_place.h"
#include "exporter/collector.h"
#include "platform/redis_connection.h"

namespace exporter::redis {

class Server final : public Target {
 public:
  // `automatic`: nobody named this server; it shows nothing until it answers for the first time, or says that it wants
  // a password. From then on it counts as named, so that a crash is seen.
  Server(std::vector<platform::RedisAddress> candidates, std::string address, bool automatic,
         const Environment& environment, std::span<const CollectorSpec* const> enabled);

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
  void gather(std::span<const Run> runs);
  bool exchange(const platform::Deadline& deadline);
  bool learn(bool* changed);
  void read_replies(std::span<Run> runs);
  void write_self(Sink& self, bool up, double seconds);

  const std::string address_;
  const double timeout_;  // seconds
  platform::RedisConnection connection_;
  TargetPlace place_;
  ServerInfo info_;
  Requests requests_;
  std::vector<Collector> collectors_;
  std::vector<Reply> replies_;
  std::string reason_;
  std::atomic<bool> shown_;  // write_late() reads it from another thread
  platform::RedisConnection::Failure failure_ = {};
  double connect_seconds_ = 0;
  double seconds_ = 0;
  std::uint64_t scrapes_ = 0;
};

// --- options.cpp -----------------------------------------------------------------------------------------------------
inline constexpr std::string_view kProbeTargets = "redis.probe-targets";

inline constexpr OptionDesc kTargetOptions[] = {
    {"redis.addr", OptionType::list, "",
     "Redis servers: redis://[user:password@]host[:port][/database], valkey://, unix:///path or host:port; repeatable, "
     "or separated by commas. Not given: a server on this machine is looked for. Empty: none.",
     "REDIS_ADDR"},
    {"redis.user", OptionType::text, "", "User for Redis servers whose address has none.", "REDIS_USER"},
    {"redis.password", OptionType::text, "",
     "Password for Redis servers whose address has none; the environment keeps it out of the process list.",
     "REDIS_PASSWORD"},
    {"connection-timeout", OptionType::seconds, "15s",
     "Most time for one Redis server in a scrape; the scrape's own deadline comes first.",
     "REDIS_EXPORTER_CONNECTION_TIMEOUT"},
    {"set-client-name", OptionType::flag, "true", "Redis: name the connection with CLIENT SETNAME.",
     "REDIS_EXPORTER_SET_CLIENT_NAME"},
    {"config-command", OptionType::text, "CONFIG", "Redis: what CONFIG was renamed to; - never sends it.",
     "REDIS_EXPORTER_CONFIG_COMMAND"},
    {kProbeTargets, OptionType::list, "",
     "Redis servers that GET /scrape may read with --redis.password or by a socket: HOST[:PORT] with * and ?, "
     "ADDRESS/BITS[:PORT] or /SOCKET; repeatable, or separated by commas. Given: no others. Not given: any by TCP, "
     "with "
     "what the request brings. Empty: none."},
    {"disable-scrape-endpoint", OptionType::flag, "false", "Redis: do not serve GET /scrape?target=...",
     "REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT"},
};

std::vector<std::unique_ptr<Target>> make_targets(const Environment& environment,
                                                  std::span<const CollectorSpec* const> enabled);

// --- probe.cpp -------------------------------------------------------------------------------------------------------
// GET /scrape?target=...: a server that the request names; see collectors/probe_list.h for who may be asked.
std::unique_ptr<Prober> make_prober(const Environment& environment, std::span<const CollectorSpec* const> enabled);

}  // namespace exporter::redis
