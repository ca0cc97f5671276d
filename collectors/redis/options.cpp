// Which servers to watch, from the options.
#include <algorithm>

#include "collectors/redis/node_source.h"
#include "collectors/redis/target.h"
#include "platform/text.h"

namespace exporter::redis {
namespace {

using platform::RedisAddress;

// A server of this machine: on the usual port, else on the sockets of the distributions' packages.
std::vector<RedisAddress> usual_places() {
  std::vector<RedisAddress> places;
  for (const char* host : {"127.0.0.1", "::1"}) {
    auto& endpoint = places.emplace_back().endpoint;
    endpoint.host = host;
    endpoint.port = RedisAddress::kPort;
  }
  for (const char* path : {"/run/redis/redis-server.sock", "/run/redis/redis.sock", "/var/run/redis/redis-server.sock",
                           "/var/run/redis/redis.sock", "/run/valkey/valkey-server.sock", "/run/valkey/valkey.sock"}) {
    places.emplace_back().endpoint.path = path;
  }
  return places;
}

RedisAddress parse(std::string_view text, std::size_t number, bool quotable) {
  RedisAddress address;
  if (const auto wrong = platform::parse_redis_address(text, address); !wrong.empty()) {
    const std::string which = quotable ? "'" + std::string(text) + "'" : "address number " + std::to_string(number);
    throw OptionError("option redis.addr: " + which + ": " + wrong);
  }
  return address;
}

// True for those that are asked for others.
bool names_others(const RedisAddress& address, const Options& options) {
  return address.sentinel || (options.flag(kIsCluster) && address.endpoint.path.empty());
}

}  // namespace

std::vector<RedisAddress> addresses_of(const Options& options) {
  const auto given = options.list("redis.addr");
  // A comma in a password cuts an address in two: neither half may be shown then.
  const bool quotable = std::none_of(given.begin(), given.end(),
                                     [](const std::string& text) { return text.find('@') != std::string::npos; });
  std::vector<RedisAddress> addresses;
  for (const std::string_view list : given) {
    for (std::string_view rest = list; !rest.empty();) {
      if (const auto text = platform::trim(platform::take(rest, ',')); !text.empty()) {
        addresses.push_back(parse(text, addresses.size() + 1, quotable));
      }
    }
  }
  return addresses;
}

std::vector<RedisAddress> cluster_seeds(const Options& options) {
  auto seeds = addresses_of(options);
  std::erase_if(seeds, [](const RedisAddress& address) { return address.sentinel || !address.endpoint.path.empty(); });
  if (!options.given("redis.addr")) {
    seeds.push_back(usual_places().front());
  }
  return seeds;
}

std::vector<std::unique_ptr<Target>> make_targets(const Environment& environment,
                                                  std::span<const CollectorSpec* const> enabled) {
  const Options& options = environment.options;
  if (const auto& name = options.text(kNamespace); !name.empty() && !valid_name(name)) {
    throw OptionError("option namespace: letters, digits and _ only, as in --namespace=cache, not '" + name + "'");
  }
  std::vector<std::unique_ptr<Target>> targets;
  if (!options.given("redis.addr") && !options.flag(kIsCluster)) {
    targets.push_back(std::make_unique<Server>(usual_places(), "localhost:6379", true, environment, enabled));
    return targets;
  }
  std::vector<std::string> seen;
  for (const RedisAddress& address : addresses_of(options)) {
    const std::string shown = address.shown();
    if (std::find(seen.begin(), seen.end(), shown) != seen.end()) {
      throw OptionError("option redis.addr: " + shown + " is named twice");
    }
    seen.push_back(shown);
    if (!names_others(address, options)) {
      targets.push_back(std::make_unique<Server>(std::vector{address}, shown, false, environment, enabled));
    }
  }
  return targets;
}

std::unique_ptr<TargetSource> make_source(const Environment& environment,
                                          std::span<const CollectorSpec* const> enabled) {
  const Options& options = environment.options;
  std::vector<std::string> named;
  std::vector<NodeSource::Group> groups;
  for (const RedisAddress& address : addresses_of(options)) {
    if (!names_others(address, options)) {
      named.push_back(address.shown());
    } else if (address.sentinel) {
      groups.push_back({.seeds = {address}, .sentinel = true});
    }
  }
  if (auto seeds = options.flag(kIsCluster) ? cluster_seeds(options) : std::vector<RedisAddress>(); !seeds.empty()) {
    groups.push_back({.seeds = std::move(seeds), .sentinel = false});
  }
  return groups.empty() ? nullptr
                        : std::make_unique<NodeSource>(std::move(groups), std::move(named), environment, enabled);
}

}  // namespace exporter::redis
