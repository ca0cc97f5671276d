// Which servers a request may have read: the rule for /probe and /scrape.
//
// Listed servers (--postgres.probe-targets, --redis.probe-targets): all that there is, the configuration's passwords
// and sockets of this machine included. Without a list: any server reached by TCP, with nothing but what the request
// itself brings along. With a list, an empty one too: no others.
#pragma once
#include <string_view>

#include "exporter/collector.h"
#include "platform/server_list.h"

namespace exporter {

class ProbeList {
 public:
  // Throws OptionError when the list option `name` holds what is no entry. `name` outlives this.
  ProbeList(const Options& options, std::string_view name, std::uint16_t usual_port);

  // Why `server` may not be read, or empty. `secret`: a password of the configuration would be sent.
  std::string refusal(const platform::Endpoint& server, bool secret) const;
  bool has(const platform::Endpoint& server) const { return servers_.has(server); }

 private:
  std::string_view name_;
  bool given_;
  platform::ServerList servers_;
};

// True for what can be the name or address of one host: letters, digits and -._:% (a scope), nothing that a resolver or
// a client library takes for several hosts, a path or anything else.
bool plain_host(std::string_view host) noexcept;

// True for an absolute path without "..".
bool plain_path(std::string_view path) noexcept;

}  // namespace exporter
