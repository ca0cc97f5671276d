// containers.json: [{"id":"4f5c..","names":["web"],"image":"a1b2..","metadata":"{\"image-name\":\"nginx:1\",...}",
//   "created":"2024-05-01T10:00:00Z"}, ...]
#include "platform/podman_files.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/bolt_file.h"
#include "platform/host.h"
#include "platform/json_values.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::array<const char*, 4> kDrivers{"overlay", "vfs", "btrfs", "zfs"};
constexpr std::array<const char*, 2> kTables{"containers.json", "volatile-containers.json"};
constexpr std::size_t kMostUsers = 1000;

ContainerFacts::State state_of(std::int64_t number) {
  using State = ContainerFacts::State;
  // libpod's ContainerStatus: unknown, configured, created, running, stopped, paused, exited, removing, stopping.
  static constexpr std::array<State, 9> kStates{State::unknown, State::created,  State::created,
                                                State::running, State::exited,   State::paused,
                                                State::exited,  State::removing, State::running};
  return number >= 0 && number < static_cast<std::int64_t>(kStates.size()) ? kStates[static_cast<std::size_t>(number)]
                                                                           : State::unknown;
}

}  // namespace

void read_podman_config(std::string_view config, ContainerFacts& facts) {
  const Json root = read_json(config);
  const auto take_text = [&](const char* name, std::string& into) {
    if (std::string text = text_of(root, name); !text.empty()) {
      into = std::move(text);
    }
  };
  take_text("name", facts.name);
  take_text("rootfsImageName", facts.image);
  if (TextPairs labels = texts_of(member(root, "labels")); !labels.empty()) {
    facts.labels = std::move(labels);
  }
  facts.environment = environment_of(member(member(member(root, "spec"), "process"), "env"));
  if (const auto created = unix_time(text_of(root, "createdTime")); created != 0) {
    facts.created = created;
  }
}

void read_podman_state(std::string_view state, ContainerFacts& facts) {
  const Json root = read_json(state);
  if (!root.is_object()) {
    return;
  }
  if (const auto number = integer_of(root, "state")) {
    facts.state = state_of(*number);
  }
  facts.started = unix_time(text_of(root, "startedTime"));
  facts.finished = unix_time(text_of(root, "finishedTime"));
  facts.exit_code = integer_of(root, "exitCode").value_or(0);
  const Json& killed = member(root, "oomKilled");
  facts.oom_killed = killed.is_boolean() && killed.get<bool>();
  const auto restarts = integer_of(root, "restartCount").value_or(0);
  facts.restarts = static_cast<std::uint64_t>(std::max<std::int64_t>(restarts, 0));
  const auto pid = integer_of(root, "pid").value_or(0);
  facts.pid = pid > 0 && pid <= INT32_MAX ? pid : 0;
}

void PodmanFiles::look_again() {
  places_of_settings("etc/containers/storage.conf");
  add_place("/var/lib/containers/storage");
  add_place("/run/containers/storage");  // where the store is transient
}

void PodmanFiles::places_of_settings(const std::string& path) {
  if (host_.root.read(path.c_str(), buffer_) != 0) {
    return;
  }
  for (std::string_view text = buffer_.text(); !text.empty();) {
    std::string_view line = trim(take(text, '\n'));
    const auto key = trim(take(line, '='));
    line = trim(line);
    if ((key == "graphroot" || key == "runroot") && line.size() > 2 && line.front() == '"' && line.back() == '"') {
      add_place(std::string(line.substr(1, line.size() - 2)));
    }
  }
}

void PodmanFiles::add_place(std::string_view folder) {
  if (!folder.starts_with('/') || folder.size() < 2) {
    return;
  }
  Place place{std::string(folder.substr(1)), {}, {}, {}, false};
  place.sqlite = place.folder + "/db.sql";
  place.bolt = place.folder + "/libpod/bolt_state.db";
  for (const Place& known : places_) {
    if (known.folder == place.folder) {
      return;
    }
  }
  for (const char* const driver : kDrivers) {
    for (const char* const table : kTables) {
      place.tables.push_back({place.folder + "/" + driver + "-containers/" + table, {}, {}});
    }
  }
  places_.push_back(std::move(place));
}

// /etc/passwd: "name:x:1000:1000:,,,:/home/name:/bin/sh"
void PodmanFiles::place_of_user(std::uint32_t user) {
  if (users_.size() >= kMostUsers || !users_.insert(user).second || host_.root.read("etc/passwd", buffer_) != 0) {
    return;
  }
  for (std::string_view text = buffer_.text(); !text.empty();) {
    std::string_view line = take(text, '\n');
    take(line, ':');
    take(line, ':');
    const auto number_text = take(line, ':');
    take(line, ':');
    take(line, ':');
    if (number<std::uint32_t>(number_text) == user) {
      add_place(std::string(take(line, ':')) + "/.local/share/containers/storage");
      refresh(places_.back());
      return;
    }
  }
}

void PodmanFiles::begin() {
  for (Place& place : places_) {
    refresh(place);
  }
}

