// Names of block devices by number, for cgroup files that say "254:0".
//
// Source: /sys/dev/block/<major>:<minor>/uevent, DEVNAME=vda. A device is forgotten when a scrape does not mention it,
// so a number that is used anew gets its new name.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "platform/dir.h"
#include "platform/regex.h"

namespace exporter::container {

struct BlockDevice {
  std::string path;  // "/dev/vda"; the number where there is no name
  std::string major;
  std::string minor;
  bool partition = false;
  bool shown = true;  // by the filter, which looks at the name without /dev/
  std::uint64_t seen = 0;
};

class BlockDevices {
 public:
  static constexpr std::size_t kMax = 4096;
  explicit BlockDevices(const platform::Dir& sys, platform::Filter filter = {})
      : sys_(sys), filter_(std::move(filter)) {}

  // `number` is "major:minor". Null when it is none, or there are too many.
  const BlockDevice* find(std::string_view number, std::uint64_t generation);
  void forget_unseen(std::uint64_t generation);

 private:
  BlockDevice look_up(std::string_view major, std::string_view minor) const;
  const platform::Dir& sys_;
  platform::Filter filter_;
  std::map<std::string, BlockDevice, std::less<>> devices_;
};

}  // namespace exporter::container
