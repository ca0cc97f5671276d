// The SHA-256 of a text (FIPS 180-4), as sha256sum(1) prints it: 64 hexadecimal digits.
#pragma once
#include <string>
#include <string_view>

namespace platform {

std::string sha256_hex(std::string_view text);

}  // namespace platform
