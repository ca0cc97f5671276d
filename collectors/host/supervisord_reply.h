// The one XML-RPC reply that supervisord is asked for: an array of flat structures (http://xmlrpc.com/spec.md).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace exporter::host::supervisord {

// What supervisor.getAllProcessInfo tells of a process, as far as it is shown.
struct Process {
  std::string name;
  std::string group;
  std::optional<std::int64_t> state;
  std::optional<std::int64_t> exit_status;
  std::optional<std::int64_t> start;  // seconds since 1970; 0 for never
};

// Whether a process is there in this state: STARTING, RUNNING, STOPPING.
bool runs(std::int64_t state) noexcept;

// Calls `take` for each structure that has a name and a group. False when the text is no such reply or not whole; what
// was taken until then stands.
bool read_processes(std::string_view xml, const std::function<void(const Process&)>& take);

}  // namespace exporter::host::supervisord
