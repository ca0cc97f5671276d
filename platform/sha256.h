// The SHA-256 of a text (FIPS 180-4).
#pragma once
#include <string>
#include <string_view>

namespace platform {

// As sha256sum(1) prints it: 64 hexadecimal digits.
std::string sha256_hex(std::string_view text);
// As Content-Security-Policy takes it: the 32 bytes in base64.
std::string sha256_base64(std::string_view text);

}  // namespace platform
