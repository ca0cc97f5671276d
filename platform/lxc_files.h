// LXC's containers, also those of Incus, LXD and Proxmox: the name is in the group's path already.
//
// Source: /var/lib/lxc/<name>/config, "lxc.uts.name = web" (lxc.container.conf(5)). Proxmox calls its containers by
// numbers; there the host name is the name that people know. Incus and LXD keep no such file.
#pragma once
#include "platform/container_source.h"

namespace platform {

struct Host;

class LxcFiles final : public ContainerSource {
 public:
  explicit LxcFiles(const Host& host) : host_(host) {}
  bool serves(Runtime runtime) const noexcept override { return runtime == Runtime::lxc; }
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;

 private:
  const Host& host_;
};

// systemd-nspawn's and libvirt's machines.
//
// Source: /run/systemd/machines/<name>, "NAME=web\nSCOPE=machine-web.scope\nCLASS=container\nLEADER=812\n", readable
// for everyone (systemd-machined.service(8)). libvirt registers "qemu-<number>-<name>"; the name is what is shown.
class MachineFiles final : public ContainerSource {
 public:
  explicit MachineFiles(const Host& host) : host_(host) {}
  bool serves(Runtime runtime) const noexcept override { return runtime == Runtime::machine; }
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;

 private:
  const Host& host_;
};

}  // namespace platform
