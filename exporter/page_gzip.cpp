#include "exporter/page_gzip.h"

#include <libdeflate.h>
#include <malloc.h>

#include <algorithm>
#include <cstring>

#include "exporter/page_gzip_parts.h"

namespace exporter {
namespace {

constexpr std::size_t kHeader = 10;
constexpr char kGzipHeader[kHeader] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 4, '\xff'};  // no name, no time, fastest way
// Between pages: more than a match can span, so that none reaches into an earlier page.
constexpr std::uint64_t kGap = 2 * DeflateCode::kMostDistance;
constexpr unsigned kMostWait = 128;
constexpr unsigned kMostChanged = 4;   // pages in a row
constexpr std::size_t kAhead = 8;      // parts that may be gone before the table of all is asked
constexpr std::size_t kFewAdded = 64;  // however short the page is

}  // namespace

PageGzip::PageGzip() = default;
PageGzip::~PageGzip() = default;

std::size_t PageGzip::memory() const noexcept {
  return sizeof *this + texts_.capacity() + steps_.capacity() * sizeof(std::uint64_t) +
         parts_.capacity() * sizeof(Part) + order_.capacity() * sizeof(std::uint32_t);
}

void PageGzip::forget() {
  std::vector<char>().swap(texts_);  // "= {}" keeps the memory
  std::vector<std::uint64_t>().swap(steps_);
  std::vector<Part>().swap(parts_);
  std::vector<std::uint32_t>().swap(order_);
  changed_ = 0;
  calm_ = 0;
  wait_ = next_wait_;
  next_wait_ = std::min(2 * next_wait_, kMostWait);
}

std::size_t PageGzip::pack(std::string_view text, char* out, std::size_t capacity) {
  if (text.empty() || text.size() > kMostText || capacity < bound(text.size())) {
    return 0;
  }
  if (parts_.empty() && wait_ != 0) {
    --wait_;
    return 0;
  }
  try {
    const bool anew = parts_.empty();
    const std::size_t size = anew && !learn(text) ? 0 : write(text, out);
    if (size == 0) {
      forget();
    }
    if (anew) {
      ::malloc_trim(0);  // learning takes more than what is learned
    }
    return size;
  } catch (...) {
    forget();  // what was half done is of no use to the next page
    throw;
  }
}

bool PageGzip::stands_at(std::uint32_t part, std::string_view rest) const noexcept {
  const Part& known = parts_[part];
  const std::size_t length = length_of(part);
  if (rest.size() < length || std::memcmp(texts_.data() + known.head, rest.data(), known.head_size) != 0 ||
      std::memcmp(texts_.data() + known.tail, rest.data() + known.head_size, known.tail_size) != 0) {
    return false;
  }
  // A line without a value is not the beginning of another.
  return rest[length - 1] == ' ' || rest.size() == length || rest[length] == '\n';
}

void PageGzip::start_changes(std::string_view text, std::size_t at, std::size_t turn,
                             std::unique_ptr<Changes>& changes) const {
  if (changes) {
    return;
  }
  changes = std::make_unique<Changes>(text);
  changes->order.assign(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(turn));
  std::size_t first = turn;
  while (first != 0 &&
         parts_[order_[first - 1]].at + length_of(order_[first - 1]) + LineMatcher::kWindow > base_ + at) {
    --first;
  }
  for (; first != turn; ++first) {
    const std::uint32_t part = order_[first];
    changes->matcher.place({part, static_cast<std::size_t>(parts_[part].at - base_), length_of(part)});
  }
}

// The part that stands here although another was expected, and the turn after it; kNone when it is new.
std::uint32_t PageGzip::find(std::string_view text, std::size_t at, std::size_t& turn,
                             std::unique_ptr<Changes>& changes) {
  start_changes(text, at, turn, changes);
  const std::string_view rest = text.substr(at);
  for (std::size_t next = turn + 1; next < std::min(order_.size(), turn + kAhead); ++next) {
    if (stands_at(order_[next], rest)) {
      turn = next + 1;
      return order_[next];
    }
  }
  auto& turns = changes->turns;
  if (turns.empty()) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const Part& known = parts_[order_[i]];
      turns.emplace(part_hash(head_of(known), tail_of(known)), i);
    }
  }
  const std::size_t length = part_length(rest);
  const std::size_t cut = cut_of(rest.substr(0, length));
  const auto found = turns.find(part_hash(rest.substr(0, cut), rest.substr(cut, length - cut)));
  if (found == turns.end() || length_of(order_[found->second]) != length || !stands_at(order_[found->second], rest)) {
    return kNone;
  }
  turn = found->second + 1;
  return order_[found->second];
}

