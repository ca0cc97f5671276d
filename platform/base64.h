// Base64 (RFC 4648, section 4).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace platform {

std::string base64(std::string_view bytes);
// Nothing for what is none. Padding is needed.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace platform
