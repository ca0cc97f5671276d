// One question and its answer by UDP.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "platform/deadline.h"

namespace platform {

struct UdpQuery {
  std::string host;  // an address, or a name: that is looked up with getaddrinfo, which does not mind the deadline
  std::uint16_t port = 0;
  int ttl = 0;  // hops that the question may take; 0 for the system's default
};

// Sends `question` and waits for one datagram from there. `about_to_send` is called just before it goes out and may
// still change what `question` views. Returns 0, or an errno value: EADDRNOTAVAIL when the name does not resolve.
int ask(const UdpQuery& query, std::span<const char> question, const std::function<void()>& about_to_send,
        std::span<char> answer, std::size_t& got, const Deadline& deadline);

}  // namespace platform
