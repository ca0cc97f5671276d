// The filesystem collector with another statfs, so that a test can let one hang.
#pragma once
#include <memory>

#include "exporter/collector.h"
#include "platform/statfs_pool.h"

namespace exporter::host::filesystem {

// `function` is called by the collector's thread and by its helpers.
std::unique_ptr<Collector> make_with(const Environment& environment, platform::StatfsPool::Function function);

}  // namespace exporter::host::filesystem
