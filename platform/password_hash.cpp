#include "platform/password_hash.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>

#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kSize = 60;
constexpr std::size_t kSettings = 7;  // "$2b$10$"
constexpr int kLeast = 4;
constexpr int kMost = 20;  // a minute for each attempt; more is a mistake

bool in_alphabet(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '/'; }

}  // namespace

std::string check_bcrypt(std::string_view hash) {
  const bool form = hash.size() == kSize &&
                    (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$")) &&
                    hash[6] == '$' && std::all_of(hash.begin() + kSettings, hash.end(), in_alphabet);
  if (!form) {
    return "no bcrypt hash, which looks like $2y$10$ and 53 characters more (htpasswd -nBC 10 USER)";
  }
  const auto cost = number<int>(hash.substr(4, 2));
  if (!cost || *cost < kLeast || *cost > kMost) {
    return "the cost of the bcrypt hash is not 04 to 20";
  }
  return {};
}

bool matches_bcrypt(const std::string& password, const std::string& hash) {
  if (password.find('\0') != std::string::npos) {
    return false;
  }
  auto data = std::make_unique<crypt_data>();  // 32 KiB, which crypt_r(3) wants zeroed
  const char* const made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool same =
      made != nullptr && std::strlen(made) == hash.size() && ::CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
  ::OPENSSL_cleanse(data.get(), sizeof *data);
  return same;
}

std::string hopeless_bcrypt(std::string_view like) {
  std::string hash(like);
  // The last character stands for four bits: this one never comes out.
  std::fill(hash.begin() + kSettings, hash.end(), '.');
  hash.back() = '/';
  return hash;
}

}  // namespace platform
