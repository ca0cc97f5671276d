// The sources that know containers by their files: containerd, CRI-O, Podman, the kubelet's log links, LXC, machines.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "platform/containerd_files.h"
#include "platform/crio_files.h"
#include "platform/log_links.h"
#include "platform/lxc_files.h"
#include "platform/podman_files.h"
#include "tests/support/host_folder.h"

namespace fs = std::filesystem;
using platform::ContainerFacts;
using platform::Runtime;
using Result = platform::ContainerSource::Result;
using tests::container_named;

namespace {

const std::string kId(64, 'a');
const std::string kSandbox(64, 'b');
const std::string kCache(64, 'd');
const std::string kUid = "0a1b2c3d-1111-2222-3333-444455556666";
const std::string kBundles = "root/run/containerd/io.containerd.runtime.v2.task/k8s.io/";
const std::string kDatabase = "root/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db";

class ContainerSourcesTest : public testing::Test {
 protected:
  Result read(platform::ContainerSource& source, std::string_view id, Runtime runtime) {
    source.begin();
    return source.read(container_named(id, runtime), facts_, buffer_);
  }
  std::string label(const std::string& key) const {
    for (const auto& [name, value] : facts_.labels) {
      if (name == key) {
        return value;
      }
    }
    return "(none)";
  }
  void bundle(const std::string& id, const std::string& annotations) const {
    folder_.write(kBundles + id + "/config.json",
                  R"({"process":{"env":["TEAM=shop","EMPTY="]},"annotations":{)" + annotations + "}}");
  }
  void database(const std::string& path, const char* name) const {
    folder_.write(path, tests::read_text(fs::path(FIXTURES) / "platform/bolt" / name));
  }
  tests::HostFolder folder_;
  platform::ReadBuffer buffer_;
  ContainerFacts facts_;
};

const std::string kCri =
    R"("io.kubernetes.cri.container-name":"nginx","io.kubernetes.cri.container-type":"container",)"
    R"("io.kubernetes.cri.image-name":"docker.io/nginx:1","io.kubernetes.cri.sandbox-name":"web-0",)"
    R"("io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.sandbox-uid":")" +
    kUid + "\"";

TEST_F(ContainerSourcesTest, ContainerdBundleNamesAKubernetesContainer) {
  bundle(kId, kCri);
  folder_.write(kBundles + kId + "/init.pid", "812");
  platform::ContainerdFiles files(folder_.host());
  EXPECT_EQ(read(files, kId, Runtime::containerd), Result::updated);
  EXPECT_EQ(facts_.name, kId);
  EXPECT_EQ(facts_.image, "docker.io/nginx:1");
  EXPECT_EQ(facts_.pod, "web-0");
  EXPECT_EQ(facts_.pod_namespace, "shop");
  EXPECT_EQ(facts_.pod_container, "nginx");
  EXPECT_EQ(facts_.pod_uid, kUid);
  EXPECT_EQ(facts_.pid, 812);
  EXPECT_FALSE(facts_.sandbox);
  EXPECT_TRUE(facts_.partial);
  EXPECT_EQ(label("io.kubernetes.pod.name"), "web-0");
  EXPECT_EQ(facts_.environment.front(), std::pair(std::string("TEAM"), std::string("shop")));
  // What the bundle lacks comes as soon as the database can be read.
  EXPECT_EQ(read(files, kId, Runtime::containerd), Result::unchanged);
  database(kDatabase, "meta.db");
  EXPECT_EQ(read(files, kId, Runtime::containerd), Result::updated);
  EXPECT_EQ(label("app"), "web");
  EXPECT_EQ(facts_.image, "docker.io/nginx:1");
  EXPECT_EQ(facts_.pod_container, "nginx");
  EXPECT_FALSE(facts_.partial);
  EXPECT_EQ(read(files, kId, Runtime::containerd), Result::unchanged);
}

