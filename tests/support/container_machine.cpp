#include "tests/support/container_machine.h"

namespace fs = std::filesystem;

namespace tests {

ContainerMachine::ContainerMachine(Cgroups version) : folder_(fs::path(FIXTURES) / "host/loadavg") {
  std::string mounts;
  if (version == Cgroups::v2) {
    mounts = "31 23 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    group_file("cgroup.controllers", "cpu memory io pids\n");
  } else {
    for (const std::string name : {"cpu,cpuacct", "memory", "blkio", "pids"}) {
      mounts += "31 23 0:31 / /sys/fs/cgroup/" + name + " rw - cgroup cgroup rw," + name + "\n";
      group_file(name + "/tasks", "");
    }
  }
  if (version == Cgroups::hybrid) {
    mounts += "35 23 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    group_file("unified/cgroup.procs", "");
  }
  file("proc/1/mountinfo", mounts);
  fs::create_directories(folder_.path() / "root");
}

void ContainerMachine::file(const std::string& path, std::string_view text) {
  fs::create_directories((folder_.path() / path).parent_path());
  write_text(folder_.path() / path, text);
}

void ContainerMachine::remove(const std::string& path) { fs::remove_all(folder_.path() / path); }

void ContainerMachine::loop(const std::string& path) {
  fs::create_directories((folder_.path() / path).parent_path());
  fs::create_symlink((folder_.path() / path).filename(), folder_.path() / path);
}

void ContainerMachine::same_file(const std::string& source, const std::string& path) {
  fs::create_directories((folder_.path() / path).parent_path());
  fs::create_hard_link(folder_.path() / source, folder_.path() / path);
}

void ContainerMachine::docker(const std::string& id, const std::string& name, const std::string& more) {
  const std::string place = "root/var/lib/docker/containers/" + id + "/";
  file(place + "new", R"({"ID":")" + id + R"(","Name":"/)" + name + "\"" + more + "}");
  fs::rename(folder_.path() / (place + "new"), folder_.path() / (place + "config.v2.json"));
}

void ContainerMachine::flag(const std::string& line) {
  file("flags", read_text(folder_.path() / "flags") + line + "\n");
}

std::string ContainerMachine::page(std::string_view collector) {
  if (!run_) {
    run_ = std::make_unique<FixtureRun>(spec_of(collector), folder_.path());
  }
  run_->scrape();
  return run_->page();
}

}  // namespace tests
