#include "exporter/metric.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace exporter {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * 0x9fb21c651e98df25;
  return hash ^ (hash >> 32);
}

// Length of the valid UTF-8 sequence at `at`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    low = lead == 0xE0 ? 0xA0 : low;    // no overlong forms
    high = lead == 0xED ? 0x9F : high;  // no surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    low = lead == 0xF0 ? 0x90 : low;
    high = lead == 0xF4 ? 0x8F : high;
  } else {
    return 0;
  }
  if (at + length > text.size() || byte(at + 1) < low || byte(at + 1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(at + i) < 0x80 || byte(at + i) > 0xBF) {
      return 0;
    }
  }
  return length;
}

bool plain(char c) noexcept { return static_cast<signed char>(c) >= 0 && c != '\\' && c != '"' && c != '\n'; }

}  // namespace

std::string_view to_text(MetricType type) noexcept {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::untyped:
      return "untyped";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
  }
  return "untyped";
}

char* Value::write(char* out) const noexcept {
  char* const last = out + kMaxText;
  switch (kind_) {
    case Kind::u:
      return std::to_chars(out, last, unsigned_).ptr;
    case Kind::i:
      return std::to_chars(out, last, signed_).ptr;
    case Kind::d:
      break;
  }
  if (std::isfinite(double_)) {
    return std::to_chars(out, last, double_).ptr;
  }
  const std::string_view text = std::isnan(double_) ? "NaN" : double_ > 0 ? "+Inf" : "-Inf";
  return out + text.copy(out, text.size());
}

namespace {

void append_clean(std::string& out, std::string_view value, bool in_quotes) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < value.size();) {
    const char c = value[i];
    if (plain(c) || (c == '"' && !in_quotes)) {
      ++i;
      continue;
    }
    const std::size_t length = sequence_length(value, i);
    if (length > 1) {
      i += length;
      continue;
    }
    out.append(value, done, i - done);
    if (length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else {
      out += '\\';
      out += c == '\n' ? 'n' : c;
    }
    done = ++i;
  }
  out.append(value, done, std::string_view::npos);
}

}  // namespace

void append_escaped(std::string& out, std::string_view value) { append_clean(out, value, true); }

void append_help(std::string& out, std::string_view help) { append_clean(out, help, false); }

void append_sanitized_name(std::string& out, std::string_view text) {
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    out += '_';
  }
  for (const char c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += fine ? c : '_';
  }
}

// Eight octets at a time; the labels of a family differ in a few characters somewhere in the middle. Four sums beside
// each other, since a processor waits for one: the labels of containers are hundreds of octets.
std::uint64_t hash_of(std::string_view text) noexcept {
  constexpr std::size_t kSums = 4;
  std::uint64_t words[kSums];
  std::uint64_t hash = mixed(text.size(), 0);
  if (text.size() >= sizeof words) {
    std::uint64_t sums[kSums] = {hash, 1, 2, 3};
    for (; text.size() >= sizeof words; text.remove_prefix(sizeof words)) {
      std::memcpy(words, text.data(), sizeof words);
      for (std::size_t i = 0; i < kSums; ++i) {
        sums[i] = mixed(sums[i], words[i]);
      }
    }
    hash = mixed(mixed(mixed(sums[0], sums[1]), sums[2]), sums[3]);
  }
  for (; text.size() >= sizeof *words; text.remove_prefix(sizeof *words)) {
    std::memcpy(words, text.data(), sizeof *words);
    hash = mixed(hash, *words);
  }
  *words = 0;
  if (!text.empty()) {
    std::memcpy(words, text.data(), text.size());
  }
  hash = mixed(hash, *words);
  return hash == 0 ? 1 : hash;
}

LabelBlock::LabelBlock(const MetricDesc& names, std::initializer_list<std::string_view> values) {
  std::size_t next = 0;
  for (const auto value : values) {
    append(names.labels.at(next++), value);
  }
}

LabelBlock::LabelBlock(std::span<const Label> labels) {
  for (const auto& label : labels) {
    append(label.name, label.value);
  }
}

void LabelBlock::append(std::string_view name, std::string_view value) {
  hash_ = 0;
  if (!text_.empty()) {
    text_ += ',';
  }
  text_.append(name).append("=\"");
  append_escaped(text_, value);
  text_ += '"';
}

}  // namespace exporter