TEST_F(ContainerSourcesTest, ContainerdDatabaseAloneIsEnough) {
  database(kDatabase, "meta.db");
  platform::ContainerdFiles files(folder_.host());
  EXPECT_EQ(read(files, kSandbox, Runtime::unknown), Result::updated);
  EXPECT_EQ(facts_.pod, "web-0");
  EXPECT_EQ(facts_.pod_container, "");
  EXPECT_TRUE(facts_.sandbox);
  EXPECT_EQ(facts_.image, "registry.example/pause:3.9");
  facts_ = {};
  EXPECT_EQ(read(files, kCache, Runtime::unknown), Result::updated);
  EXPECT_EQ(facts_.name, "cache");
  EXPECT_EQ(facts_.image, "docker.io/library/redis:7");
  facts_ = {};
  EXPECT_EQ(read(files, std::string(64, 'f'), Runtime::unknown), Result::absent);
}

TEST_F(ContainerSourcesTest, ContainerdIsFoundWhereItsSettingsSay) {
  folder_.write("root/etc/containerd/config.toml",
                "version = 2\nroot = \"/data/ctd\"\nstate = '/run/ctd'\n[plugins]\nroot = \"/wrong\"\n");
  fs::create_directories(folder_.path("root/run/ctd"));
  database("root/data/ctd/io.containerd.metadata.v1.bolt/meta.db", "meta.db");
  platform::ContainerdFiles files(folder_.host());
  EXPECT_EQ(read(files, kId, Runtime::containerd), Result::updated);
  EXPECT_EQ(facts_.image, "registry.example/web:1");
}

TEST_F(ContainerSourcesTest, HalfWrittenBundlesAreReadAgain) {
  const std::string whole = R"({"annotations":{)" + kCri + "}}";
  platform::ContainerdFiles files(folder_.host());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    folder_.write(kBundles + kId + "/config.json", whole.substr(0, size));
    files.look_again();
    EXPECT_EQ(read(files, kId, Runtime::containerd), Result::invalid) << size;
    EXPECT_EQ(facts_.name, "");
  }
  folder_.write(kBundles + kId + "/config.json", whole);
  EXPECT_EQ(read(files, kId, Runtime::containerd), Result::updated);
  EXPECT_EQ(facts_.pod, "web-0");
}

TEST_F(ContainerSourcesTest, CrioBundleHasEverything) {
  const std::string place = "root/var/lib/containers/storage/overlay-containers/" + kId + "/userdata/config.json";
  const std::string annotations =
      R"("io.kubernetes.cri-o.ContainerType":"container","io.kubernetes.cri-o.ImageName":"quay.io/web:3",)"
      R"("io.kubernetes.cri-o.Labels":"{\"app\":\"web\",\"io.kubernetes.pod.uid\":\"u-1\"}",)"
      R"("io.kubernetes.container.name":"nginx","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop",)"
      R"("io.kubernetes.container.restartCount":"2","io.kubernetes.cri-o.Created":"2024-05-01T10:00:00Z")";
  platform::CrioFiles files(folder_.host());
  EXPECT_EQ(read(files, kId, Runtime::crio), Result::absent);
  folder_.write(place, R"({"annotations":{)" + annotations + "}}");
  EXPECT_EQ(read(files, kId, Runtime::crio), Result::updated);
  EXPECT_EQ(facts_.name, "k8s_nginx_web-0_shop_u-1_2");
  EXPECT_EQ(facts_.image, "quay.io/web:3");
  EXPECT_EQ(facts_.restarts, 2U);
  EXPECT_EQ(facts_.created, 1714557600);
  EXPECT_EQ(label("app"), "web");
  EXPECT_EQ(label("io.kubernetes.container.name"), "nginx");
  EXPECT_EQ(read(files, kId, Runtime::crio), Result::unchanged);
  folder_.write(place, R"({"annotations":{"io.container.manager":"libpod"}})");
  EXPECT_EQ(read(files, kId, Runtime::unknown), Result::absent);
  folder_.write(place, R"({"annotations":)");
  EXPECT_EQ(read(files, kId, Runtime::unknown), Result::invalid);
}

