// /proc/stat, read once for the collectors cpu and stat: on large machines the kernel adds up every interrupt of every
// CPU for it (proc_stat(5)).
#pragma once
#include <cstdint>
#include <string_view>

#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/host.h"

namespace exporter::host {

// One instance per program, through Shared; the inline collectors that use it run one after the other.
class ProcStat {
 public:
  explicit ProcStat(const platform::Host& host) : file_(host.proc, "stat") {}

  // Reads the file when this scrape has not yet. 0 or errno.
  int read(const Scrape& scrape) {
    if (generation_ != scrape.generation) {
      generation_ = scrape.generation;
      error_ = file_.read(buffer_);
    }
    return error_;
  }
  // Valid until the read() of the next scrape.
  std::string_view text() const noexcept { return buffer_.text(); }
  const std::string& name() const noexcept { return file_.name(); }

 private:
  platform::KeptFile file_;
  platform::ReadBuffer buffer_;
  std::uint64_t generation_ = UINT64_MAX;
  int error_ = 0;
};

}  // namespace exporter::host
