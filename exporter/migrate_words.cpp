#include "exporter/migrate_words.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "platform/ascii.h"
#include "platform/pq_dsn.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

constexpr std::string_view kEscapedInDoubleQuotes = "\"\\`$\n";

// What a backslash and the character behind it stand for.
void append_escaped(std::string& word, char next, Quoting quoting, char quote) {
  const bool known = quoting == Quoting::argument || (quoting == Quoting::shell && quote == '\0') ||
                     (quoting == Quoting::shell ? kEscapedInDoubleQuotes.find(next) != std::string_view::npos
                                                : std::string_view("\\\"' $;").find(next) != std::string_view::npos);
  if (!known) {
    word += '\\';
  }
  word += next;
}

// At most once for all passwords of a text: where a URI's user and password end.
std::string masked_uri(std::string_view text, bool user_is_secret) {
  const auto scheme = text.find("://");
  const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto at = text.rfind('@');
  std::string result(text);
  if (at != std::string_view::npos && at >= begin) {
    const auto colon = text.find(':', begin);
    const bool has_user = colon != std::string_view::npos && colon < at;
    const auto from = has_user ? colon + 1 : begin;
    if ((has_user || user_is_secret) && from < at) {
      result = std::string(text.substr(0, from)).append(kPlaceholder).append(text.substr(at));
    }
  }
  return result;
}

// password=... among the parameters of a URI, or the pairs of a DSN, whose values may be quoted.
void mask_parameters(std::string& text, bool uri) {
  const std::string small = platform::lower(text);
  std::string result;
  std::size_t done = 0;
  for (auto at = small.find("password"); at != std::string::npos; at = small.find("password", at + 1)) {
    auto from = at + std::string_view("password").size();
    while (!uri && from < text.size() && platform::blank(text[from])) {
      ++from;
    }
    if (at < done || from >= text.size() || text[from] != '=') {
      continue;
    }
    ++from;
    while (!uri && from < text.size() && platform::blank(text[from])) {
      ++from;
    }
    auto end = from;
    const bool quoted = !uri && from < text.size() && text[from] == '\'';
    end += quoted ? 1 : 0;
    while (end < text.size() && (quoted ? text[end] != '\'' : uri ? text[end] != '&' : !platform::blank(text[end]))) {
      end += !uri && text[end] == '\\' ? 2 : 1;
    }
    end = std::min(end + (quoted ? 1 : 0), text.size());
    result.append(text, done, from - done).append(end > from ? kPlaceholder : "");
    done = end;
  }
  text = result.append(text, done);
}

std::string masked_piece(std::string_view piece, bool user_is_secret) {
  const bool uri = piece.find("://") != std::string_view::npos;
  std::string result(piece);
  mask_parameters(result, uri);
  return uri || (user_is_secret && result.find('=') == std::string::npos) ? masked_uri(result, user_is_secret) : result;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view text, Quoting quoting) {
  std::vector<std::string> words;
  bool inside = false;  // of a word, which may be empty: ''
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && platform::blank(c)) {
      inside = false;
      continue;
    }
    if (quote == '\0' && !inside && c == '#' && quoting == Quoting::shell) {
      break;
    }
    if (!inside) {
      words.emplace_back();
      inside = true;
    }
    std::string& word = words.back();
    if (c == '\\' && i + 1 < text.size() && (quote != '\'' || quoting != Quoting::shell)) {
      append_escaped(word, text[++i], quoting, quote);
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote && quote != '\0') {
      quote = '\0';
    } else {
      word += c;
      const bool twice = quoting == Quoting::unit && (c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == c;
      i += twice ? 1 : 0;
    }
  }
  return quote == '\0' ? std::optional(std::move(words)) : std::nullopt;
}

std::optional<std::string> unquote_value(std::string_view text) {
  text = platform::trim(text);
  std::string value;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      const char next = text[++i];
      if (quote == '"' && kEscapedInDoubleQuotes.find(next) == std::string_view::npos) {
        value += '\\';
      }
      value += next;
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote && quote != '\0') {
      quote = '\0';
    } else if (quote == '\0' && c == '#' && i > 0 && platform::blank(text[i - 1])) {
      return std::string(platform::trim(value));  // systemd would take it for a part of the value; nobody means that
    } else {
      value += c;
    }
  }
  return quote == '\0' ? std::optional(std::move(value)) : std::nullopt;
}

std::string quote_word(std::string_view word) {
  constexpr std::string_view kSafe = "_./:=,@%+-";
  const bool safe = !word.empty() && std::all_of(word.begin(), word.end(), [kSafe](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kSafe.find(c) != std::string_view::npos;
  });
  if (safe) {
    return std::string(word);
  }
  std::string result = "'";
  for (const char c : word) {
    if (c == '\\' || c == '\'') {
      // Outside of the quotes, where a shell and systemd agree.
      result.append("'\\").append(1, c).append("'");
    } else {
      result += c;
    }
  }
  return result += '\'';
}

std::string quote_value(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    if (std::string_view("\"\\`$").find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
  }
  return result += '"';
}

std::string masked(std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 5> kSecrets{"REDIS_PASSWORD", "DATA_SOURCE_PASS", "PGPASSWORD",
                                                     "redis.password", "storage_driver_password"};
  if (std::find(kSecrets.begin(), kSecrets.end(), name) != kSecrets.end()) {
    return std::string(value.empty() ? "" : kPlaceholder);
  }
  const bool redis = name == "REDIS_ADDR" || name == "redis.addr";
  std::vector<std::string> pieces;
  if (redis) {
    for (std::string_view rest = value; !rest.empty();) {
      pieces.emplace_back(platform::take(rest, ','));
    }
    // A comma in a password makes pieces without an address of their own: then all is one.
    if (pieces.size() > 1 && std::any_of(pieces.begin(), pieces.end(), [](const std::string& piece) {
          return piece.find("://") == std::string::npos;
        })) {
      pieces.assign(1, std::string(value));
    }
  } else {
    pieces = platform::split_dsns(value);
  }
  std::string result;
  for (const auto& piece : pieces) {
    result.append(result.empty() ? "" : ",").append(masked_piece(piece, redis));
  }
  // Pieces lose blanks; without a secret the value stays as it is.
  return result.find(kPlaceholder) == std::string::npos ? std::string(value) : result;
}

bool is_plain(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || i + length > text.size() || first < 0x20 || first == 0x7f) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) {
        return false;
      }
    }
    // U+0080 to U+009F are control characters as well.
    if (first == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace exporter::migrate
