#include "platform/regex.h"

#include <re2/re2.h>

namespace platform {

Pattern::Pattern() = default;

Pattern::Pattern(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_unique<re2::RE2>(text, options);
  if (regex->ok()) {
    regex_ = std::move(regex);
  } else {
    error_ = regex->error();
  }
}

Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

bool Pattern::matches(std::string_view text) const {
  return regex_ && re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
}

}  // namespace platform
