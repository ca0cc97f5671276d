// Netlink messages written down as text, one a line: the type as a decimal number, the payload (what stands behind the
// nlmsghdr) as hexadecimal digits: "24 02180000fe02...". For tests of what the kernel of the machine does not have.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "platform/netlink.h"
#include "platform/text.h"

namespace platform::netlink {

// Calls visit(const Message&) for each line, with `payload` as its memory. Returns how many lines are no messages.
template <class Visit>
std::size_t read_text(std::string_view text, std::vector<char>& payload, Visit&& visit) {
  std::size_t bad = 0;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const auto type = number<std::uint16_t>(word(line));
    const auto digits = word(line);
    payload.clear();
    bool whole = type && digits.size() % 2 == 0;
    for (std::size_t i = 0; whole && i < digits.size(); i += 2) {
      const auto octet = hex_number<std::uint8_t>(digits.substr(i, 2));
      whole = octet.has_value();
      payload.push_back(static_cast<char>(octet.value_or(0)));
    }
    if (whole) {
      visit(Message{*type, payload});
    } else {
      ++bad;
    }
  }
  return bad;
}

}  // namespace platform::netlink
