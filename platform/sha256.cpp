#include "platform/sha256.h"

#include <openssl/sha.h>

#include <array>

namespace platform {

std::string sha256_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string result;
  result.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 0xFU];
  }
  return result;
}

}  // namespace platform