TEST_F(ContainerSourcesTest, LogLinksNameContainersForEveryone) {
  folder_.link("root/var/log/containers/web-0_shop_side-car-" + kId + ".log",
               "/var/log/pods/shop_web-0_" + kUid + "/side-car/3.log");
  folder_.link("root/var/log/containers/loop", "loop");
  folder_.link("root/var/log/containers/a_b_c-" + kSandbox + ".log", "a_b_c-" + kSandbox + ".log");
  folder_.write("root/var/log/containers/_b_c-" + kCache + ".log", "");
  platform::LogLinks links(folder_.host());
  EXPECT_EQ(read(links, kId, Runtime::crio), Result::updated);
  EXPECT_EQ(facts_.pod, "web-0");
  EXPECT_EQ(facts_.pod_namespace, "shop");
  EXPECT_EQ(facts_.pod_container, "side-car");
  EXPECT_EQ(facts_.pod_uid, kUid);
  EXPECT_EQ(facts_.restarts, 3U);
  EXPECT_EQ(facts_.name, "k8s_side-car_web-0_shop_" + kUid + "_3");
  EXPECT_EQ(read(links, kId, Runtime::crio), Result::unchanged);
  facts_ = {};
  EXPECT_EQ(read(links, kSandbox, Runtime::containerd), Result::updated);  // a loop is not followed
  EXPECT_EQ(facts_.name, kSandbox);
  EXPECT_EQ(facts_.pod_uid, "");
  facts_ = {};
  EXPECT_EQ(read(links, kCache, Runtime::containerd), Result::absent);
  folder_.link("root/var/log/containers/late_b_c-" + kCache + ".log", "x");
  EXPECT_EQ(read(links, kCache, Runtime::containerd), Result::updated);
  EXPECT_EQ(facts_.pod, "late");
}

const std::string kTable = R"([{"id":")" + kId + R"(","names":["mail"],"metadata":"{\"image-name\":\"mail:2\"}",)" +
                           R"("created":"2024-05-01T10:00:00Z"},{"id":7},"x"])";

TEST_F(ContainerSourcesTest, PodmanTableNamesAndBoltLabels) {
  const std::string storage = "root/var/lib/containers/storage/";
  platform::PodmanFiles files(folder_.host());
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::absent);
  folder_.write(storage + "overlay-containers/containers.json", kTable);
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::updated);
  EXPECT_EQ(facts_.name, "mail");
  EXPECT_EQ(facts_.image, "mail:2");
  EXPECT_TRUE(facts_.partial);
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::unchanged);
  database(storage + "libpod/bolt_state.db", "bolt_state.db");
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::updated);
  EXPECT_EQ(facts_.image, "docker.io/library/mail:2");
  EXPECT_EQ(label("team"), "post");
  EXPECT_EQ(facts_.environment.back(), std::pair(std::string("MODE"), std::string("x=y")));
  EXPECT_EQ(facts_.pid, 4711);
  EXPECT_EQ(facts_.restarts, 2U);
  EXPECT_EQ(facts_.state, ContainerFacts::State::running);
  EXPECT_EQ(facts_.created, 1714550400);
  EXPECT_EQ(facts_.started, 1714557601);
  EXPECT_FALSE(facts_.partial);
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::unchanged);
  // Half written: what was known stays.
  folder_.write(storage + "overlay-containers/containers.json", kTable.substr(0, 40));
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::unchanged);
  folder_.write(storage + "overlay-containers/containers.json", "[]");
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::absent);
}

