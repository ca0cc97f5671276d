// What drivers of network devices tell about themselves: ethtool(8)'s questions, asked by ioctl (SIOCETHTOOL,
// netdevice(7), linux/ethtool.h). The netlink interface of ethtool has no counters of a driver's own, hence the ioctl.
// No privileges needed; shows the network namespace of this process.
#pragma once
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/dir.h"

namespace platform::ethtool {

struct Driver {
  std::string name;
  std::string version;
  std::string firmware_version;
  std::string expansion_rom_version;
  std::string bus;  // "0000:00:1f.6"
  friend bool operator==(const Driver&, const Driver&) = default;
};

// By ETHTOOL_LINK_MODE_*_BIT. Kernels of today have 125.
using LinkModes = std::bitset<256>;

struct Link {
  LinkModes supported;
  LinkModes advertised;
  bool autonegotiation = false;  // in use
  friend bool operator==(const Link&, const Link&) = default;
};

// Answers about devices by name ("eth0", ends with a NUL). Functions return 0 or an errno value: EOPNOTSUPP where the
// driver does not say, ENODEV where the device is gone. Objects that are passed in are reused: a second call with the
// same answer does not allocate. For one thread at a time.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  virtual int driver(const char* device, Driver& answer) = 0;
  virtual int link(const char* device, Link& answer) = 0;
  // How many counters the driver has now; 0 is an answer.
  virtual int count(const char* device, std::size_t& answer) = 0;
  // Their names, as many as count() said. EAGAIN when their number changed meanwhile.
  virtual int names(const char* device, std::size_t count, std::vector<std::string>& answer) = 0;
  // Their values in the order of the names, valid until the next call. EAGAIN when their number changed meanwhile.
  virtual int values(const char* device, std::size_t count, std::span<const std::uint64_t>& answer) = 0;
};

// Memory that ends at a page nobody may touch. The kernel writes as many counters as the driver has at that moment,
// whatever room it was told of: where these have become too many, it gets EFAULT instead of our heap.
class GuardedBuffer {
 public:
  GuardedBuffer() = default;
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;
  ~GuardedBuffer();
  // At least `size` octets, aligned to a page, their content undefined; null without memory.
  void* reserve(std::size_t size) noexcept;

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;  // without the last page
};

// The kernel. A call holds the kernel's rtnl lock and takes as long as the driver asks its hardware.
class Kernel final : public Source {
 public:
  int driver(const char* device, Driver& answer) override;
  int link(const char* device, Link& answer) override;
  int count(const char* device, std::size_t& answer) override;
  int names(const char* device, std::size_t count, std::vector<std::string>& answer) override;
  int values(const char* device, std::size_t count, std::span<const std::uint64_t>& answer) override;

 private:
  int ask(const char* device, void* question);

  Fd socket_;
  GuardedBuffer buffer_;
  int words_ = 0;  // of a set of link modes; 0: not known yet
};

}  // namespace platform::ethtool
