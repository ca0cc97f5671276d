// The types that families of such pages are of, and the names that their samples have.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter::merge {

enum class Format : std::uint8_t { text, open_metrics };

// OpenMetrics has more than the text format.
enum class Kind : std::uint8_t { counter, gauge, untyped, histogram, summary, gauge_histogram, info, state_set };

// The kind that a TYPE line names.
std::optional<Kind> kind_of(std::string_view word, Format format);

// What may stand behind a family's name in those of its samples.
inline constexpr std::array<std::string_view, 8> kSuffixes = {"_bucket", "_sum",    "_count",   "_total",
                                                              "_gsum",   "_gcount", "_created", "_info"};

// Whether samples of such a family may have this behind its name.
bool fits(Kind kind, Format format, std::string_view suffix);

}  // namespace exporter::merge
