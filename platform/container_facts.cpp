#include "platform/container_facts.h"

#include <algorithm>
#include <array>

#include "platform/calendar.h"
#include "platform/text.h"

namespace platform {
namespace {

struct KubernetesLabel {
  std::string_view key;
  std::string ContainerFacts::*member;
};
constexpr std::array<KubernetesLabel, 4> kKubernetes{{{"io.kubernetes.container.name", &ContainerFacts::pod_container},
                                                      {"io.kubernetes.pod.name", &ContainerFacts::pod},
                                                      {"io.kubernetes.pod.namespace", &ContainerFacts::pod_namespace},
                                                      {"io.kubernetes.pod.uid", &ContainerFacts::pod_uid}}};

}  // namespace

std::int64_t unix_time(std::string_view text) noexcept {
  const auto part = [&](std::size_t at, std::size_t length) -> std::int64_t {
    return text.size() < at + length ? -1 : number<std::int64_t>(text.substr(at, length)).value_or(-1);
  };
  const std::int64_t year = part(0, 4);
  const std::int64_t month = part(5, 2);
  const std::int64_t day = part(8, 2);
  const std::int64_t hour = part(11, 2);
  const std::int64_t minute = part(14, 2);
  const std::int64_t second = part(17, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || minute < 0 || second < 0) {
    return 0;
  }
  std::int64_t result = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  if (const auto sign = text.find_last_of("+-"); sign != std::string_view::npos && sign > 18) {
    const std::int64_t offset =
        std::max<std::int64_t>(part(sign + 1, 2), 0) * 3600 + std::max<std::int64_t>(part(sign + 4, 2), 0) * 60;
    result -= text[sign] == '-' ? -offset : offset;
  }
  return result;
}

std::string kubelet_name(const ContainerFacts& facts) {
  return "k8s_" + (facts.sandbox ? std::string("POD") : facts.pod_container) + "_" + facts.pod + "_" +
         facts.pod_namespace + "_" + facts.pod_uid + "_" + std::to_string(facts.restarts.value_or(0));
}

void add_kubernetes_labels(ContainerFacts& facts) {
  for (const auto& [key, member] : kKubernetes) {
    const auto place =
        std::lower_bound(facts.labels.begin(), facts.labels.end(), key,
                         [](const auto& label, std::string_view wanted) { return label.first < wanted; });
    if (!(facts.*member).empty() && (place == facts.labels.end() || place->first != key)) {
      facts.labels.emplace(place, std::string(key), facts.*member);
    }
  }
}

void take_kubernetes_labels(ContainerFacts& facts) {
  for (const auto& [name, value] : facts.labels) {
    for (const auto& [key, member] : kKubernetes) {
      if (name == key && (facts.*member).empty()) {
        facts.*member = value;
      }
    }
    if ((name == "io.cri-containerd.kind" && value == "sandbox") ||
        (name == "io.kubernetes.docker.type" && value == "podsandbox")) {
      facts.sandbox = true;
    }
  }
  // The kubelet's Docker calls the sandbox POD.
  if (facts.sandbox || facts.pod_container == "POD") {
    facts.sandbox = true;
    facts.pod_container.clear();
  }
}

}  // namespace platform
