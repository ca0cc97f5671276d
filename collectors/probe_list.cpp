#include "collectors/probe_list.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter {

ProbeList::ProbeList(const Options& options, std::string_view name, std::uint16_t usual_port)
    : name_(name), given_(options.given(name)) {
  for (const auto& text : options.list(name)) {
    if (const auto wrong = servers_.add(text, usual_port); !wrong.empty()) {
      throw OptionError("option " + std::string(name) + ": " + wrong);
    }
  }
}

std::string ProbeList::refusal(const platform::Endpoint& server, bool secret) const {
  if (given_) {
    return servers_.has(server) ? std::string() : "the target is none of those that --" + std::string(name_) + " lists";
  }
  if (secret) {
    return "a password of the configuration is sent to no target but those that --" + std::string(name_) + " lists";
  }
  if (!server.path.empty()) {
    return "no socket of this machine is read but those that --" + std::string(name_) + " lists";
  }
  return {};
}

bool plain_host(std::string_view host) noexcept {
  return !host.empty() && host.front() != '-' && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:%").find(c) != std::string_view::npos;
  });
}

bool plain_path(std::string_view path) noexcept {
  if (!path.starts_with('/')) {
    return false;
  }
  while (!path.empty()) {
    if (platform::take(path, '/') == "..") {
      return false;
    }
  }
  return true;
}

}  // namespace exporter
