// GET /scrape?target=redis://host:6379: one Redis server that the request names.
#include <algorithm>
#include <atomic>
#include <utility>

#include "collectors/probe_list.h"
#include "collectors/redis/target.h"

namespace exporter::redis {
namespace keys {
extern const CollectorSpec spec;
}
namespace {

using platform::RedisAddress;

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "redis_target_scrape_request_errors_total", "Requests for other servers that were refused."},
};

Probed refused(int status, std::string reason) {
  return {.target = nullptr, .status = status, .reason = std::move(reason)};
}

// A name alone is a user here, whose password the configuration knows; elsewhere it is a password.
void read_name_alone(std::string_view text, RedisAddress& address) {
  const auto at = text.rfind('@');
  auto userinfo = text.substr(0, at);
  if (const auto scheme = userinfo.find("://"); scheme != std::string_view::npos) {
    userinfo.remove_prefix(scheme + 3);
  }
  if (at != std::string_view::npos && userinfo.find(':') == std::string_view::npos) {
    address.user = std::exchange(address.password, {});
    address.login = false;
  }
}

// A server that is read with other options than the program's.
class WithOptions final : public Target {
 public:
  WithOptions(const Environment& environment, const RedisAddress& address,
              std::span<const CollectorSpec* const> collectors, platform::RedisLogins::Allowed allowed,
              std::string server_name, ProbeParameters parameters)
      : options_(environment.options),
        environment_{environment.host, options_, environment.shared},
        server_(std::vector{address}, address.shown(), false, set(environment_, options_, parameters), collectors,
                allowed, std::move(server_name)) {}

  std::string_view address() const noexcept override { return server_.address(); }
  Outcome collect(const Scrape& scrape, TargetPage& page) override { return server_.collect(scrape, page); }
  void write_late(Sink& self) const override { server_.write_late(self); }

 private:
  static const Environment& set(const Environment& environment, Options& options, ProbeParameters parameters) {
    for (const auto& [name, value] : parameters) {
      options.set(name, value);
    }
    return environment;
  }

  Options options_;
  const Environment environment_;
  Server server_;
};

class RedisProber final : public Prober {
 public:
  RedisProber(const Environment& environment, std::span<const CollectorSpec* const> enabled)
      : environment_(environment),
        enabled_(enabled),
        list_(environment.options, kProbeTargets, RedisAddress::kPort),
        logins_(access_of(environment).logins()) {}

  Probed probe(std::string_view target, std::string_view server_name, ProbeParameters keys) override {
    RedisAddress address;
    if (const auto wrong = platform::parse_redis_address(target, address); !wrong.empty()) {
      return refused(400, "target: " + wrong);
    }
    if (address.sentinel) {
      return refused(400, "target: sentinel:// is for --redis.addr; name the server itself with redis://");
    }
    const auto& server = address.endpoint;
    if (server.path.empty() ? !plain_host(server.host) : !plain_path(server.path)) {
      return refused(400, "target: the host is not the name or address of one server");
    }
    read_name_alone(target, address);
    // An entry of the password file lists its server as well, with that entry's password and no other.
    const bool named = logins_.names(address);
    if (const auto wrong = named ? std::string() : list_.refusal(server, logins_.common(address)); !wrong.empty()) {
      return refused(403, wrong);
    }
    using Allowed = platform::RedisLogins::Allowed;
    Allowed allowed = list_.has(server) ? Allowed::all : Allowed::named;
    if (!server_name.empty()) {
      if (!plain_host(server_name)) {
        return refused(400, "tls_server_name: it is not a name or address");
      }
      // Else whoever asks would choose whose certificate is good enough for our password.
      RedisAddress with = address;
      logins_.fill(with, allowed);
      if (with.login && !address.login) {
        return refused(403, "tls_server_name: a password of the configuration goes to --tls-server-name only");
      }
      allowed = Allowed::none;
    }
    auto shown = address.shown();
    if (!keys.empty()) {
      return with_keys(address, allowed, std::string(server_name), keys);
    }
    return {.target = std::make_unique<Server>(std::vector{std::move(address)}, std::move(shown), false, environment_,
                                               enabled_, allowed, std::string(server_name)),
            .status = 200};
  }

  // Who may be asked hangs on the password file.
  Settings look() override { return {.generation = logins_.generation()}; }

  void note_refusal() noexcept override { ++refusals_; }
  std::span<const MetricDesc> metrics() const noexcept override { return kMetrics; }
  void write(Sink& sink) const override { sink.add(kMetrics[0], refusals_.load()); }

 private:
  Probed with_keys(const RedisAddress& address, platform::RedisLogins::Allowed allowed, std::string server_name,
                   ProbeParameters keys) const {
    if (!environment_.options.flag(kProbeKeys)) {
      return refused(403,
                     "check-keys and its like show what keys hold: start with --redis.probe-keys to have them here");
    }
    std::vector<const CollectorSpec*> collectors(enabled_.begin(), enabled_.end());
    if (std::find(collectors.begin(), collectors.end(), &keys::spec) == collectors.end()) {
      collectors.push_back(&keys::spec);
    }
    try {
      auto target =
          std::make_unique<WithOptions>(environment_, address, collectors, allowed, std::move(server_name), keys);
      return {.target = std::move(target), .status = 200, .reason = {}, .collectors = std::move(collectors)};
    } catch (const OptionError&) {
      return refused(400, "check-keys and its like: keys are written db0=NAME, separated by commas");
    }
  }

  const Environment& environment_;
  const std::span<const CollectorSpec* const> enabled_;
  const ProbeList list_;
  platform::RedisLogins& logins_;
  std::atomic<std::uint64_t> refusals_{0};
};

}  // namespace

std::unique_ptr<Prober> make_prober(const Environment& environment, std::span<const CollectorSpec* const> enabled) {
  return environment.options.flag("disable-scrape-endpoint") ? nullptr
                                                             : std::make_unique<RedisProber>(environment, enabled);
}

}  // namespace exporter::redis
