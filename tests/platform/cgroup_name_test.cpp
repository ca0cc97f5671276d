#include "platform/cgroup_name.h"

#include <gtest/gtest.h>

using platform::cgroup_name;
using platform::Runtime;

namespace {

const std::string kId(64, '7');
const std::string kPod = "0a1b2c3d-1111-2222-3333-444455556666";
const std::string kFlat = "0a1b2c3d_1111_2222_3333_444455556666";
const std::string kStatic(32, 'e');

TEST(CgroupName, KnowsThePathsOfEveryRuntimeAndDriver) {
  struct Case {
    std::string path;
    Runtime runtime;
    std::string id;
    std::string pod;
  };
  const std::string user = "/user.slice/user-1000.slice/user@1000.service/";
  const Case cases[] = {
      {"/", Runtime::none, "", ""},
      {"/docker", Runtime::none, "", ""},
      {"/docker/" + kId, Runtime::docker, kId, ""},
      {"/docker/" + kId + "/init.scope", Runtime::none, "", ""},
      {"/docker/" + kId + "/docker/" + std::string(64, 'b'), Runtime::docker, std::string(64, 'b'), ""},
      {"/my/parent/" + kId, Runtime::unknown, kId, ""},
      {"/system.slice/docker-" + kId + ".scope", Runtime::docker, kId, ""},
      {"/system.slice:docker:" + kId, Runtime::docker, kId, ""},
      {user + "user.slice/docker-" + kId + ".scope", Runtime::docker, kId, ""},
      {"/system.slice/docker-" + kId + ".mount", Runtime::none, "", ""},
      {"/libpod_parent/libpod-" + kId, Runtime::podman, kId, ""},
      {"/libpod_parent/conmon", Runtime::none, "", ""},
      {"/machine.slice/libpod-" + kId + ".scope", Runtime::podman, kId, ""},
      {"/machine.slice/libpod-" + kId + ".scope/container", Runtime::none, "", ""},
      {"/machine.slice/libpod-conmon-" + kId + ".scope", Runtime::none, "", ""},
      {"/machine.slice/machine-libpod_pod_" + kId + ".slice", Runtime::none, "", ""},
      {"/machine.slice/machine-libpod_pod_" + kId + ".slice/libpod-" + kId + ".scope", Runtime::podman, kId, ""},
      {user + "user.slice/libpod-" + kId + ".scope", Runtime::podman, kId, ""},
      {user + "app.slice/web.service/libpod-payload-" + kId, Runtime::podman, kId, ""},
      {"/system.slice/nerdctl-" + kId + ".scope", Runtime::containerd, kId, ""},
      {"/default/" + kId, Runtime::unknown, kId, ""},
      {"/kubepods/pod" + kPod, Runtime::none, "", kPod},
      {"/kubepods/pod" + kPod + "/" + kId, Runtime::unknown, kId, kPod},
      {"/kubepods/burstable/pod" + kStatic + "/" + kId, Runtime::unknown, kId, kStatic},
      {"/kubepods/besteffort/pod" + kPod + "/crio-" + kId, Runtime::crio, kId, kPod},
      {"/kubepods/besteffort/pod" + kPod + "/crio-conmon-" + kId, Runtime::none, "", kPod},
      {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kFlat + ".slice", Runtime::none, "", kPod},
      {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kFlat + ".slice/cri-containerd-" + kId +
           ".scope",
       Runtime::containerd, kId, kPod},
      {"/kubepods.slice/kubepods-pod" + kFlat + ".slice/crio-" + kId + ".scope", Runtime::crio, kId, kPod},
      {"/kubepods.slice/kubepods-pod" + kFlat + ".slice/docker-" + kId + ".scope", Runtime::docker, kId, kPod},
      {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" +
           kStatic + ".slice/cri-containerd-" + kId + ".scope",
       Runtime::containerd, kId, kStatic},
      {"/kubepods-burstable-pod" + kFlat + ".slice:cri-containerd:" + kId, Runtime::containerd, kId, ""},
      {"/lxc.payload.web", Runtime::lxc, "web", ""},
      {"/lxc.monitor.web", Runtime::none, "", ""},
      {"/lxc/web", Runtime::lxc, "web", ""},
      {"/lxc/101/ns", Runtime::none, "", ""},
      {"/machine.slice/systemd-nspawn@web.service", Runtime::machine, "systemd-nspawn@web.service", ""},
      {"/machine.slice/systemd-nspawn@web.service/payload", Runtime::none, "", ""},
      {R"(/machine.slice/machine-qemu\x2d1\x2dweb.scope)", Runtime::machine, R"(machine-qemu\x2d1\x2dweb.scope)", ""},
      {"/machine/qemu-1-web.libvirt-qemu", Runtime::machine, "qemu-1-web.libvirt-qemu", ""},
      {"/system.slice/ssh.service", Runtime::none, "", ""},
      {"/system.slice/" + kId + "0.scope", Runtime::none, "", ""},
      {"/docker/" + kId.substr(1), Runtime::none, "", ""},
      {"/podman/podlike-pod12", Runtime::none, "", ""},
  };
  for (const auto& [path, runtime, id, pod] : cases) {
    const auto name = cgroup_name(path);
    EXPECT_EQ(to_text(name.runtime), to_text(runtime)) << path;
    EXPECT_EQ(name.id, id) << path;
    EXPECT_EQ(name.pod_uid, pod) << path;
  }
}

TEST(CgroupName, KnowsUnitsAndUsers) {
  EXPECT_EQ(cgroup_name("/system.slice/ssh.service").unit, "ssh.service");
  EXPECT_EQ(cgroup_name("/system.slice").unit, "system.slice");
  EXPECT_EQ(cgroup_name("/docker").unit, "");
  const auto session = cgroup_name("/user.slice/user-1000.slice/session-3.scope");
  EXPECT_EQ(session.unit, "session-3.scope");
  EXPECT_EQ(session.user, 1000U);
  EXPECT_FALSE(cgroup_name("/user.slice/user-x.slice/a").user);
  EXPECT_FALSE(cgroup_name("/user.slice/user-.slice").user);
}

TEST(CgroupName, MachinesHaveTheNameTheyAreRegisteredUnder) {
  EXPECT_EQ(platform::machine_name(R"(machine-qemu\x2d1\x2dweb.scope)"), "qemu-1-web");
  EXPECT_EQ(platform::machine_name(R"(machine-we\x2)"), "");
  EXPECT_EQ(platform::machine_name(R"(machine-we\xZZ.scope)"), R"(we\xZZ)");
  EXPECT_EQ(platform::machine_name("systemd-nspawn@a.service"), "a");
  EXPECT_EQ(platform::machine_name("machine-.scope"), "");
  EXPECT_EQ(platform::machine_name("ssh.service"), "");
}

}  // namespace