// False, with nothing written, when a part that it repeats is too far away or not on this page.
bool PageGzip::write_part(BitWriter& writer, std::uint32_t part) const noexcept {
  BitWriter bits = writer;  // in registers: what is written could be the writer itself, as far as the compiler knows
  const Part* const parts = parts_.data();
  const DeflateCode& code = code_;
  const std::uint64_t here = parts[part].at;
  const std::uint64_t* step = steps_.data() + parts[part].step;
  const std::uint64_t* const last = steps_.data() + parts[part + 1].step;
  for (; step != last; ++step) {
    const std::uint64_t what = *step;
    if ((what & 1U) == 0) {
      bits.put(what >> 8U, static_cast<unsigned>(what >> 1U) & 0x7fU);
      bits.flush();
      continue;
    }
    const auto shift = static_cast<std::uint64_t>(static_cast<std::int64_t>(what) >> 40U);
    const std::uint64_t distance = here - parts[(what >> 1U) & kMostParts].at + shift;
    if (distance - 1 >= DeflateCode::kMostDistance) {
      return false;
    }
    code.put_match(bits, (what >> 25U) & 0x1ffU, distance);
  }
  writer = bits;
  return true;
}

// Up to the end of the line; returns its place.
std::size_t PageGzip::write_value(BitWriter& writer, std::string_view text, std::size_t at,
                                  Values& values) const noexcept {
  BitWriter bits = writer;
  if (const auto match = match_value(text, at, values); match.length != 0) {
    code_.put_match(bits, match.length, match.distance);
    at += match.length;
  }
  const char* byte = text.data() + at;
  const char* const end = text.data() + text.size();
  unsigned unflushed = 0;
  for (; byte != end && *byte != '\n'; ++byte) {
    const auto word = code_.literal(*byte);
    bits.put(word.bits, word.count);
    if (++unflushed == 4) {
      bits.flush();
      unflushed = 0;
    }
  }
  bits.flush();
  writer = bits;
  return static_cast<std::size_t>(byte - text.data());
}

std::size_t PageGzip::write(std::string_view text, char* out) {
  std::memcpy(out, kGzipHeader, kHeader);
  BitWriter bits(out + kHeader);
  code_.put_head(bits);
  Values values{};
  std::unique_ptr<Changes> changes;
  base_ += kGap;
  std::size_t turn = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = turn;
    std::uint32_t part = kNone;
    if (turn < order_.size() && stands_at(order_[turn], text.substr(at))) {
      part = order_[turn++];
    } else {
      part = find(text, at, turn, changes);
    }
    bool whole = false;
    if (part != kNone) {
      parts_[part].at = base_ + at;
      whole = write_part(bits, part);
    }
    if (!whole) {
      start_changes(text, at, before, changes);
      part = add(text, at, part != kNone ? length_of(part) : part_length(text.substr(at)), *changes);
      parts_[part].at = base_ + at;
      if (part == kMostParts || changes->added > kFewAdded + order_.size() * 3 / 10 || !write_part(bits, part)) {
        return 0;
      }
    } else if (changes) {
      changes->matcher.place({part, at, length_of(part)});
    }
    if (changes) {
      changes->order.push_back(part);
    }
    at = write_value(bits, text, at + length_of(part), values);
  }
  base_ += text.size();
  bits.put(code_.end().bits, code_.end().count);
  char* end = bits.finish();
  for (const std::uint32_t word :
       {libdeflate_crc32(0, text.data(), text.size()), static_cast<std::uint32_t>(text.size())}) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      *end++ = static_cast<char>(word >> shift);
    }
  }
  settle(changes.get(), turn);
  return static_cast<std::size_t>(end - out);
}

// What the page leaves for the next one.
void PageGzip::settle(Changes* changes, std::size_t turn) {
  if (changes == nullptr) {
    order_.resize(turn);  // lines at the end may be gone
    changed_ = 0;
    if (++calm_ > kMostChanged) {  // the page just learned is always one
      next_wait_ = 1;
    }
    return;
  }
  calm_ = 0;
  order_ = std::move(changes->order);
  // Too much of what is kept is of no use any more, or it is a page that never comes to rest.
  if (parts_.size() > 2 * order_.size() + kFewAdded || ++changed_ > kMostChanged) {
    forget();
  }
}

}  // namespace exporter
