#include "platform/server_list.h"

#include <arpa/inet.h>

#include <algorithm>

#include "platform/ascii.h"
#include "platform/text.h"
#include "platform/wildcard.h"

namespace platform {
namespace {

constexpr std::size_t kIpv4 = 4;
constexpr std::size_t kIpv6 = 16;

// The bytes of a numeric address as it is usually written; empty for a name.
std::string numeric(const std::string& host) {
  std::string bytes(kIpv6, '\0');
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) {
    return bytes;
  }
  bytes.resize(kIpv4);
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ? bytes : std::string();
}

bool same_network(std::string_view address, std::string_view network, unsigned bits) {
  if (address.size() != network.size()) {
    return false;
  }
  const std::size_t whole = bits / 8;
  const unsigned rest = bits % 8;
  if (address.substr(0, whole) != network.substr(0, whole)) {
    return false;
  }
  const auto differ = rest == 0 ? 0U : static_cast<unsigned char>(address[whole] ^ network[whole]);
  return differ >> (8 - rest) == 0;
}

bool name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

// * and ? stand for characters of one part of a name; a * at the beginning for dots as well.
bool matches_host(std::string_view pattern, std::string_view host) {
  return matches_wildcard(pattern, host, [&](std::size_t at, std::size_t wild) {
    return name_character(host[at]) || (wild == 0 && pattern[0] == '*' && host[at] == '.');
  });
}

bool matches_path(std::string_view pattern, std::string_view path) {
  return matches_wildcard(pattern, path, [&](std::size_t at, std::size_t /*wild*/) { return path[at] != '/'; });
}

// Cuts ":PORT" off; false when it is no port.
bool take_port(std::string_view& text, std::uint16_t& port, bool& any) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos) {
    return true;
  }
  const auto written = text.substr(colon + 1);
  text = text.substr(0, colon);
  any = written == "*";
  const auto value = number<std::uint16_t>(written);
  port = value.value_or(0);
  return any || port != 0;
}

}  // namespace

std::string ServerList::add(std::string_view text, std::uint16_t usual_port) {
  while (!text.empty()) {
    const auto one = trim(take(text, ','));
    if (one.empty()) {
      continue;
    }
    Entry entry;
    if (auto wrong = read(one, usual_port, entry); !wrong.empty()) {
      return "'" + std::string(one) + "': " + wrong;
    }
    entries_.push_back(std::move(entry));
  }
  return {};
}

std::string ServerList::read(std::string_view text, std::uint16_t usual_port, Entry& entry) {
  const bool path = text.starts_with('/');
  entry.port = usual_port;
  entry.any_port = path;
  if (!take_port(text, entry.port, entry.any_port)) {
    return "the port is neither a number from 1 to 65535 nor *";
  }
  if (path) {
    entry.host = text;
    return {};
  }
  const auto slash = text.find('/');
  const auto bits = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  if (slash != std::string_view::npos && bits.empty()) {
    return "'/' without the number of bits of a network";
  }
  text = text.substr(0, slash);
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) {
      return "'[' without ']'";
    }
    text = text.substr(1, text.size() - 2);
  } else if (text.find(':') != std::string_view::npos) {
    return "an IPv6 address stands in brackets, as in [::1]:5432";
  }
  entry.host = lower(text);
  return read_host(entry, bits);
}

std::string ServerList::read_host(Entry& entry, std::string_view bits) {
  entry.network = numeric(entry.host);
  if (!entry.network.empty()) {
    const auto all = static_cast<unsigned>(entry.network.size() * 8);
    const auto given = bits.empty() ? std::optional(all) : number<unsigned>(bits);
    if (!given || *given > all) {
      return "a network has 0 to " + std::to_string(all) + " bits";
    }
    entry.bits = *given;
    return {};
  }
  const auto known = [](char c) { return name_character(c) || c == '.' || c == '*' || c == '?'; };
  if (!bits.empty() || entry.host.empty() || !std::all_of(entry.host.begin(), entry.host.end(), known)) {
    return "expected HOST[:PORT], ADDRESS/BITS[:PORT] or the absolute path of a socket";
  }
  const auto dot = entry.host.rfind('.');
  if (dot != std::string::npos && entry.host.find_first_of("*?", dot) != std::string::npos) {
    return "* and ? cannot stand in the last part of a name; a network is written 10.0.0.0/24";
  }
  return {};
}

bool ServerList::has(const Endpoint& server) const {
  if (!server.path.empty()) {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.host.starts_with('/') && (entry.any_port || entry.port == server.port) &&
             matches_path(entry.host, server.path);
    });
  }
  const std::string host = lower(server.host);
  const std::string address = numeric(host);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    if (entry.host.starts_with('/') || (!entry.any_port && entry.port != server.port)) {
      return false;
    }
    if (entry.host == "*") {
      return true;
    }
    if (!entry.network.empty()) {
      return same_network(address, entry.network, entry.bits);
    }
    return address.empty() && matches_host(entry.host, host);
  });
}

}  // namespace platform
