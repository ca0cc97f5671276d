// What a Redis server says that knows all commands, of all versions and look-alikes, and has keys of all types.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/command.h"

namespace tests {

using Words = std::vector<std::string>;

// Of a command as FakeRedis shows it.
Words words_of(std::string_view command);

// The reply to `command`; `port` is the server's own, for those that name servers.
std::string known_answer(const std::string& command, exporter::redis::Mode mode, std::uint16_t port);

}  // namespace tests
