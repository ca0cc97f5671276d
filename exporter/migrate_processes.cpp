// Exporters that run: /proc/PID/cmdline, environ, cgroup, cwd and ns/net (proc(5)). Those in containers are among them;
// environ, cwd and ns/net of other users' processes take root.
#include <array>

#include "exporter/migrate.h"
#include "exporter/migrate_tables.h"
#include "platform/cgroup_name.h"
#include "platform/process_table.h"
#include "platform/socket_owner.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

bool concerns_exporters(std::string_view name) {
  constexpr std::array<std::string_view, 6> kBegins{"REDIS_",          "PG",        "DATA_SOURCE_",
                                                    "SUPERVISORD_URL", "SSL_CERT_", "PGBOUNCER_"};
  for (const auto begin : kBegins) {
    if (name.starts_with(begin)) {
      return true;
    }
  }
  return false;
}

void read_environment(const platform::Dir& proc, const std::string& folder, Program& program) {
  platform::ReadBuffer buffer;
  program.environment_known = proc.read((folder + "/environ").c_str(), buffer) == 0;
  for (std::string_view rest = buffer.text(); program.environment_known && !rest.empty();) {
    std::string_view value = platform::take(rest, '\0');
    const auto name = platform::take(value, '=');
    if (concerns_exporters(name) && program.variables.size() < kMostWords) {
      program.variables.push_back({std::string(name), std::string(value)});
    }
  }
}

// The service or the container that a control group belongs to.
void read_group(std::string_view path, Program& program) {
  for (auto part = path; part.size() > 1 && program.container.empty(); part = part.substr(0, part.rfind('/'))) {
    const auto name = platform::cgroup_name(part);
    if (name.runtime != platform::Runtime::none && name.runtime != platform::Runtime::machine) {
      constexpr std::size_t kShort = 12;
      program.container = name.pod_uid.empty() ? std::string(to_text(name.runtime)) + " " : "pod ";
      program.container.append(name.pod_uid.empty() ? name.id.substr(0, kShort) : std::string_view(name.pod_uid));
      return;
    }
  }
  for (std::string_view rest = path; !rest.empty();) {
    const auto part = platform::take(rest, '/');
    if (part.starts_with("user@")) {
      program.of_user = true;
    } else if (part.ends_with(".service")) {
      program.unit = part;
    }
  }
}

}  // namespace

void find_processes(const platform::Host& host, Found& found) {
  platform::ProcessTable table(host.proc);
  platform::ReadBuffer buffer;
  std::string own_network;
  host.proc.link("self/ns/net", own_network);
  if (table.start() != 0) {
    found.add_trouble(host.procfs + ": the processes cannot be listed");
  }
  for (platform::Process process; table.next(process);) {
    const std::string folder = std::to_string(process.pid);
    if (process.kernel || process.state == 'Z' || host.proc.read((folder + "/cmdline").c_str(), buffer) != 0) {
      continue;
    }
    std::string_view rest = buffer.text();
    const auto name = platform::take(rest, '\0');
    const auto original = original_of(name);
    if (!original) {
      continue;
    }
    if (found.programs.size() == kMostPrograms) {
      found.add_trouble("more than 64 exporters run here; the others were not looked at");
      return;
    }
    Program program;
    program.original = *original;
    program.packaged = is_packaged(name);
    program.where = "pid " + folder;
    while (!rest.empty() && program.words.size() <= kMostWords) {
      program.words.emplace_back(platform::take(rest, '\0'));
    }
    read_environment(host.proc, folder, program);
    read_group(platform::group_of_process(host, process.pid), program);
    std::string network;
    host.proc.link((folder + "/cwd").c_str(), program.folder);
    host.proc.link((folder + "/ns/net").c_str(), network);
    program.own_network = !network.empty() && !own_network.empty() && network != own_network;
    found.programs.push_back(std::move(program));
  }
}

}  // namespace exporter::migrate
