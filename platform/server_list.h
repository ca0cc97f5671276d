// A list of servers given by the user: "db*.example.com:5432, 10.0.0.0/24, [2001:db8::]/32:*, /run/postgresql".
//
// An entry is HOST[:PORT] or the absolute path of a socket, or of its folder. HOST is a name, a numeric address (IPv6
// in brackets), a network ADDRESS/BITS, or *, which is any host. PORT is a number or *; without it the usual one is
// meant. In a name * stands for letters, digits, '-' and '_', at its beginning for dots as well (*.example.com), and ?
// for one of them. The last part of a name with dots has neither: else 10.0.0.* would list 10.0.0.com. In a path they
// stand for anything but '/'.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/byte_stream.h"

namespace platform {

class ServerList {
 public:
  // Reads one entry or several, separated by commas. Returns an empty text, or one line that says what is wrong.
  std::string add(std::string_view text, std::uint16_t usual_port);

  bool empty() const noexcept { return entries_.empty(); }
  // By the name as it is written, which is not looked up: a listed name is trusted to lead to the right place.
  bool has(const Endpoint& server) const;

 private:
  struct Entry {
    std::string host;     // lower case; a path when it starts with '/'
    std::string network;  // the bytes of a numeric address; empty: `host` is a name
    unsigned bits = 0;    // of the network
    bool any_port = false;
    std::uint16_t port = 0;
  };
  static std::string read(std::string_view text, std::uint16_t usual_port, Entry& entry);
  static std::string read_host(Entry& entry, std::string_view bits);
  std::vector<Entry> entries_;
};

}  // namespace platform
