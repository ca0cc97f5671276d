#include "platform/sha256.h"

#include <openssl/sha.h>

#include <array>

#include "platform/base64.h"

namespace platform {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(std::string_view text) {
  Digest digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const Digest digest = digest_of(text);
  std::string result;
  result.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 0xFU];
  }
  return result;
}

std::string sha256_base64(std::string_view text) {
  const Digest digest = digest_of(text);
  return base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace platform
