#include "platform/pq_dsn.h"

#include <algorithm>
#include <array>
#include <memory>

#include "platform/pq_library.h"
#include "platform/text.h"

namespace platform {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { pq().PQconninfoFree(options); }
};
using Keywords = std::unique_ptr<PQconninfoOption, FreeOptions>;

// Keys of the lib/pq driver that libpq does not have and a server would refuse.
constexpr std::array<std::string_view, 8> kDriverOnly{
    "binary_parameters",    "disable_prepared_binary_result", "krbspn",    "load_balance_hosts",
    "max_protocol_version", "min_protocol_version",           "sslinline", "sslnegotiation"};

bool keyword_known(std::string_view name) {
  if (!load_pq().empty()) {
    return true;
  }
  const Keywords all(pq().PQconninfoParse("", nullptr));
  for (const PQconninfoOption* option = all.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (name == option->keyword) {
      return true;
    }
  }
  return false;
}

bool key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

bool valid_key(std::string_view key) {
  return !key.empty() && !(key[0] >= '0' && key[0] <= '9') && std::all_of(key.begin(), key.end(), key_character);
}

bool is_uri(std::string_view text) { return text.starts_with("postgres://") || text.starts_with("postgresql://"); }

bool starts_dsn(std::string_view text) {
  text = trim(text);
  if (is_uri(text)) {
    return true;
  }
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  const auto key = trim(text.substr(0, equals));
  return key == "database" || keyword_known(key);
}

// "%2Ftmp" -> "/tmp"; false for a token that is not two hex digits.
bool decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto code = hex_number<unsigned char>(text.substr(i + 1, 2));
    if (!code || *code == 0 || i + 2 >= text.size()) {
      return false;
    }
    out += static_cast<char>(*code);
    i += 2;
  }
  return true;
}

// One value of the key=value form, quotes and backslashes resolved; false when a quote is not closed.
bool take_value(std::string_view& text, std::string& value) {
  const bool quoted = !text.empty() && text[0] == '\'';
  std::size_t i = quoted ? 1 : 0;
  for (; i < text.size(); ++i) {
    if (quoted ? text[i] == '\'' : blank(text[i])) {
      break;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
    }
    value += text[i];
  }
  if (quoted && i >= text.size()) {
    return false;
  }
  text.remove_prefix(std::min(text.size(), quoted ? i + 1 : i));
  return true;
}

}  // namespace

std::string PqDsn::parse(std::string_view text) {
  settings_.clear();
  server_settings_.clear();
  text = trim(text);
  std::string wrong = is_uri(text) ? parse_uri(text) : parse_pairs(text);
  // A password with an unescaped '@' or ':' ends up here; libpq would repeat it in its error.
  if (wrong.empty() && get("port").find_first_not_of("0123456789,") != std::string_view::npos) {
    wrong = "the port is not a number (percent-encode special characters of user and password)";
  }
  return wrong;
}

