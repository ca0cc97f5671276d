// The part of PageGzip that works out what it has not seen before.
#include <algorithm>
#include <bit>

#include "exporter/page_gzip.h"
#include "exporter/page_gzip_parts.h"

namespace exporter {
namespace {

constexpr std::size_t kComments = 4096;  // in one part

std::uint64_t match_step(const PageToken& token) {
  return 1U | (std::uint64_t{token.part} << 1U) | (std::uint64_t{token.length} << 25U) |
         (static_cast<std::uint64_t>(std::int64_t{token.shift}) << 40U);
}

template <class T>
void make_room(std::vector<T>& all, std::size_t more) {
  if (all.capacity() - all.size() < more) {
    all.reserve(all.size() + more + all.size() / 8);  // not twice the size, as it would by itself
  }
}

}  // namespace

std::size_t part_length(std::string_view rest) {
  std::size_t at = rest.front() == '\n' ? 1 : 0;
  while (true) {
    const std::size_t end = std::min(rest.find('\n', at), rest.size());
    if (end != at && rest[at] != '#') {
      const std::size_t space = rest.substr(at, end - at).rfind(' ');
      return space == std::string_view::npos ? end : at + space + 1;
    }
    if (end == rest.size() || end > kComments) {
      return end;
    }
    at = end + 1;
  }
}

// The tails of the page being learned, to find one that is known already.
class PageGzip::Tails {
 public:
  explicit Tails(std::string_view text)
      : slots_(std::bit_ceil(2 * static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 2)) {}

  // A part with the same tail, or kNone; then `number` is one for the next.
  std::uint32_t find(const PageGzip& page, std::string_view tail, std::uint32_t number) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = std::hash<std::string_view>{}(tail)&mask;; slot = (slot + 1) & mask) {
      if (slots_[slot] == 0) {
        slots_[slot] = number + 1;
        return kNone;
      }
      if (page.tail_of(page.parts_[slots_[slot] - 1]) == tail) {
        return slots_[slot] - 1;
      }
    }
  }

 private:
  std::vector<std::uint32_t> slots_;  // numbers of parts, plus 1
};

std::uint32_t PageGzip::keep_text(std::string_view text) {
  make_room(texts_, text.size());
  const auto at = static_cast<std::uint32_t>(texts_.size());
  texts_.insert(texts_.end(), text.begin(), text.end());
  return at;
}

std::uint32_t PageGzip::keep(std::string_view part, Tails* tails) {
  make_room(parts_, 1);
  const auto number = static_cast<std::uint32_t>(parts_.size() - 1);
  const std::string_view head = part.substr(0, cut_of(part));
  const std::string_view tail = part.substr(head.size());
  Part& made = parts_[number];
  made.head_size = static_cast<std::uint32_t>(head.size());
  made.tail_size = static_cast<std::uint32_t>(tail.size());
  const bool same = number != 0 && head_of(parts_[number - 1]) == head;
  made.head = same ? parts_[number - 1].head : keep_text(head);
  const std::uint32_t known = tails != nullptr && !tail.empty() ? tails->find(*this, tail, number) : kNone;
  made.tail = known != kNone ? parts_[known].tail : keep_text(tail);
  parts_.push_back({.step = made.step});
  return number;
}

// Appends the steps of a part whose tokens these are.
void PageGzip::put_steps(std::string_view part, const PageToken* token, const PageToken* last) {
  make_room(steps_, part.size());
  std::uint64_t bits = 0;
  unsigned count = 0;
  const auto put_words = [&] {
    if (count != 0) {
      steps_.push_back((bits << 8U) | (std::uint64_t{count} << 1U));
      bits = 0;
      count = 0;
    }
  };
  std::size_t at = 0;
  for (; token != last; ++token) {
    const std::size_t end = at + token->length;
    if (token->part != PageToken::kLiteral) {
      put_words();
      steps_.push_back(match_step(*token));
      at = end;
    }
    for (; at < end; ++at) {
      const auto word = code_.literal(part[at]);
      if (count + word.count > kMostBits) {
        put_words();
      }
      bits |= std::uint64_t{word.bits} << count;
      count += word.count;
    }
  }
  put_words();
}

void PageGzip::count(std::string_view part, std::size_t at, const PageToken* token, const PageToken* last,
                     DeflateCode::Counts& counts) const {
  std::size_t byte = 0;
  for (; token != last; ++token) {
    if (token->part != PageToken::kLiteral) {
      const auto apart = static_cast<std::int64_t>(at - parts_[token->part].at);
      counts.match(token->length, static_cast<std::size_t>(apart + token->shift));
    } else {
      for (const char literal : part.substr(byte, token->length)) {
        ++counts.symbols[static_cast<unsigned char>(literal)];
      }
    }
    byte += token->length;
  }
}

// Cuts the page into parts, finds what they have in common and makes a code of the counts. False: not worth it.
bool PageGzip::learn(std::string_view text) {
  LineMatcher matcher(text);
  DeflateCode::Counts counts;
  Values values{};
  std::vector<PageToken> tokens;
  std::vector<std::size_t> ends;  // in tokens, of each part
  Tails tails(text);
  parts_.assign(1, {});
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = part_length(text.substr(at));
    const std::uint32_t number = keep(text.substr(at, length), &tails);
    parts_[number].at = at;
    matcher.place({number, at, length});
    const std::size_t first = tokens.size();
    matcher.match(tokens);
    ends.push_back(tokens.size());
    order_.push_back(number);
    count(text.substr(at, length), at, tokens.data() + first, tokens.data() + tokens.size(), counts);
    at += length;
    if (const auto match = match_value(text, at, values); match.length != 0) {
      counts.match(match.length, match.distance);
      at += match.length;
    }
    for (; at < text.size() && text[at] != '\n'; ++at) {
      ++counts.symbols[static_cast<unsigned char>(text[at])];
    }
    if (tokens.size() * sizeof(std::uint64_t) > text.size() || number == kMostParts) {
      return false;
    }
  }
  ++counts.symbols[DeflateCode::kEnd];
  code_.make(counts);
  const PageToken* token = tokens.data();
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const PageToken* const last = tokens.data() + ends[i];
    parts_[i].step = static_cast<std::uint32_t>(steps_.size());
    put_steps(text.substr(parts_[i].at, length_of(static_cast<std::uint32_t>(i))), token, last);
    token = last;
  }
  parts_.back().step = static_cast<std::uint32_t>(steps_.size());
  texts_.shrink_to_fit();
  steps_.shrink_to_fit();
  order_.shrink_to_fit();
  parts_.shrink_to_fit();
  return true;
}

std::uint32_t PageGzip::add(std::string_view text, std::size_t at, std::size_t length, Changes& changes) {
  const std::string_view part = text.substr(at, length);
  const std::uint32_t number = keep(part, nullptr);
  changes.matcher.place({number, at, length});
  changes.tokens.clear();
  changes.matcher.match(changes.tokens);
  put_steps(part, changes.tokens.data(), changes.tokens.data() + changes.tokens.size());
  parts_.back().step = static_cast<std::uint32_t>(steps_.size());
  ++changes.added;
  return number;
}

}  // namespace exporter
