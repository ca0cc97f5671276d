// What containerd knows about its containers, from its files: the CRI of Kubernetes (also k3s' and MicroK8s'), nerdctl
// and ctr.
//
// Sources: <state>/io.containerd.runtime.v2.task/<namespace>/<id>/config.json, the OCI bundle of a running container
// (folders 0700: root or CAP_DAC_READ_SEARCH), with annotations io.kubernetes.cri.* or nerdctl/*; init.pid beside it.
// <root>/io.containerd.metadata.v1.bolt/meta.db (0644; whether others may enter the folders depends on the release) has
// image and labels: v1/<namespace>/containers/<id>/{image, labels/*}. A container of containerd never changes its name:
// it is read once.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/bolt_file.h"
#include "platform/container_source.h"

namespace platform {

struct Host;

class ContainerdFiles final : public ContainerSource {
 public:
  explicit ContainerdFiles(const Host& host);

  bool serves(Runtime runtime) const noexcept override {
    return runtime == Runtime::containerd || runtime == Runtime::unknown;
  }
  void begin() override { database_read_ = false; }
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;
  void look_again() override;

 private:
  struct Place {
    std::string state;  // /run/containerd
    std::string root;   // /var/lib/containerd
    std::vector<std::string> namespaces;
  };
  void add_place(std::string state, std::string root);
  void place_of_settings();
  void list_namespaces(Place& place);
  Result read_bundle(const Place& place, const std::string& space, std::string_view id, ContainerFacts& facts,
                     ReadBuffer& buffer);
  bool read_database(const Place& place, const std::string& space, std::string_view id, ContainerFacts& facts);

  const Host& host_;
  std::vector<Place> places_;
  BoltFile database_;
  std::string open_database_;  // whose file `database_` is
  bool database_read_ = false;
  int database_error_ = 0;
};

}  // namespace platform