std::string PqDsn::parse_pairs(std::string_view text) {
  while (!(text = trim(text)).empty()) {
    const auto equals = text.find('=');
    const auto key = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || !valid_key(key)) {
      return "expected key=value pairs separated by blanks (a value with blanks stands in single quotes)";
    }
    text = trim(text.substr(equals + 1));
    std::string value;
    if (!take_value(text, value)) {
      return "the value of '" + std::string(key) + "' has no closing quote";
    }
    if (auto wrong = give(std::string(key), std::move(value)); !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

std::string PqDsn::parse_uri(std::string_view text) {
  // libpq reads the part before '?'; the parameters are read here because libpq refuses those it does not know.
  const auto question = text.find('?');
  const std::string base(text.substr(0, question));
  if (!load_pq().empty()) {
    return load_pq();
  }
  const Keywords parsed(pq().PQconninfoParse(base.c_str(), nullptr));
  if (!parsed) {
    return "not a valid postgresql:// URI (percent-encode special characters of user and password)";
  }
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') {
      set(option->keyword, option->val);
    }
  }
  std::string_view parameters = question == std::string_view::npos ? "" : text.substr(question + 1);
  while (!parameters.empty()) {
    std::string_view pair = take(parameters, '&');
    if (pair.empty()) {
      continue;
    }
    std::string key;
    std::string value;
    const bool equals = pair.find('=') != std::string_view::npos;
    if (!equals || !decode(take(pair, '='), key) || !decode(pair, value) || !valid_key(key)) {
      return "a parameter after '?' is not key=value with percent-encoded characters";
    }
    if (auto wrong = give(std::move(key), std::move(value)); !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

std::string PqDsn::give(std::string key, std::string value) {
  if (value.find('\0') != std::string::npos) {
    return "the value of '" + key + "' contains a zero byte";
  }
  if (key == "database") {
    key = "dbname";
  }
  if (keyword_known(key)) {
    if (key == "options" && !get("options").empty()) {
      value = std::string(get("options")) + " " + value;  // server settings came before it
    }
    set(key, value);
  } else if (std::find(kDriverOnly.begin(), kDriverOnly.end(), key) == kDriverOnly.end()) {
    std::string options(get("options"));
    options.append(options.empty() ? "-c " : " -c ").append(key).append("=");
    for (const char c : value) {
      if (blank(c) || c == '\\') {
        options += '\\';
      }
      options += c;
    }
    set("options", options);
    server_settings_.push_back(std::move(key));
  }
  return {};
}

void PqDsn::set(std::string_view keyword, std::string_view value) {
  const auto found =
      std::find_if(settings_.begin(), settings_.end(), [&](const auto& setting) { return setting.first == keyword; });
  if (value.empty()) {
    if (found != settings_.end()) {
      settings_.erase(found);
    }
  } else if (found != settings_.end()) {
    found->second = value;
  } else {
    settings_.emplace_back(keyword, value);
  }
}

std::string_view PqDsn::get(std::string_view keyword) const noexcept {
  for (const auto& [key, value] : settings_) {
    if (key == keyword) {
      return value;
    }
  }
  return {};
}

std::string PqDsn::pairs() const {
  std::string text;
  const auto add = [&](std::string_view keyword, std::string_view value) {
    text.append(text.empty() ? "" : " ").append(keyword).append("='");
    for (const char c : value) {
      if (c == '\'' || c == '\\') {
        text += '\\';
      }
      text += c;
    }
    text += '\'';
  };
  for (const auto& [keyword, value] : settings_) {
    add(keyword, value);
  }
  if (apart_) {
    // Empty keeps the environment out; for files it would mean those in the home directory.
    for (const std::string_view keyword : {"password", "hostaddr", "sslkey", "sslpassword"}) {
      if (get(keyword).empty()) {
        add(keyword, {});
      }
    }
    for (const std::string_view keyword : {"passfile", "sslcert"}) {
      if (get(keyword).empty()) {
        add(keyword, "/dev/null/none");
      }
    }
  }
  return text;
}

bool PqDsn::gives(std::string_view keyword) const noexcept {
  return !get(keyword).empty() ||
         std::find(server_settings_.begin(), server_settings_.end(), keyword) != server_settings_.end();
}

std::string PqDsn::server() const {
  const auto first_of = [&](std::initializer_list<std::string_view> keywords, std::string_view fallback) {
    for (const auto keyword : keywords) {
      if (const auto given = get(keyword); !given.empty()) {
        return std::string(given);
      }
    }
    for (const auto keyword : keywords) {
      if (auto usual = pq_default(keyword); !usual.empty()) {
        return usual;
      }
    }
    return std::string(fallback);
  };
  return first_of({"host", "hostaddr"}, "localhost") + ":" + first_of({"port"}, "5432");
}

std::string PqDsn::redact(std::string message) const {
  for (const std::string_view keyword : {"password", "sslpassword"}) {
    const auto secret = get(keyword);
    if (secret.empty()) {
      continue;
    }
    for (auto at = message.find(secret); at != std::string::npos; at = message.find(secret, at + 3)) {
      message.replace(at, secret.size(), "***");
    }
  }
  return message;
}

std::string pq_default(std::string_view keyword) {
  if (!load_pq().empty()) {
    return {};
  }
  const Keywords all(pq().PQconndefaults());
  for (const PQconninfoOption* option = all.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (keyword == option->keyword && option->val != nullptr) {
      return option->val;
    }
  }
  return {};
}

std::vector<std::string> split_dsns(std::string_view text) {
  std::vector<std::string> result;
  const auto add = [&](std::string_view piece) {
    if (piece = trim(piece); !piece.empty()) {
      result.emplace_back(piece);
    }
  };
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool uri = is_uri(trim(text.substr(begin)));  // quotes and backslashes mean nothing in a URI
    if (text[i] == '\\' && !uri) {
      ++i;
    } else if (text[i] == '\'' && !uri) {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      const auto next = text.substr(i + 1);
      if (trim(next).empty() || starts_dsn(next)) {
        add(text.substr(begin, i - begin));
        begin = i + 1;
      }
    }
  }
  add(text.substr(begin));
  return result;
}

}  // namespace platform
