// config.v2.json: {"ID":"4f5c..","Created":"2024-05-01T10:00:00.5Z","Name":"/web","State":{"Pid":812,..},"Config":{..}}
#include "platform/docker_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "platform/host.h"
#include "platform/json_values.h"
#include "platform/text.h"

namespace platform {
namespace {

ContainerFacts::Health health_of(std::string_view text) {
  using Health = ContainerFacts::Health;
  return text == "healthy"     ? Health::healthy
         : text == "starting"  ? Health::starting
         : text == "unhealthy" ? Health::unhealthy
                               : Health::none;
}

// As the daemon itself words it (moby, container/state.go): flags, not a word, stand in the file.
ContainerFacts::State state_of(const Json& state, const ContainerFacts& facts) {
  using State = ContainerFacts::State;
  const auto flag = [&](const char* name) {
    const Json& value = member(state, name);
    return value.is_boolean() && value.get<bool>();
  };
  if (flag("Running")) {
    return flag("Paused") ? State::paused : flag("Restarting") ? State::restarting : State::running;
  }
  if (flag("RemovalInProgress")) {
    return State::removing;
  }
  if (flag("Dead")) {
    return State::dead;
  }
  return facts.started == 0 ? State::created : State::exited;
}

void read_state(const Json& state, ContainerFacts& facts) {
  if (const auto pid = integer_of(state, "Pid"); pid && *pid > 0) {
    facts.pid = std::min<std::int64_t>(*pid, INT32_MAX);
  }
  facts.started = unix_time(text_of(state, "StartedAt"));
  facts.finished = unix_time(text_of(state, "FinishedAt"));
  facts.health = health_of(text_of(member(state, "Health"), "Status"));
  facts.exit_code = integer_of(state, "ExitCode");
  if (const Json& killed = member(state, "OOMKilled"); killed.is_boolean()) {
    facts.oom_killed = killed.get<bool>();
  }
  facts.state = state.is_object() ? state_of(state, facts) : ContainerFacts::State::unknown;
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

bool read_docker_config(std::string_view id, std::string_view text, ContainerFacts& facts) {
  const Json root = read_json(text);
  if (text_of(root, "ID") != id && text_of(root, "Id") != id) {
    return false;
  }
  facts.runtime = Runtime::docker;
  facts.name = text_of(root, "Name");
  if (facts.name.starts_with('/')) {
    facts.name.erase(0, 1);
  }
  const Json& config = member(root, "Config");
  facts.image = text_of(config, "Image");
  facts.labels = texts_of(member(config, "Labels"));
  facts.environment = environment_of(member(config, "Env"));
  facts.created = unix_time(text_of(root, "Created"));
  if (const auto restarts = integer_of(root, "RestartCount"); restarts && *restarts >= 0) {
    facts.restarts = static_cast<std::uint64_t>(*restarts);
  }
  read_state(member(root, "State"), facts);
  take_kubernetes_labels(facts);
  return !facts.name.empty();
}

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
  const Json settings = read_json(buffer.text());
  add_root(text_of(settings, "data-root"));
  add_root(text_of(settings, "graph"));  // its name before 17.05
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

std::vector<std::string> DockerFiles::places() const {
  std::vector<std::string> result;
  for (const Root& root : roots_) {
    result.push_back(root.place);
  }
  return result;
}

DockerFiles::Result DockerFiles::read(const CgroupName& who, ContainerFacts& facts, ReadBuffer& buffer) {
  const std::string_view id = who.id;
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
    if (is_denied(error)) {
      denied = true;
      denied_place_ = root.place;
    }
    if (error != 0) {
      continue;
    }
    if (stamp == facts.stamp) {
      return facts.usable ? Result::unchanged : Result::invalid;
    }
    facts = ContainerFacts{};
    if (stamp.regular && stamp.size <= kMaxFile) {
      error = root.containers.read(name.data(), buffer);
      if (is_denied(error)) {
        denied_place_ = root.place;
        return Result::denied;
      }
      facts.usable = error == 0 && read_docker_config(id, buffer.text(), facts);
    }
    if (!facts.usable) {
      facts = ContainerFacts{};
    }
    facts.stamp = stamp;
    return facts.usable ? Result::updated : Result::invalid;
  }
  facts = ContainerFacts{};
  return denied ? Result::denied : Result::absent;
}

}  // namespace platform
