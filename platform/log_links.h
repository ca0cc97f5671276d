// What the kubelet's links to log files tell: for every user, without any privilege, whatever the runtime.
//
// Source: the names in /var/log/containers, <pod>_<namespace>_<container>-<id>.log, and the text of each link,
// /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log. The sandbox of a pod has none. The links are never
// followed. Read again when the folder's modification time changes.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "platform/container_source.h"

namespace platform {

struct Host;

class LogLinks final : public ContainerSource {
 public:
  explicit LogLinks(const Host& host) : host_(host) {}

  bool serves(Runtime runtime) const noexcept override {
    return runtime == Runtime::unknown || runtime == Runtime::docker || runtime == Runtime::containerd ||
           runtime == Runtime::crio;
  }
  void begin() override;
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;

  static constexpr const char* kPlace = "/var/log/containers";
  static constexpr std::size_t kMaxLinks = 100000;

 private:
  const Host& host_;
  FileStamp stamp_;
  int error_ = 0;
  std::map<std::string, std::string, std::less<>> names_;  // of links, by container
};

// "web-0_shop_nginx-<64 letters>.log" into pod, namespace and container; returns the id, or nothing for other names.
std::string_view read_log_link(std::string_view name, ContainerFacts& facts);

}  // namespace platform
