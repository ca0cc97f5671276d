#include "collectors/postgres/auth_modules.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "platform/yaml_reader.h"

namespace exporter::postgres {
namespace {

using platform::YamlMember;
using platform::YamlNode;
using platform::YamlReader;

// Where to, and as whom, is said by the target and by userpass.
constexpr std::array<std::string_view, 7> kNoOptions{"host",     "hostaddr", "port",   "user",
                                                     "password", "passfile", "service"};

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

void read_login(YamlReader& reader, const YamlNode& node, AuthModule& module) {
  for (const auto& [key, value] : reader.members(node, "userpass")) {
    if (key.text == "username") {
      module.user = reader.text(value);
    } else if (key.text == "password") {
      module.password = reader.text(value);
    } else if (key.text == "password_file") {
      module.password_file = reader.text(value);
    } else {
      reader.unknown(key, "username, password, password_file");
    }
  }
}

void read_options(YamlReader& reader, const YamlNode& node, AuthModule& module) {
  for (const auto& [key, value] : reader.members(node, "options")) {
    if (std::find(kNoOptions.begin(), kNoOptions.end(), key.text) != kNoOptions.end()) {
      reader.fail(key, "'" + key.text + "' cannot be an option: it comes from the target, or stands below userpass");
      continue;
    }
    if (!std::all_of(key.text.begin(), key.text.end(), name_character) || key.text.empty()) {
      reader.fail(key, "the name of an option has letters, digits, '_' and '.'");
    }
    module.options.emplace_back(key.text, reader.text(value));
    if (module.options.back().second.find('\0') != std::string::npos) {
      reader.fail(value, "a zero byte");
    }
  }
}

AuthModule read_module(YamlReader& reader, const YamlMember& member) {
  AuthModule module;
  module.name = member.key.text;
  std::string type;
  for (const auto& [key, value] : reader.members(member.value, "a module")) {
    if (key.text == "type") {
      type = reader.text(value);
      if (type != "userpass") {
        reader.fail(value, "type: userpass is the only one there is");
      }
    } else if (key.text == "userpass") {
      read_login(reader, value, module);
    } else if (key.text == "options") {
      read_options(reader, value, module);
    } else {
      reader.unknown(key, "type, userpass, options");
    }
  }
  if (type.empty()) {
    reader.fail(member.key, "a module needs a line type: userpass");
  }
  return module;
}

}  // namespace

std::string read_auth_modules(std::string_view file, std::string_view text, std::vector<AuthModule>& modules) {
  std::string error;
  const auto document = platform::parse_yaml(file, text, error);
  if (!document) {
    return error;
  }
  YamlReader reader(*document);
  for (const auto& [key, value] : reader.members(document->root, "the file")) {
    if (key.text != "auth_modules") {
      reader.unknown(key, "auth_modules");
      continue;
    }
    for (const auto& member : reader.members(value, "auth_modules")) {
      modules.push_back(read_module(reader, member));
    }
  }
  return reader.error();
}

AuthFile::AuthFile(std::string path, bool named) : path_(std::move(path)), named_(named), folder_(".") {}

std::string AuthFile::read(std::vector<AuthModule>& modules) const {
  const auto cannot = [&](std::string_view why) { return "cannot read '" + path_ + "': " + std::string(why); };
  if (stamp_.size < 0) {
    return cannot("there is no such file, or no way to it");
  }
  if (!stamp_.regular) {
    return cannot("it is no regular file");
  }
  if (stamp_.size > static_cast<std::int64_t>(platform::kYamlMaxBytes)) {
    return cannot("it is larger than 1 MiB");
  }
  platform::ReadBuffer buffer;
  if (const int error = folder_.read(path_.c_str(), buffer)) {
    return cannot(std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
  }
  return read_auth_modules(path_, buffer.text(), modules);
}

Prober::Settings AuthFile::look() {
  const std::lock_guard lock(mutex_);
  platform::FileStamp now;
  const bool there = path_.empty() || platform::stamp_of(folder_, path_.c_str(), now) == 0;
  Prober::Settings settings{.generation = generation_, .good = true, .news = {}};
  if (std::exchange(looked_, true) && now == stamp_) {
    return settings;
  }
  stamp_ = now;
  if (path_.empty() || (!there && !named_ && !reloads_.any)) {
    return settings;
  }
  std::vector<AuthModule> modules;
  const auto wrong = read(modules);
  reloads_.any = true;
  reloads_.good = wrong.empty();
  settings.good = reloads_.good;
  if (!reloads_.good) {
    settings.news =
        wrong + (reloads_.success_seconds > 0 ? "; what was read before stays" : "; there is no auth_module");
    return settings;
  }
  modules_ = std::move(modules);
  reloads_.success_seconds = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  settings.generation = ++generation_;
  settings.news = path_ + ": " + std::to_string(modules_.size()) + " auth_modules";
  return settings;
}

bool AuthFile::find(std::string_view name, AuthModule& module) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(modules_.begin(), modules_.end(), [&](const AuthModule& one) { return one.name == name; });
  if (found != modules_.end()) {
    module = *found;
  }
  return found != modules_.end();
}

AuthFile::Reloads AuthFile::reloads() const {
  const std::lock_guard lock(mutex_);
  return reloads_;
}

}  // namespace exporter::postgres
