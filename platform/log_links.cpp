#include "platform/log_links.h"

#include <vector>

#include "platform/host.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kIdLength = 64;

// "/var/log/pods/shop_web-0_<uid>/nginx/2.log"
void read_target(std::string_view target, ContainerFacts& facts) {
  const auto file = target.substr(target.rfind('/') + 1);
  if (file.ends_with(".log")) {
    facts.restarts = number<std::uint64_t>(file.substr(0, file.size() - 4));
  }
  constexpr std::string_view kPods = "/pods/";
  const auto pods = target.find(kPods);
  if (pods == std::string_view::npos) {
    return;
  }
  std::string_view rest = target.substr(pods + kPods.size());
  const auto pod = take(rest, '/');
  facts.pod_uid = pod.substr(pod.rfind('_') + 1);
}

}  // namespace

std::string_view read_log_link(std::string_view name, ContainerFacts& facts) {
  constexpr std::string_view kEnd = ".log";
  if (!name.ends_with(kEnd) || name.size() < kIdLength + kEnd.size() + 1) {
    return {};
  }
  name.remove_suffix(kEnd.size());
  const auto id = name.substr(name.size() - kIdLength);
  name.remove_suffix(kIdLength);
  if (!name.ends_with('-') || id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") != std::string_view::npos) {
    return {};
  }
  name.remove_suffix(1);
  facts.pod = take(name, '_');
  facts.pod_namespace = take(name, '_');
  facts.pod_container = name;
  return facts.pod.empty() || facts.pod_namespace.empty() || name.empty() ? std::string_view{} : id;
}

void LogLinks::begin() {
  FileStamp stamp;
  error_ = stamp_of(host_.root, kPlace + 1, stamp);
  if (error_ == 0 && stamp == stamp_) {
    return;
  }
  stamp_ = {};
  names_.clear();
  std::vector<std::string> names;
  if (error_ == 0) {
    error_ = host_.root.list(kPlace + 1, names);
  }
  if (error_ != 0) {
    return;
  }
  for (std::string& name : names) {
    ContainerFacts unused;
    const std::string id(read_log_link(name, unused));
    if (!id.empty() && names_.size() < kMaxLinks) {
      names_[id] = std::move(name);
    }
  }
  stamp_ = stamp;
}

LogLinks::Result LogLinks::read(const CgroupName& who, ContainerFacts& facts, ReadBuffer& /*buffer*/) {
  if (facts.usable) {
    return Result::unchanged;  // a link is never turned to another container, and may go before it
  }
  const auto found = names_.find(who.id);
  if (found == names_.end()) {
    if (is_denied(error_)) {
      denied_place_ = kPlace;
      return Result::denied;
    }
    return Result::absent;
  }
  facts = ContainerFacts{};
  read_log_link(found->second, facts);
  std::string target;
  if (host_.root.link((std::string(kPlace + 1) + "/" + found->second).c_str(), target) == 0) {
    read_target(target, facts);
  }
  if (facts.pod_uid.empty()) {
    facts.pod_uid = who.pod_uid;
  }
  facts.runtime = who.runtime;
  add_kubernetes_labels(facts);
  // As the runtime's own source would say it.
  facts.name = who.runtime == Runtime::containerd ? std::string(who.id) : kubelet_name(facts);
  if (who.runtime == Runtime::unknown) {
    facts.name.clear();
  }
  facts.usable = true;
  return Result::updated;
}

}  // namespace platform
