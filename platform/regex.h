// A regular expression given by the user: RE2 syntax, searched anywhere in the text unless it is anchored.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace platform {

class Pattern {
 public:
  Pattern();  // matches nothing
  // `error()` says what is wrong when the text is no regular expression.
  explicit Pattern(const std::string& text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  bool empty() const noexcept { return !regex_; }
  const std::string& error() const noexcept { return error_; }
  bool matches(std::string_view text) const;

 private:
  std::unique_ptr<re2::RE2> regex_;
  std::string error_;
};

// The include and exclude pair of a collector: kept when the include pattern (if any) matches and the exclude pattern
// (if any) does not. Remember the answer per entity: a match costs about 0.1 us.
struct Filter {
  Pattern include;
  Pattern exclude;
  bool keeps(std::string_view text) const {
    return (include.empty() || include.matches(text)) && (exclude.empty() || !exclude.matches(text));
  }
};

}  // namespace platform
