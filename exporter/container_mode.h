// What is missing when the exporter runs in a container and should show the machine.
#pragma once
#include <string>

#include "platform/host.h"
#include "platform/surroundings.h"

namespace exporter {

// One line that names what is hidden and the option of the container or of the exporter that shows it; empty when
// all is well, on a machine without containers, and in a container that is a machine of its own (LXC, nspawn).
std::string missing_in_container(const platform::Surroundings& facts, const platform::Host& host);

}  // namespace exporter
