#include "collectors/container/payload_group.h"

#include <algorithm>
#include <string_view>

#include "platform/cgroup_name.h"

namespace exporter::container {
namespace {

constexpr std::string_view kPayload = "/container";

bool scope_of_container(std::string_view path) {
  using platform::Runtime;
  if (!path.ends_with(".scope")) {
    return false;
  }
  const Runtime runtime = platform::cgroup_name(path).runtime;
  return runtime != Runtime::none && runtime != Runtime::lxc && runtime != Runtime::machine;
}

}  // namespace

platform::Cgroup* scope_of_payload(std::span<platform::Cgroup* const> groups, std::size_t index) {
  const std::string_view path = groups[index]->path();
  if (!path.ends_with(kPayload)) {
    return nullptr;
  }
  const std::string_view scope = path.substr(0, path.size() - kPayload.size());
  if (!scope_of_container(scope)) {
    return nullptr;
  }
  // All below the scope stand together.
  const auto below = [&](std::size_t at) {
    const std::string_view other = groups[at]->path();
    return other.size() > scope.size() && other.starts_with(scope) && other[scope.size()] == '/';
  };
  if (index > 0 && below(index - 1)) {
    return nullptr;
  }
  for (std::size_t at = index + 1; at < groups.size() && below(at); ++at) {
    const std::string_view other = groups[at]->path();
    if (!other.starts_with(path) || other[path.size()] != '/') {
      return nullptr;
    }
  }
  const auto before = groups.first(index);
  const auto found = std::lower_bound(before.begin(), before.end(), scope,
                                      [](const auto* group, std::string_view text) { return group->path() < text; });
  return found != before.end() && (*found)->path() == scope ? *found : nullptr;
}

}  // namespace exporter::container
