// What is known of one container beyond its control group, whoever told it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/cgroup_name.h"
#include "platform/file_stamp.h"

namespace platform {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct ContainerFacts {
  enum class Health : std::uint8_t { none, healthy, starting, unhealthy };
  enum class State : std::uint8_t { unknown, created, running, paused, restarting, removing, exited, dead };

  std::string name;
  std::string image;      // as the user wrote it, where that is known
  TextPairs labels;       // ordered by name
  TextPairs environment;  // in the order of the source
  // Kubernetes. The container's name is empty for the sandbox, which holds the pod's network.
  std::string pod;
  std::string pod_namespace;
  std::string pod_uid;
  std::string pod_container;

  std::int64_t pid = 0;      // of the first process; 0 when unknown
  std::int64_t created = 0;  // Unix seconds; 0 when unknown
  std::int64_t started = 0;
  std::int64_t finished = 0;
  std::optional<std::int64_t> exit_code;
  std::optional<std::uint64_t> restarts;

  FileStamp stamp;  // of the file this came from; FileStamp{} before the first one

  // One after the other: there are thousands of these.
  std::optional<bool> oom_killed;
  State state = State::unknown;
  Health health = Health::none;
  Runtime runtime = Runtime::none;  // that told it
  bool sandbox = false;             // of Kubernetes
  bool usable = false;              // the file of `stamp` could be understood
  bool partial = false;             // the source may have more to say later: ask again from time to time
};

// "2024-05-01T10:00:00.123456789Z" (RFC 3339) as Unix seconds; 0 for what is none, also for a "never" in the year 1.
std::int64_t unix_time(std::string_view text) noexcept;

// "k8s_<container>_<pod>_<namespace>_<uid>_<attempt>": what CRI-O and the kubelet's Docker call a container.
std::string kubelet_name(const ContainerFacts& facts);

// The labels that every CRI runtime keeps, made of the pod's members; added where `facts.labels` lacks them.
void add_kubernetes_labels(ContainerFacts& facts);
// The other way around: pod, namespace, uid and container of labels io.kubernetes.*.
void take_kubernetes_labels(ContainerFacts& facts);

}  // namespace platform
