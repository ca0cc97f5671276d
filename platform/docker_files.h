// What Docker itself knows about its containers, from the files below its data directory: no socket, no daemon.
//
// Source: <data-root>/containers/<id>/config.v2.json, which dockerd replaces by rename at every change. Readable for
// root or with CAP_DAC_READ_SEARCH. One thread at a time.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/container_source.h"
#include "platform/dir.h"

namespace platform {

struct Host;

class DockerFiles final : public ContainerSource {
 public:
  // `data_root` empty: /etc/docker/daemon.json, every running dockerd's command line and /var/lib/docker are asked.
  DockerFiles(const Host& host, std::string data_root);

  // Looks for data directories again: a daemon may have been started since.
  void find_roots();

  bool serves(Runtime runtime) const noexcept override {
    return runtime == Runtime::docker || runtime == Runtime::unknown;
  }
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;
  void look_again() override { find_roots(); }

  // The folders that hold one folder for each container.
  std::vector<std::string> places() const;

 private:
  struct Root {
    std::string place;  // <data-root>/containers
    Dir containers;
  };
  void add_root(std::string_view path);
  void roots_of_daemons();
  void root_of_settings(const std::string& path);

  const Host& host_;
  std::string fixed_root_;
  std::vector<Root> roots_;
};

// Reads the text of container `id`'s config.v2.json, or the API's reply about it, which has the same shape. False when
// it is something else; `facts` may be half filled then.
bool read_docker_config(std::string_view id, std::string_view text, ContainerFacts& facts);

}  // namespace platform
