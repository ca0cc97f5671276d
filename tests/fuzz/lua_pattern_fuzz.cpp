// Feeds LuaPattern with any pattern and text: an input is the pattern, a zero byte, and the text. A pattern without
// error must end by itself, find the same a second time and where it is anchored, and a text without magic characters
// must be found where it stands.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "platform/lua_pattern.h"

namespace {

using platform::LuaPattern;
using Found = LuaPattern::Found;

[[noreturn]] void complain(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// A pattern for `text` itself.
std::string quoted(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    pattern.append(plain ? "" : "%").append(1, c);
  }
  return pattern;
}

void check_pattern(const std::string& text, std::string_view subject) {
  const LuaPattern pattern(text);
  std::string captures = "before";
  const Found found = pattern.find(subject, captures);
  if (!captures.starts_with("before") || (found != Found::yes && captures != "before")) {
    complain("captures without a match");
  }
  if (!pattern.error().empty() && found != Found::no) {
    complain("a bad pattern matches");
  }
  // A position is a number of at most 20 digits.
  if (captures.size() > 6 + LuaPattern::kMaxCaptures * std::max<std::size_t>(subject.size(), 20)) {
    complain("captures longer than the text");
  }
  std::string again = "before";
  if (pattern.find(subject, again) != found || again != captures) {
    complain("the second search differs");
  }
  if (text.starts_with('^') && !text.starts_with("^^") && found == Found::yes) {
    std::string anywhere = "before";
    if (LuaPattern(text.substr(1)).find(subject, anywhere) != Found::yes || anywhere != captures) {
      complain("not found without its anchor");
    }
  }
}

void check_plain(std::string_view part, std::string_view subject) {
  const LuaPattern pattern("()" + quoted(part));
  std::string place;
  const Found found = pattern.find(subject, place);
  const std::size_t at = subject.find(part);
  if (!pattern.error().empty() || found == Found::too_long) {
    return;  // 4096 bytes may take more steps than there are
  }
  if ((found == Found::yes) != (at != std::string_view::npos) ||
      (found == Found::yes && place != std::to_string(at + 1))) {
    complain("a text without magic is not found where it stands");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\0'), input.size());
  const auto text = input.substr(std::min(end + 1, input.size()));
  check_pattern(std::string(input.substr(0, end)), text);
  check_plain(input.substr(0, end), text);
  check_plain(text.substr(text.size() / 3, text.size() / 3), text);
  return 0;
}
