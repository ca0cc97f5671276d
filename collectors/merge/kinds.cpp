#include "collectors/merge/kinds.h"

#include <algorithm>
#include <span>

#include "platform/ascii.h"

namespace exporter::merge {
namespace {

struct Word {
  std::string_view word;
  Kind kind;
};
constexpr Word kTextKinds[] = {{"counter", Kind::counter},
                               {"gauge", Kind::gauge},
                               {"untyped", Kind::untyped},
                               {"histogram", Kind::histogram},
                               {"summary", Kind::summary}};
constexpr Word kOpenMetricsKinds[] = {{"counter", Kind::counter}, {"gauge", Kind::gauge},
                                      {"unknown", Kind::untyped}, {"histogram", Kind::histogram},
                                      {"summary", Kind::summary}, {"gaugehistogram", Kind::gauge_histogram},
                                      {"info", Kind::info},       {"stateset", Kind::state_set}};

}  // namespace

std::optional<Kind> kind_of(std::string_view word, Format format) {
  const std::string small = platform::lower(word);
  const std::span<const Word> words = format == Format::text ? std::span<const Word>(kTextKinds) : kOpenMetricsKinds;
  const auto known = std::find_if(words.begin(), words.end(), [&](const Word& one) { return one.word == small; });
  return known == words.end() ? std::nullopt : std::optional(known->kind);
}

bool fits(Kind kind, Format format, std::string_view suffix) {
  const bool open = format == Format::open_metrics;
  switch (kind) {
    case Kind::counter:
      return open ? suffix == "_total" || suffix == "_created" : suffix.empty();
    case Kind::histogram:
      return suffix == "_bucket" || suffix == "_sum" || suffix == "_count" || (open && suffix == "_created");
    case Kind::summary:
      return suffix.empty() || suffix == "_sum" || suffix == "_count" || (open && suffix == "_created");
    case Kind::gauge_histogram:
      return suffix == "_bucket" || suffix == "_gsum" || suffix == "_gcount";
    case Kind::info:
      return suffix == "_info";
    case Kind::gauge:
    case Kind::untyped:
    case Kind::state_set:
      break;
  }
  return suffix.empty();
}

}  // namespace exporter::merge
