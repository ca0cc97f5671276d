// What CRI-O knows about its containers.
//
// Source: /run/containers/storage/overlay-containers/<id>/userdata/config.json, or the copy below /var/lib: an OCI
// bundle with annotations io.kubernetes.cri-o.*; state.json beside it. Root or CAP_DAC_READ_SEARCH.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "platform/container_source.h"

namespace platform {

struct Host;

class CrioFiles final : public ContainerSource {
 public:
  explicit CrioFiles(const Host& host) : host_(host) {}

  bool serves(Runtime runtime) const noexcept override {
    return runtime == Runtime::crio || runtime == Runtime::unknown;
  }
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;

  static constexpr std::array<const char*, 2> kPlaces{"/run/containers/storage/overlay-containers",
                                                      "/var/lib/containers/storage/overlay-containers"};

 private:
  const Host& host_;
  std::array<Dir, kPlaces.size()> places_;
};

// Reads the text of a bundle. False when it is none of CRI-O's; Podman keeps its bundles in the same place.
bool read_crio_config(std::string_view text, ContainerFacts& facts);

}  // namespace platform
