// How much the writable layer of a container takes.
//
// Source: the line of "/" in /proc/<pid>/mountinfo of a process of the container, which names its upperdir for every
// runtime (overlayfs.rst):
//   602 530 0:52 / / rw,relatime - overlay overlay
//   rw,lowerdir=...,upperdir=/var/lib/docker/overlay2/<x>/diff,workdir=...
// then all inodes below it, and below the folder where Docker or Podman keep the container's log.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "platform/dir.h"
#include "platform/disk_usage.h"
#include "platform/host.h"

namespace exporter::container {

// The upperdir in the text of a mountinfo file where "/" is an overlay; empty where it is not. Escapes stay.
std::string_view upper_folder(std::string_view mountinfo) noexcept;
// Where the runtime that made `upper` keeps container `id`'s log and state; empty when it is none that is known.
std::string state_folder(std::string_view upper, std::string_view id);

struct Layer {
  std::uint64_t serial = 0;  // Cgroup::serial()
  std::int32_t pid = 0;      // a process of the container
  std::string id;            // the runtime's
  bool operator==(const Layer&) const = default;
};

struct LayerSize {
  int error = 0;  // EACCES: a folder is closed to this program; EOPNOTSUPP: no overlay; ENOENT, ESRCH: gone
  platform::DiskUsage::Total total;
  std::string device;          // "254:1"
  std::uint64_t capacity = 0;  // of its file system, in bytes
};

// For one thread at a time.
class LayerMeter {
 public:
  // `host` must outlive this.
  explicit LayerMeter(const platform::Host& host) : host_(host) {}
  // `rest` as DiskUsage's go_on.
  LayerSize measure(const Layer& layer, const std::function<bool()>& rest);

 private:
  const platform::Host& host_;
  platform::DiskUsage usage_;
  platform::ReadBuffer buffer_;
};

}  // namespace exporter::container