void PodmanFiles::refresh(Place& place) {
  place.denied = false;
  FileStamp folder;
  const int missing = stamp_of(host_.root, place.folder.c_str(), folder);
  for (Table& table : place.tables) {
    FileStamp stamp;
    int error = missing != 0 ? missing : stamp_of(host_.root, table.file.c_str(), stamp);
    if (error == 0 && stamp == table.stamp) {
      continue;
    }
    if (error == 0 && (!stamp.regular || stamp.size > kMaxFile * 4)) {
      error = EFBIG;
    }
    if (error == 0) {
      error = host_.root.read(table.file.c_str(), buffer_);
    }
    if (is_denied(error)) {
      place.denied = true;
    }
    if (error != 0) {
      table.entries.clear();
      table.stamp = {};
      continue;
    }
    table.stamp = stamp;
    read_table(buffer_.text(), table);
  }
}

// A file that is half written keeps what was known before.
void PodmanFiles::read_table(std::string_view text, Table& table) {
  const Json root = read_json(text);
  if (!root.is_array()) {
    return;
  }
  table.entries.clear();
  for (const Json& container : root) {
    Entry entry;
    const Json& names = member(container, "names");
    if (names.is_array() && !names.empty() && names.front().is_string()) {
      entry.name = names.front().get<std::string>();
    }
    entry.image = text_of(read_json(text_of(container, "metadata")), "image-name");
    entry.created = unix_time(text_of(container, "created"));
    if (std::string id = text_of(container, "id"); !id.empty()) {
      table.entries.emplace(std::move(id), std::move(entry));
    }
  }
}

void PodmanFiles::each(const Visit& visit) {
  for (const Place& place : places_) {
    for (const Table& table : place.tables) {
      for (const auto& [id, entry] : table.entries) {
        ContainerFacts facts;
        facts.name = entry.name;
        facts.image = entry.image;
        facts.created = entry.created;
        facts.runtime = Runtime::podman;
        facts.usable = true;
        // The same storage holds containers of CRI-O and Buildah, which the database does not know.
        if (read_database(place.folder, id, facts)) {
          visit(id, std::move(facts));
        }
      }
    }
  }
}

std::uint64_t PodmanFiles::fingerprint() const {
  std::uint64_t hash = 0;
  const auto mix = [&](const FileStamp& stamp) {
    for (const std::uint64_t part : {stamp.inode, static_cast<std::uint64_t>(stamp.size),
                                     static_cast<std::uint64_t>(stamp.changed_ns + stamp.changed * 1000000000)}) {
      hash = (hash ^ part) * 0x9E3779B97F4A7C15 + (hash >> 29);
    }
  };
  for (const Place& place : places_) {
    bool used = false;
    for (const Table& table : place.tables) {
      mix(table.stamp);
      used = used || !table.entries.empty();
    }
    FileStamp stamp;
    if (used && stamp_of(host_.root, place.sqlite.c_str(), stamp) != 0) {
      stamp_of(host_.root, place.bolt.c_str(), stamp);
    }
    mix(stamp);
  }
  return hash;
}

bool PodmanFiles::read_database(const std::string& place, std::string_view id, ContainerFacts& facts) {
  FileStamp stamp;
  if (stamp_of(host_.root, (place + "/db.sql").c_str(), stamp) == 0 && stamp.regular) {
    const std::string path = (host_.rootfs == "/" ? "" : host_.rootfs) + "/" + place + "/db.sql";
    std::vector<std::string> row;
    const int error = sqlite_.first_row(path,
                                        "SELECT c.JSON, s.JSON FROM ContainerConfig c LEFT JOIN ContainerState s "
                                        "ON s.ID = c.ID WHERE c.ID = ?1",
                                        id, row);
    if (error == 0 && row.size() == 2) {
      read_podman_config(row[0], facts);
      read_podman_state(row[1], facts);
      return true;
    }
  }
  BoltFile bolt;
  std::array<std::string_view, 3> path{"ctr", id, "config"};
  std::string text;
  if (bolt.open(host_.root, (place + "/libpod/bolt_state.db").c_str()) != 0 || bolt.find(path, text) != 0) {
    return false;
  }
  read_podman_config(text, facts);
  path[2] = "state";
  if (bolt.find(path, text) == 0) {
    read_podman_state(text, facts);
  }
  return true;
}

PodmanFiles::Result PodmanFiles::read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& /*buffer*/) {
  if (name.user && users_.find(*name.user) == users_.end()) {
    place_of_user(*name.user);
  }
  bool denied = false;
  for (const Place& place : places_) {
    if (place.denied) {
      denied = true;
      denied_place_ = "/" + place.folder;
    }
    for (const Table& table : place.tables) {
      const auto found = table.entries.find(name.id);
      if (found == table.entries.end()) {
        continue;
      }
      const Entry& entry = found->second;
      // The table changes whenever any container comes or goes; this one is read anew when it itself is another.
      if (facts.usable && !facts.partial && facts.stamp.inode != 0) {
        if (facts.stamp == table.stamp) {
          return Result::unchanged;
        }
        facts.stamp = table.stamp;
        if (facts.name == entry.name) {
          return Result::unchanged;
        }
      }
      ContainerFacts fresh;
      fresh.name = entry.name;
      fresh.image = entry.image;
      fresh.created = entry.created;
      fresh.runtime = Runtime::podman;
      fresh.usable = true;
      fresh.partial = !read_database(place.folder, name.id, fresh);
      fresh.stamp = table.stamp;
      const bool same = facts.usable && fresh.partial && facts.name == fresh.name;
      facts = std::move(fresh);
      return same ? Result::unchanged : Result::updated;
    }
  }
  return denied ? Result::denied : Result::absent;
}

}  // namespace platform
