// config.v2.json: {"ID":"4f5c..","Created":"2024-05-01T10:00:00.5Z","Name":"/web","State":{"Pid":812,..},"Config":{..}}
#include "platform/docker_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "platform/host.h"
#include "platform/text.h"

namespace platform {
namespace {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) {
    return kNone;
  }
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// "2024-05-01T10:00:00.123456789Z" (RFC 3339) as Unix seconds; 0 for what is none, also for Docker's "never" (year 1).
std::int64_t unix_time(std::string_view stamp) {
  const auto part = [&](std::size_t at, std::size_t length) -> std::int64_t {
    return stamp.size() < at + length ? -1 : number<std::int64_t>(stamp.substr(at, length)).value_or(-1);
  };
  std::int64_t year = part(0, 4);
  const std::int64_t month = part(5, 2);
  const std::int64_t day = part(8, 2);
  const std::int64_t hour = part(11, 2);
  const std::int64_t minute = part(14, 2);
  const std::int64_t second = part(17, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || minute < 0 || second < 0) {
    return 0;
  }
  // Days since 1970-01-01 in the Gregorian calendar, the year counted from March.
  year -= month <= 2 ? 1 : 0;
  const std::int64_t days_before_month = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
  const std::int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + days_before_month + day - 1 - 719468;
  std::int64_t result = days * 86400 + hour * 3600 + minute * 60 + second;
  if (const auto sign = stamp.find_last_of("+-"); sign != std::string_view::npos && sign > 18) {
    const std::int64_t offset =
        std::max<std::int64_t>(part(sign + 1, 2), 0) * 3600 + std::max<std::int64_t>(part(sign + 4, 2), 0) * 60;
    result -= stamp[sign] == '-' ? -offset : offset;
  }
  return result;
}

bool parse(std::string_view id, std::string_view source, DockerContainer& container) {
  const Json root = Json::parse(source, nullptr, false);
  if (text(root, "ID") != id) {
    return false;
  }
  container.name = text(root, "Name");
  if (container.name.starts_with('/')) {
    container.name.erase(0, 1);
  }
  const Json& config = member(root, "Config");
  container.image = text(config, "Image");
  if (const Json& labels = member(config, "Labels"); labels.is_object()) {
    for (const auto& [key, value] : labels.items()) {
      if (value.is_string()) {
        container.labels.emplace_back(key, value.get<std::string>());
      }
    }
  }
  const Json& state = member(root, "State");
  if (const Json& pid = member(state, "Pid"); pid.is_number_unsigned()) {
    container.pid = static_cast<std::int64_t>(std::min<std::uint64_t>(pid.get<std::uint64_t>(), INT32_MAX));
  }
  container.created = unix_time(text(root, "Created"));
  container.started = unix_time(text(state, "StartedAt"));
  const std::string health = text(member(state, "Health"), "Status");
  container.health = health == "healthy"                  ? DockerContainer::Health::healthy
                     : health.empty() || health == "none" ? DockerContainer::Health::none
                                                          : DockerContainer::Health::other;
  return !container.name.empty();
}

// The value of "--name=value" or "--name value" at `arguments`, which stands at the first of NUL-separated words.
std::string_view argument(std::string_view arguments, std::string_view name) {
  while (!arguments.empty()) {
    std::string_view word = take(arguments, '\0');
    if (word == name) {
      return take(arguments, '\0');
    }
    if (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=') {
      return word.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

DockerFiles::DockerFiles(const Host& host, std::string data_root) : host_(host), fixed_root_(std::move(data_root)) {
  find_roots();
}

void DockerFiles::find_roots() {
  roots_.clear();
  if (!fixed_root_.empty()) {
    add_root(fixed_root_);
    return;
  }
  root_of_settings("/etc/docker/daemon.json");
  roots_of_daemons();
  add_root("/var/lib/docker");
}

void DockerFiles::add_root(std::string_view path) {
  std::string place = std::string(path) + "/containers";
  const bool known = std::any_of(roots_.begin(), roots_.end(), [&](const Root& root) { return root.place == place; });
  if (path.starts_with('/') && !known) {
    roots_.push_back({std::move(place), {}});
  }
}

void DockerFiles::root_of_settings(const std::string& path) {
  ReadBuffer buffer;
  if (path.size() < 2 || host_.root.read(path.c_str() + 1, buffer) != 0) {
    return;
  }
  const Json settings = Json::parse(buffer.text(), nullptr, false);
  add_root(text(settings, "data-root"));
  add_root(text(settings, "graph"));  // its name before 17.05
}

void DockerFiles::roots_of_daemons() {
  std::vector<std::string> names;
  host_.proc.list(".", names);
  ReadBuffer buffer;
  for (const std::string& pid : names) {
    if (pid.find_first_not_of("0123456789") != std::string::npos ||
        host_.proc.read((pid + "/comm").c_str(), buffer) != 0 || trim(buffer.text()) != "dockerd" ||
        host_.proc.read((pid + "/cmdline").c_str(), buffer) != 0) {
      continue;
    }
    const std::string arguments(buffer.text());
    for (const char* name : {"--data-root", "--graph", "-g"}) {
      add_root(argument(arguments, name));
    }
    root_of_settings(std::string(argument(arguments, "--config-file")));
  }
}

DockerFiles::Result DockerFiles::read(std::string_view id, DockerContainer& container, ReadBuffer& buffer) {
  constexpr std::string_view kFile = "/config.v2.json";
  std::array<char, 128> name;
  if (id.empty() || id.size() + kFile.size() >= name.size() || id.find('/') != std::string_view::npos) {
    return Result::absent;
  }
  *std::copy(kFile.begin(), kFile.end(), std::copy(id.begin(), id.end(), name.data())) = '\0';
  bool denied = false;
  for (Root& root : roots_) {
    // Opened here, not when found: the daemon may make the directory later, or rights may be granted.
    int error = 0;
    if (!root.containers.valid()) {
      error = host_.root.open_dir(root.place.c_str() + 1, root.containers);
    }
    FileStamp stamp;
    if (error == 0) {
      error = stamp_of(root.containers, name.data(), stamp);
    }
    if (error == EACCES || error == EPERM) {
      denied = true;
      denied_place_ = root.place;
    }
    if (error != 0) {
      continue;
    }
    if (stamp == container.stamp) {
      return container.usable ? Result::unchanged : Result::invalid;
    }
    container = DockerContainer{};
    if (stamp.regular && stamp.size <= kMaxFile) {
      error = root.containers.read(name.data(), buffer);
      if (error == EACCES) {
        denied_place_ = root.place;
        return Result::denied;
      }
      container.usable = error == 0 && parse(id, buffer.text(), container);
    }
    if (!container.usable) {
      container = DockerContainer{};
    }
    container.stamp = stamp;
    return container.usable ? Result::updated : Result::invalid;
  }
  container = DockerContainer{};
  return denied ? Result::denied : Result::absent;
}

}  // namespace platform
