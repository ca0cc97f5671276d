#include "platform/container_states.h"

#include <algorithm>

#include "platform/json_values.h"

namespace platform {
namespace {

using State = ContainerFacts::State;

// By the times: only one that has ended has an exit code.
void settle(ContainerFacts& facts, std::optional<std::int64_t> code) {
  facts.state = facts.finished != 0 ? State::exited : facts.started != 0 ? State::running : State::created;
  facts.exit_code = facts.finished != 0 ? code.value_or(0) : std::optional<std::int64_t>();
}

}  // namespace

bool read_containerd_status(std::string_view text, ContainerFacts& facts) {
  const Json root = read_json(text);
  const auto seconds = [&](const char* name) {
    return std::max<std::int64_t>(integer_of(root, name).value_or(0), 0) / 1000000000;
  };
  if (!root.is_object() || !integer_of(root, "CreatedAt")) {
    return false;
  }
  facts.created = seconds("CreatedAt");
  facts.started = seconds("StartedAt");
  facts.finished = seconds("FinishedAt");
  settle(facts, integer_of(root, "ExitCode"));
  facts.oom_killed = text_of(root, "Reason") == "OOMKilled";
  const auto pid = integer_of(root, "Pid").value_or(0);
  facts.pid = pid > 0 && pid <= INT32_MAX ? pid : 0;
  const Json& removing = member(root, "Removing");
  if (removing.is_boolean() && removing.get<bool>()) {
    facts.state = State::removing;
  }
  return true;
}

bool read_crio_state(std::string_view text, ContainerFacts& facts) {
  const Json root = read_json(text);
  const std::string status = text_of(root, "status");
  if (status.empty()) {
    return false;
  }
  facts.created = unix_time(text_of(root, "created"));
  facts.started = unix_time(text_of(root, "started"));
  facts.finished = unix_time(text_of(root, "finished"));
  settle(facts, integer_of(root, "exitCode"));
  if (status == "paused") {
    facts.state = State::paused;
  }
  const Json& killed = member(root, "oomKilled");
  facts.oom_killed = killed.is_boolean() && killed.get<bool>();
  return true;
}

}  // namespace platform
