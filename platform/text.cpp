#include "platform/text.h"

#include <cmath>
#include <limits>

#include "platform/ascii.h"

namespace platform {
std::optional<double> lenient_number(std::string_view text) noexcept {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (digits.starts_with('+') || negative) {
    digits.remove_prefix(1);
  }
  if (digits.starts_with('+') || digits.starts_with('-')) {
    return std::nullopt;
  }
  if (equal_ignoring_case(digits, "inf") || equal_ignoring_case(digits, "infinity")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (equal_ignoring_case(text, "nan")) {  // a NaN has no sign
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto value = number<double>(digits);
  if (!value || std::isnan(*value)) {  // from_chars also takes "nan(1)"
    return std::nullopt;
  }
  return negative ? -*value : *value;
}

}  // namespace platform
