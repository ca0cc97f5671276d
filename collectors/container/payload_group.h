// Where crun keeps a container that systemd made a scope for: systemd lets others manage only what is below a scope, so
// the processes and the limits are in a group "container" there, and the scope's own files say "max" (crun(1),
// run.oci.systemd.subgroup; systemd's CGROUP_DELEGATION).
//
//   /machine.slice/libpod-<id>.scope            the name, no process, no limit
//   /machine.slice/libpod-<id>.scope/container  everything else
#pragma once
#include <span>

#include "platform/cgroup_tree.h"

namespace exporter::container {

// The scope of whose container the group at `index` is all there is; nullptr for other groups. `groups` are ordered by
// path, as CgroupTree::groups() are. By the names alone: other groups beside it are counted, processes are not.
platform::Cgroup* scope_of_payload(std::span<platform::Cgroup* const> groups, std::size_t index);

}  // namespace exporter::container
