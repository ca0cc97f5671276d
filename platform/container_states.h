// The files in which the CRI runtimes keep the state of containers, also of those that do not run.
#pragma once
#include <string_view>

#include "platform/container_facts.h"

namespace platform {

// containerd: <root>/io.containerd.grpc.v1.cri/containers/<id>/status, times in nanoseconds since 1970:
//   {"Version":"v1","Pid":0,"CreatedAt":1714557600000000000,"StartedAt":...,"FinishedAt":...,"ExitCode":137,
//    "Reason":"OOMKilled"}
// False when the text is something else.
bool read_containerd_status(std::string_view text, ContainerFacts& facts);

// CRI-O: .../overlay-containers/<id>/userdata/state.json:
//   {"id":"4f5c..","status":"stopped","created":"2024-05-01T10:00:00Z","started":"...","finished":"...","exitCode":0,
//    "oomKilled":false}
bool read_crio_state(std::string_view text, ContainerFacts& facts);

}  // namespace platform
