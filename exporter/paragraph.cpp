#include "exporter/paragraph.h"

#include <algorithm>

namespace exporter {
namespace {

bool blank(char c) noexcept { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }

std::string_view next_word(std::string_view& text) {
  const auto* const begin = std::find_if_not(text.begin(), text.end(), blank);
  const auto* const end = std::find_if(begin, text.end(), blank);
  text.remove_prefix(static_cast<std::size_t>(begin - text.begin()));
  const auto word = text.substr(0, static_cast<std::size_t>(end - begin));
  text.remove_prefix(word.size());
  return word;
}

// Where to cut a word so that its first part has `most` columns at most.
std::size_t cut_of(std::string_view word, std::size_t most) {
  std::size_t end = 0;
  std::size_t good = 0;
  for (std::size_t width = 0; end < word.size(); ++end) {
    width += (static_cast<unsigned char>(word[end]) & 0xC0U) != 0x80 ? 1 : 0;
    if (width > most) {
      break;
    }
    good = word[end] == '|' || word[end] == ',' ? end + 1 : good;
  }
  return good != 0 ? good : std::max<std::size_t>(end, 1);
}

std::size_t last_line(const std::string& out) {
  const auto line = out.rfind('\n');
  return columns(std::string_view(out).substr(line == std::string::npos ? 0 : line + 1));
}

}  // namespace

std::size_t columns(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

void append_paragraph(std::string& out, std::string_view text, std::size_t indent) {
  std::size_t at = last_line(out);
  bool fresh = true;  // no word stands in this line yet
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
    std::size_t width = columns(word);
    const auto begin_line = [&] {
      out.append("\n").append(indent, ' ');
      at = indent;
      fresh = true;
    };
    if (!fresh && at + 1 + width > kColumns) {
      begin_line();
    }
    for (; at + width > kColumns && indent < kColumns; width = columns(word)) {
      const std::size_t cut = cut_of(word, kColumns - std::min(at, kColumns - 1));
      out += word.substr(0, cut);
      word.remove_prefix(cut);
      begin_line();
    }
    out.append(fresh ? "" : " ").append(word);
    at += width + (fresh ? 0 : 1);
    fresh = false;
  }
  out += '\n';
}

void pad_to(std::string& out, std::size_t column) {
  const std::size_t at = last_line(out);
  out.append(at == 0 ? column : std::max(column, at + 1) - at, ' ');
}

}  // namespace exporter
