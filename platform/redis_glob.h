// Redis' own glob patterns, as of KEYS and SCAN MATCH: * ? [a-z] [^a] and \ before a character that stands for itself.
#pragma once
#include <string_view>

namespace platform {

// In linear time for each star: one that comes later makes going back to an earlier one needless.
bool matches_redis_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace platform
