#include "exporter/service_rights.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "platform/text.h"

namespace exporter {
namespace {

struct Capability {
  std::string_view name;
  std::string_view settings;  // what the unit's sandbox must let through besides
};
constexpr Capability kCapabilities[] = {
    {"CAP_DAC_READ_SEARCH", ""},
    {"CAP_PERFMON", "SystemCallFilter=perf_event_open\n"},
    {"CAP_SYS_ADMIN", "DeviceAllow=char-nvme r\n"},
    {"CAP_SYS_PTRACE", ""},
};

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    if (platform::take(words, ' ') == word) {
      return true;
    }
  }
  return false;
}

bool in_use(const Rights& rights, const Options& options) {
  return !rights.capabilities.empty() && (rights.with.empty() || options.on(rights.with)) &&
         (rights.unless.empty() || !options.given(rights.unless));
}

}  // namespace

Grants service_rights(const Options& options, std::span<const CollectorSpec* const> enabled,
                      std::span<const TargetSpec* const> targets) {
  std::string names;
  std::string settings;
  Grants grants;
  grants.statements = "# Rights for the collectors that are on, by: resource_exporter acl systemd\n";
  for (const auto& capability : kCapabilities) {
    std::string users;
    const auto add = [&](const Rights& rights, std::string_view name) {
      if (in_use(rights, options) && has_word(rights.capabilities, capability.name)) {
        users.append(users.empty() ? "" : ", ").append(name);
      }
    };
    for (const auto* spec : enabled) {
      add(spec->rights, spec->name);
    }
    for (const auto* target : targets) {
      if (std::any_of(enabled.begin(), enabled.end(),
                      [&](const auto* spec) { return spec->module == target->module; })) {
        add(target->rights, std::string(to_text(target->module)) + " in containers");
      }
    }
    if (!users.empty()) {
      grants.statements.append("#   ").append(capability.name).append(": ").append(users).append("\n");
      names.append(names.empty() ? "" : " ").append(capability.name);
      settings.append(capability.settings);
    }
  }
  grants.statements += "[Service]\n";
  if (!names.empty()) {
    grants.statements.append("CapabilityBoundingSet=").append(names).append("\nAmbientCapabilities=").append(names);
    grants.statements.append("\n").append(settings);
  }
  grants.remarks =
      "into /etc/systemd/system/resource_exporter.service.d/rights.conf, then:\n"
      "systemctl daemon-reload && systemctl restart resource_exporter\n";
  return grants;
}

}  // namespace exporter
