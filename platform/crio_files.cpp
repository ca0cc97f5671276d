// config.json: {"annotations":{"io.kubernetes.cri-o.ContainerType":"container","io.kubernetes.cri-o.Name":"k8s_...",
//   "io.kubernetes.cri-o.ImageName":"...","io.kubernetes.cri-o.Labels":"{\"app\":\"web\"}", ...}, ...}
#include "platform/crio_files.h"

#include <algorithm>
#include <cerrno>

#include "platform/host.h"
#include "platform/json_values.h"
#include "platform/text.h"

namespace platform {

bool read_crio_config(std::string_view text, ContainerFacts& facts) {
  const Json root = read_json(text);
  const Json& annotations = member(root, "annotations");
  const std::string type = text_of(annotations, "io.kubernetes.cri-o.ContainerType");
  if (type.empty() || text_of(annotations, "io.container.manager") == "libpod") {
    return false;
  }
  facts.runtime = Runtime::crio;
  facts.labels = texts_of(read_json(text_of(annotations, "io.kubernetes.cri-o.Labels")));
  facts.pod = text_of(annotations, "io.kubernetes.pod.name");
  facts.pod_namespace = text_of(annotations, "io.kubernetes.pod.namespace");
  facts.pod_uid = text_of(annotations, "io.kubernetes.pod.uid");
  facts.pod_container = text_of(annotations, "io.kubernetes.container.name");
  facts.sandbox = type == "sandbox";
  for (const char* const name : {"io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image"}) {
    facts.image = facts.image.empty() ? text_of(annotations, name) : facts.image;
  }
  facts.restarts = number<std::uint64_t>(text_of(annotations, "io.kubernetes.container.restartCount"));
  facts.created = unix_time(text_of(annotations, "io.kubernetes.cri-o.Created"));
  facts.environment = environment_of(member(member(root, "process"), "env"));
  take_kubernetes_labels(facts);
  add_kubernetes_labels(facts);
  facts.name = text_of(annotations, "io.kubernetes.cri-o.Name");
  if (facts.name.empty()) {
    facts.name = kubelet_name(facts);
  }
  return true;
}

CrioFiles::Result CrioFiles::read(const CgroupName& who, ContainerFacts& facts, ReadBuffer& buffer) {
  constexpr std::string_view kFile = "/userdata/config.json";
  std::array<char, 128> name;
  const std::string_view id = who.id;
  if (id.empty() || id.size() + kFile.size() >= name.size() || id.find('/') != std::string_view::npos) {
    return Result::absent;
  }
  *std::copy(kFile.begin(), kFile.end(), std::copy(id.begin(), id.end(), name.data())) = '\0';
  Result result = Result::absent;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    int error = 0;
    if (!places_[i].valid()) {
      error = host_.root.open_dir(kPlaces[i] + 1, places_[i]);
    }
    FileStamp stamp;
    if (error == 0) {
      error = stamp_of(places_[i], name.data(), stamp);
    }
    if (error == 0 && stamp == facts.stamp) {
      return facts.usable ? Result::unchanged : Result::invalid;
    }
    if (error == 0 && (!stamp.regular || stamp.size > kMaxFile)) {
      result = Result::invalid;
      continue;
    }
    if (error == 0) {
      error = places_[i].read(name.data(), buffer);
    }
    if (is_denied(error)) {
      denied_place_ = kPlaces[i];
      result = Result::denied;
    }
    if (error != 0) {
      continue;
    }
    facts = ContainerFacts{};
    facts.usable = read_crio_config(buffer.text(), facts);
    if (facts.usable) {
      facts.stamp = stamp;
      return Result::updated;
    }
    facts = ContainerFacts{};
    // A bundle that is whole but of someone else is none of ours.
    result = read_json(buffer.text()).is_object() ? Result::absent : Result::invalid;
  }
  return result;
}

}  // namespace platform
