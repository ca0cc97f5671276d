// Who a container is: asks the sources in order of trust, without a socket, and only when something may have changed.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/collector.h"
#include "platform/container_source.h"

namespace platform {
class DockerFiles;
class PodmanFiles;
}  // namespace platform

namespace exporter::container {

// What is known of one container, and how far the search for more is.
struct Identity {
  platform::CgroupName who;
  platform::ContainerFacts facts;

 private:
  friend class Names;
  static constexpr std::uint8_t kNobody = 0xff;
  std::uint8_t source = kNobody;  // that `facts` are from
  std::uint8_t looks = 0;         // that found nothing better
  bool rejected = false;          // the source's file cannot be understood
  bool has_image = false;         // when `facts` were read
  std::uint16_t denied = 0;       // sources that may know, by bit
  std::uint64_t next_look = 0;
};

// For one thread at a time.
class Names {
 public:
  // files: the runtime's socket is never opened. everything: it is, where --container.docker-socket names one.
  enum class Ask { files, everything };
  explicit Names(const Environment& environment, Ask ask = Ask::files);

  // Once per scrape, before the others.
  void begin();
  // Brings the facts of one container up to date. True when they changed. Costs one stat while nothing did; a container
  // that nobody knows is looked up again at the next scrapes, ever less often.
  bool refresh(Identity& identity, const Scrape& scrape, Sink& sink);
  // Asks everybody at once, for a container that has no group: of `who` only runtime and id count. False when nobody
  // knows it.
  bool identify(const platform::CgroupName& who, platform::ContainerFacts& facts, const Scrape& scrape);
  // Grows when places were searched anew.
  std::uint64_t searches() const noexcept { return searches_; }
  const platform::DockerFiles& docker() const noexcept { return *docker_; }
  platform::PodmanFiles& podman() noexcept { return *podman_; }

  // Once per scrape, after the others; says what was denied. True when places were searched anew since a container
  // appeared that nobody knows: then it is worth to refresh once more.
  bool end(Sink& sink);

 private:
  using Source = platform::ContainerSource;
  struct Asked {
    std::unique_ptr<Source> source;
    bool begun = false;
    std::string denied_note;
  };
  Source::Result ask(std::size_t index, Identity& identity, platform::ContainerFacts& facts, const Scrape& scrape);
  bool look(Identity& identity, const Scrape& scrape, Sink& sink);

  std::vector<Asked> sources_;  // best first
  platform::DockerFiles* docker_ = nullptr;
  platform::PodmanFiles* podman_ = nullptr;
  std::uint64_t searches_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t searched_ = 0;  // the round of the last search for places
  bool stranger_ = false;       // somebody is new and unknown
  bool again_ = false;          // places were searched in this round: the unknown are looked up once more
  std::uint16_t denied_ = 0;    // sources that denied somebody in this round
};

}  // namespace exporter::container
