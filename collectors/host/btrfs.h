// The btrfs collector with another ioctl, so that a test needs no such file system.
#pragma once
#include <memory>

#include "collectors/host/btrfs_ioctl.h"
#include "exporter/collector.h"

namespace exporter::host::btrfs {

std::unique_ptr<Collector> make_with(const Environment& environment, BtrfsIoctl ioctl);

}  // namespace exporter::host::btrfs