TEST_F(ContainerSourcesTest, PodmanOfAUserIsFoundByTheSlice) {
  folder_.write("root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:,,,:/home/ann:/bin/sh\n");
  folder_.write("root/home/ann/.local/share/containers/storage/overlay-containers/volatile-containers.json", kTable);
  platform::PodmanFiles files(folder_.host());
  const std::string path = "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope";
  const auto name = platform::cgroup_name(path);
  EXPECT_EQ(files.read(name, facts_, buffer_), Result::updated);
  EXPECT_EQ(facts_.name, "mail");
}

// Made by the sqlite3 program, where there is one.
TEST_F(ContainerSourcesTest, PodmanLabelsFromSqlite) {
  const std::string storage = "root/var/lib/containers/storage/";
  folder_.write(storage + "overlay-containers/containers.json", kTable);
  const std::string path = folder_.path(storage + "db.sql").string();
  const std::string sql =
      "CREATE TABLE ContainerConfig(ID TEXT PRIMARY KEY, JSON TEXT); CREATE TABLE ContainerState(ID TEXT, JSON TEXT);"
      "INSERT INTO ContainerConfig VALUES('" +
      kId + R"(', '{"name":"mail","labels":{"team":"sql"}}'); INSERT INTO ContainerState VALUES(')" + kId +
      R"(', '{"state":6,"exitCode":3}');)";
  // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): the test's own words
  if (std::system(("sqlite3 '" + path + "' \"" +
                   [&] {
                     std::string quoted;
                     for (const char c : sql) {
                       quoted.append(c == '"' ? "\\\"" : std::string(1, c));
                     }
                     return quoted;
                   }() +
                   "\" 2>/dev/null")
                      .c_str()) != 0) {
    GTEST_SKIP() << "no sqlite3 program";
  }
  platform::PodmanFiles files(folder_.host());
  EXPECT_EQ(read(files, kId, Runtime::podman), Result::updated);
  EXPECT_EQ(label("team"), "sql");
  EXPECT_EQ(facts_.exit_code, 3);
  EXPECT_EQ(facts_.state, ContainerFacts::State::exited);
  // Cut and damaged databases cost the labels only.
  const std::string whole = tests::read_text(path);
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    folder_.write(storage + "db.sql", whole.substr(0, size));
    facts_ = {};
    EXPECT_EQ(read(files, kId, Runtime::podman), Result::updated);
    EXPECT_EQ(facts_.name, "mail");
  }
}

TEST_F(ContainerSourcesTest, LxcAndMachinesHaveTheirNames) {
  platform::LxcFiles lxc(folder_.host());
  EXPECT_EQ(read(lxc, "web", Runtime::lxc), Result::updated);
  EXPECT_EQ(facts_.name, "web");
  EXPECT_EQ(read(lxc, "web", Runtime::lxc), Result::unchanged);
  folder_.write("root/var/lib/lxc/101/config", "# Proxmox\nlxc.uts.name = shop-db\nlxc.rootfs.path = /x\n");
  facts_ = {};
  EXPECT_EQ(read(lxc, "101", Runtime::lxc), Result::updated);
  EXPECT_EQ(facts_.name, "shop-db");
  facts_ = {};
  EXPECT_EQ(read(lxc, "..", Runtime::lxc), Result::updated);
  EXPECT_EQ(facts_.name, "..");

  platform::MachineFiles machines(folder_.host());
  folder_.write("root/run/systemd/machines/qemu-1-we-b", "NAME=qemu-1-we-b\nCLASS=vm\nLEADER=77\n");
  facts_ = {};
  EXPECT_EQ(read(machines, R"(machine-qemu\x2d1\x2dwe\x2db.scope)", Runtime::machine), Result::updated);
  EXPECT_EQ(facts_.name, "we-b");
  EXPECT_EQ(facts_.pid, 77);
  facts_ = {};
  EXPECT_EQ(read(machines, "systemd-nspawn@box.service", Runtime::machine), Result::updated);
  EXPECT_EQ(facts_.name, "box");
}

}  // namespace
