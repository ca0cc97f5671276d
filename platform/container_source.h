// A place that knows containers by their ids: a runtime's files, the kubelet's log links, a runtime's API.
#pragma once
#include <string>
#include <string_view>

#include "platform/cgroup_name.h"
#include "platform/container_facts.h"
#include "platform/dir.h"

namespace platform {

// One thread at a time. Nothing throws but bad_alloc.
class ContainerSource {
 public:
  // unchanged: what `facts` say is what the source says. absent: it does not know the container. denied: it may, but
  // this process must not look. invalid: unreadable, too large, cut or about something else; `facts` are empty then,
  // but for the stamp.
  enum class Result : std::uint8_t { unchanged, updated, absent, denied, invalid };

  ContainerSource() = default;
  ContainerSource(const ContainerSource&) = delete;
  ContainerSource& operator=(const ContainerSource&) = delete;
  virtual ~ContainerSource() = default;

  // True when it may know containers of this runtime.
  virtual bool serves(Runtime runtime) const noexcept = 0;
  // Called once before the reads of a scrape.
  virtual void begin() {}
  // `facts` are those of an earlier read of this source, or empty. Costs one stat at most while nothing changed.
  virtual Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) = 0;
  // Looks for the places again: a runtime may have been started or set up since.
  virtual void look_again() {}
  // The folder that read() was denied last; needs CAP_DAC_READ_SEARCH.
  const std::string& denied_place() const noexcept { return denied_place_; }

  // Larger files are not read: real ones have a few kilobytes.
  static constexpr std::int64_t kMaxFile = std::int64_t{4} << 20;

 protected:
  std::string denied_place_;
};

// True for the errors that say "not for this user".
bool is_denied(int error) noexcept;

}  // namespace platform
