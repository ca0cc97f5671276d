// Answers of ethtool(8) written down, one folder a device: what --collector.ethtool.fixtures reads instead of asking
// the kernel. Each file is the output of the program; one that starts with "ERROR: 95" stands for that errno, one that
// is missing for EOPNOTSUPP.
//   driver       ethtool -i eth0:  driver: e1000e
//   statistics   ethtool -S eth0:       tx_packets: 961500
//   settings     ethtool eth0:     Supported link modes:   10baseT/Half 10baseT/Full
//                                                          1000baseT/Full
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "platform/dir.h"
#include "platform/ethtool.h"

namespace exporter::host::ethtool {

class Recorded final : public platform::ethtool::Source {
 public:
  explicit Recorded(const std::string& folder) : folder_(folder) {}
  const platform::Dir& folder() const noexcept { return folder_; }

  int driver(const char* device, platform::ethtool::Driver& answer) override;
  int link(const char* device, platform::ethtool::Link& answer) override;
  int count(const char* device, std::size_t& answer) override;
  int names(const char* device, std::size_t count, std::vector<std::string>& answer) override;
  int values(const char* device, std::size_t count, std::span<const std::uint64_t>& answer) override;

 private:
  int read(const char* device, const char* file);

  platform::Dir folder_;
  platform::ReadBuffer buffer_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> values_;
};

}  // namespace exporter::host::ethtool
