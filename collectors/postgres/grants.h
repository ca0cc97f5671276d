// What a role must be granted for the collectors that are on, as SQL for a superuser.
#pragma once
#include <span>

#include "exporter/collector.h"

namespace exporter::postgres {

Grants grants_of(const Options& options, std::span<const CollectorSpec* const> enabled);

}  // namespace exporter::postgres
