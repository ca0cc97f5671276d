// config.json: {"process":{"env":["A=b"]},"annotations":{"io.kubernetes.cri.container-type":"container",
//   "io.kubernetes.cri.container-name":"nginx","io.kubernetes.cri.sandbox-name":"web-0", ...}, ...}
#include "platform/containerd_files.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/host.h"
#include "platform/json_values.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::array<const char*, 2> kTasks{"io.containerd.runtime.v2.task", "io.containerd.runtime.v1.linux"};
constexpr std::array<std::string_view, 2> kNamespaces{"k8s.io", "default"};  // where the folders cannot be listed

// The annotations of the CRI and of nerdctl; those that are missing leave the members as they are.
void read_annotations(const Json& annotations, ContainerFacts& facts) {
  const auto take_text = [&](const char* name, std::string& into) {
    if (std::string text = text_of(annotations, name); !text.empty()) {
      into = std::move(text);
    }
  };
  take_text("io.kubernetes.cri.container-name", facts.pod_container);
  take_text("io.kubernetes.cri.sandbox-name", facts.pod);
  take_text("io.kubernetes.cri.sandbox-namespace", facts.pod_namespace);
  take_text("io.kubernetes.cri.sandbox-uid", facts.pod_uid);
  take_text("io.kubernetes.cri.image-name", facts.image);
  take_text("nerdctl/name", facts.name);
  facts.sandbox = text_of(annotations, "io.kubernetes.cri.container-type") == "sandbox";
}

void read_pid(const Host& host, const std::string& bundle, ContainerFacts& facts, ReadBuffer& buffer) {
  if (host.root.read((bundle + "/init.pid").c_str(), buffer) == 0) {
    facts.pid = number<std::int32_t>(trim(buffer.text())).value_or(0);
    facts.pid = std::max<std::int64_t>(facts.pid, 0);
  }
}

}  // namespace

ContainerdFiles::ContainerdFiles(const Host& host) : host_(host) { look_again(); }

void ContainerdFiles::look_again() {
  places_.clear();
  open_database_.clear();
  place_of_settings();
  add_place("/run/containerd", "/var/lib/containerd");
  add_place("/run/k3s/containerd", "/var/lib/rancher/k3s/agent/containerd");
  add_place("/var/snap/microk8s/common/run/containerd", "/var/snap/microk8s/common/var/lib/containerd");
}

void ContainerdFiles::add_place(std::string state, std::string root) {
  const bool known =
      std::any_of(places_.begin(), places_.end(), [&](const Place& place) { return place.state == state; });
  if (known || !state.starts_with('/') || !root.starts_with('/')) {
    return;
  }
  if (host_.root.exists(state.c_str() + 1) || host_.root.exists(root.c_str() + 1)) {
    places_.push_back({std::move(state), std::move(root), {}});
    list_namespaces(places_.back());
  }
}

// /etc/containerd/config.toml: the lines `root = "/data/containerd"` and `state = "/run/containerd"` in front of the
// first table.
void ContainerdFiles::place_of_settings() {
  ReadBuffer buffer;
  if (host_.root.read("etc/containerd/config.toml", buffer) != 0) {
    return;
  }
  std::string state = "/run/containerd";
  std::string root = "/var/lib/containerd";
  for (std::string_view text = buffer.text(); !text.empty();) {
    std::string_view line = trim(take(text, '\n'));
    if (line.starts_with('[')) {
      break;
    }
    const auto key = trim(take(line, '='));
    line = trim(line);
    if (line.size() > 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
      const std::string value(line.substr(1, line.size() - 2));
      if (key == "root" || key == "state") {
        (key == "root" ? root : state) = value;
      }
    }
  }
  add_place(std::move(state), std::move(root));
}

// Docker's own namespace is left out: what Docker knows stands in Docker's files.
void ContainerdFiles::list_namespaces(Place& place) {
  for (const char* const tasks : kTasks) {
    host_.root.list((place.state.substr(1) + "/" + tasks).c_str(), place.namespaces);
  }
  std::erase(place.namespaces, "moby");
  for (const auto space : kNamespaces) {
    place.namespaces.emplace_back(space);
  }
  std::sort(place.namespaces.begin(), place.namespaces.end());
  place.namespaces.erase(std::unique(place.namespaces.begin(), place.namespaces.end()), place.namespaces.end());
}

