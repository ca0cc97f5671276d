#include "platform/redis_logins.h"

#include <algorithm>
#include <cerrno>

#include "platform/dir.h"
#include "platform/json_values.h"
#include "platform/settings_file.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;  // of a file of passwords, in bytes

bool serves(const RedisAddress& address, bool tls_only, const ServerList& servers) {
  return (address.tls || !tls_only) && servers.has(address.endpoint);
}

}  // namespace

std::string RedisLogins::read_key(std::string_view key, Entry& entry) {
  std::string_view scheme = "redis";
  if (const auto at = key.find("://"); at != std::string_view::npos) {
    scheme = key.substr(0, at);
    key.remove_prefix(at + 3);
  }
  entry.tls = scheme == "rediss" || scheme == "valkeys";
  if (!entry.tls && scheme != "redis" && scheme != "valkey" && scheme != "unix") {
    return "the scheme of a key is none of redis, rediss, valkey, valkeys and unix";
  }
  if (const auto at = key.rfind('@'); at != std::string_view::npos && scheme != "unix") {
    entry.user = key.substr(0, at);
    key.remove_prefix(at + 1);
  }
  if (entry.user.starts_with(':') && entry.user.size() == 1) {
    entry.user.clear();
  }
  if (entry.user.find(':') != std::string::npos) {
    return "a key holds a password: it belongs into the value";
  }
  while (key.size() > 1 && key.ends_with('/')) {
    key.remove_suffix(1);
  }
  const auto host = key.ends_with(":*") ? key.substr(0, key.size() - 2) : key;
  entry.length = host.size();
  entry.pattern = host.find_first_of("*?") != std::string_view::npos ||
                  (!host.starts_with('/') && host.find('/') != std::string_view::npos);
  const auto wrong = entry.server.add(key, RedisAddress::kPort);
  if (wrong.empty() && !entry.server.empty()) {
    return {};
  }
  // Without the key, which may be a password in the wrong place.
  const auto why = wrong.rfind("': ");
  return "a key is no server's address: " + (why == std::string::npos ? "it has no host" : wrong.substr(why + 3));
}

std::string RedisLogins::read_entries(std::string_view text, std::vector<Entry>& entries) {
  const Json all = read_json(text);
  if (!all.is_object()) {
    return "no JSON object of passwords by server: {\"redis://HOST:PORT\": \"PASSWORD\"}";
  }
  for (const auto& [key, password] : all.items()) {
    Entry& entry = entries.emplace_back();
    if (auto wrong = read_key(trim(key), entry); !wrong.empty()) {
      return wrong;
    }
    if (!password.is_string()) {
      return "a password is no text between quotes";
    }
    entry.password = password.get<std::string>();
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.pattern != b.pattern ? b.pattern : a.length > b.length;
  });
  return {};
}

// Under the mutex, as the rest of the private ones.
std::string RedisLogins::read() {
  ReadBuffer buffer;
  if (auto wrong = read_settings_file(settings_.file, kLargest, buffer, stamp_); !wrong.empty()) {
    return wrong;
  }
  const auto text = trim(buffer.text());
  if (text.empty()) {
    return "the file is empty";
  }
  std::vector<Entry> entries;
  std::string password;
  if (!text.starts_with('{')) {
    if (text.find('\n') != std::string_view::npos) {
      return "neither one line with a password nor a JSON object of passwords by server";
    }
    password = text;
  } else if (auto wrong = read_entries(text, entries); !wrong.empty()) {
    return wrong;
  }
  entries_ = std::move(entries);
  file_password_ = std::move(password);
  ++generation_;
  return {};
}

void RedisLogins::refresh() {
  if (settings_.file.empty() || !settings_.password.empty()) {
    return;
  }
  FileStamp now;
  const int error = stamp_of(settings_.file, now);
  if (looked_ && now == stamp_ && (error == 0 || !trouble_.empty())) {
    return;
  }
  looked_ = true;
  stamp_ = now;
  const std::string wrong = read();
  trouble_ = wrong.empty() ? wrong : settings_.file + ": " + wrong;
}

std::string RedisLogins::reload() {
  const std::lock_guard lock(mutex_);
  looked_ = false;
  refresh();
  return trouble_;
}

std::string RedisLogins::look() {
  const std::lock_guard lock(mutex_);
  refresh();
  return trouble_;
}

std::uint64_t RedisLogins::generation() {
  const std::lock_guard lock(mutex_);
  refresh();
  return generation_;
}

// The entry for `address`, whose user, where it has one, is `user`.
const RedisLogins::Entry* RedisLogins::find(const RedisAddress& address, const std::string& user) const {
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (!serves(address, entry.tls, entry.server)) {
      continue;
    }
    if (entry.user == user) {
      return &entry;
    }
    if (found == nullptr && (entry.user.empty() || user.empty())) {
      found = &entry;
    }
  }
  return found;
}

void RedisLogins::fill(RedisAddress& address, Allowed allowed) {
  if (address.login || allowed == Allowed::none) {
    return;
  }
  const std::lock_guard lock(mutex_);
  refresh();
  const std::string& user = address.user.empty() ? settings_.user : address.user;
  const std::string* password = settings_.password.empty() ? &file_password_ : &settings_.password;
  if (const Entry* const entry = find(address, user)) {
    address.user = user.empty() ? entry->user : user;
    password = &entry->password;
  } else if (allowed == Allowed::all) {
    address.user = user;
  } else {
    return;
  }
  address.password = *password;
  address.login = !password->empty();
}

bool RedisLogins::common(const RedisAddress& address) {
  const std::lock_guard lock(mutex_);
  refresh();
  const bool any = !settings_.password.empty() || !file_password_.empty();
  return any && !address.login && find(address, address.user.empty() ? settings_.user : address.user) == nullptr;
}

bool RedisLogins::names(const RedisAddress& address) {
  const std::lock_guard lock(mutex_);
  refresh();
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return serves(address, entry.tls, entry.server); });
}

}  // namespace platform
