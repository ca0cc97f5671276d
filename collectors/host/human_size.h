// Sizes that drivers round for people: "20.4G", "-321.5k", "512". The letters stand for powers of 1024.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "exporter/metric.h"
#include "platform/text.h"

namespace exporter::host {

// What the digits after the point are. `tenths`: as everywhere. `bcache`: bch_hprint() writes hundredths of the rest of
// a division by 1024, so that ".10" is more than ".9".
enum class Fraction : std::uint8_t { tenths, bcache };

namespace human_size_detail {

inline std::optional<double> mantissa(std::string_view text, Fraction fraction) noexcept {
  const auto point = text.find('.');
  if (fraction == Fraction::tenths || point == std::string_view::npos) {
    return platform::number<double>(text);
  }
  const auto whole = platform::number<std::int64_t>(text.substr(0, point));
  const auto rest = platform::number<std::uint32_t>(text.substr(point + 1));
  if (!whole || !rest) {
    return std::nullopt;
  }
  const double part = *rest / 10.24;
  const auto value = static_cast<double>(*whole);
  return text.starts_with('-') ? value - part : value + part;
}

}  // namespace human_size_detail

// Nothing when `text` is no such size. Without a letter and a point it is exact, otherwise without a fraction.
inline std::optional<Value> human_size(std::string_view text, Fraction fraction = Fraction::tenths) noexcept {
  if (const auto exact = platform::number<std::uint64_t>(text)) {
    return *exact;
  }
  constexpr std::string_view kLetters = "kMGTPEZY";
  double scale = 1;
  if (!text.empty()) {
    const char last = text.back() == 'K' ? 'k' : text.back();
    if (const auto power = kLetters.find(last); power != std::string_view::npos) {
      scale = std::exp2(10.0 * static_cast<double>(power + 1));
      text.remove_suffix(1);
    }
  }
  const auto value = human_size_detail::mantissa(text, fraction);
  if (!value) {
    return std::nullopt;
  }
  return std::trunc(*value * scale);
}

}  // namespace exporter::host