ContainerdFiles::Result ContainerdFiles::read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) {
  if (facts.usable && !facts.partial) {
    return Result::unchanged;
  }
  if (name.id.empty() || name.id.find('/') != std::string_view::npos) {
    return Result::absent;
  }
  Result result = Result::absent;
  for (const Place& place : places_) {
    for (const std::string& space : place.namespaces) {
      const bool was_usable = facts.usable;
      const Result bundle = was_usable ? Result::unchanged : read_bundle(place, space, name.id, facts, buffer);
      if (bundle == Result::denied || bundle == Result::invalid) {
        result = bundle;
      }
      const bool labelled = read_database(place, space, name.id, facts);
      if (!labelled && bundle != Result::updated) {
        continue;
      }
      facts.runtime = Runtime::containerd;
      facts.usable = true;
      facts.partial = !labelled;
      take_kubernetes_labels(facts);
      add_kubernetes_labels(facts);
      if (facts.name.empty()) {
        facts.name = name.id;
      }
      return Result::updated;
    }
  }
  return facts.usable ? Result::unchanged : result;
}

ContainerdFiles::Result ContainerdFiles::read_bundle(const Place& place, const std::string& space, std::string_view id,
                                                     ContainerFacts& facts, ReadBuffer& buffer) {
  for (const char* const tasks : kTasks) {
    const std::string bundle = place.state.substr(1) + "/" + tasks + "/" + space + "/" + std::string(id);
    const std::string path = bundle + "/config.json";
    Fd file;
    int error = host_.root.open_file(path.c_str(), file);
    if (is_denied(error)) {
      denied_place_ = place.state + "/" + tasks;
      return Result::denied;
    }
    if (error != 0) {
      continue;
    }
    FileStamp stamp;
    error = stamp_of(file, stamp);
    if (error == 0 && stamp == facts.stamp) {
      return Result::invalid;  // as it was
    }
    facts = ContainerFacts{};
    facts.stamp = stamp;
    if (error != 0 || !stamp.regular || stamp.size > kMaxFile || buffer.fill(file.get()) != 0) {
      return Result::invalid;
    }
    const Json bundle_text = read_json(buffer.text());
    if (!bundle_text.is_object()) {
      return Result::invalid;
    }
    read_annotations(member(bundle_text, "annotations"), facts);
    facts.environment = environment_of(member(member(bundle_text, "process"), "env"));
    read_pid(host_, bundle, facts, buffer);
    return Result::updated;
  }
  return Result::absent;
}

// The database is opened at most once in a scrape, and only for a container that is new.
bool ContainerdFiles::read_database(const Place& place, const std::string& space, std::string_view id,
                                    ContainerFacts& facts) {
  if (!database_read_ || open_database_ != place.root) {
    database_read_ = true;
    open_database_ = place.root;
    database_error_ =
        database_.open(host_.root, (place.root.substr(1) + "/io.containerd.metadata.v1.bolt/meta.db").c_str());
    if (is_denied(database_error_)) {
      denied_place_ = place.root;
    }
  }
  if (database_error_ != 0) {
    return false;
  }
  std::array<std::string_view, 5> path{"v1", space, "containers", id, "image"};
  std::string image;
  int error = database_.find(path, image);
  if (error != 0 && error != ENOENT) {
    database_read_ = database_read_ && error != EAGAIN;  // opened anew for the next one
    return false;
  }
  path[4] = "labels";
  TextPairs labels;
  error = database_.each(path, [&](std::string_view key, std::string_view value, bool bucket) {
    if (!bucket) {
      labels.emplace_back(key, value);
    }
  });
  if ((error != 0 && error != ENOENT) || (image.empty() && labels.empty())) {
    return false;
  }
  facts.image = facts.image.empty() ? image : facts.image;
  facts.labels = std::move(labels);
  for (const auto& [key, value] : facts.labels) {
    if (key == "nerdctl/name" && facts.name.empty()) {
      facts.name = value;
    }
  }
  return true;
}

}  // namespace platform
