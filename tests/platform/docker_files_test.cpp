#include "platform/docker_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "platform/host.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using platform::ContainerFacts;
using platform::DockerFiles;
using Result = platform::DockerFiles::Result;

namespace {

const std::string kId(64, 'a');

platform::CgroupName named(std::string_view id) {
  platform::CgroupName name;
  name.runtime = platform::Runtime::docker;
  name.id = id;
  return name;
}

class DockerFilesTest : public testing::Test {
 protected:
  DockerFilesTest() : copy_(fs::path(FIXTURES) / "container/machine") {
    host_.procfs = copy_.path() / "proc";
    host_.sysfs = copy_.path() / "sys";
    host_.rootfs = copy_.path() / "root";
    EXPECT_EQ(host_.open(), "");
  }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((copy_.path() / path).parent_path());
    tests::write_text(copy_.path() / path, text);
  }
  // As dockerd writes it: a new file under the old name.
  void config(const std::string& text, const std::string& root = "root/var/lib/docker") {
    const std::string place = root + "/containers/" + kId + "/";
    write(place + "new", text);
    fs::rename(copy_.path() / (place + "new"), copy_.path() / (place + "config.v2.json"));
  }
  static std::string sound(const std::string& name, const std::string& more = "") {
    return R"({"ID":")" + kId + R"(","Name":"/)" + name + "\"" + more + "}";
  }
  tests::FixtureCopy copy_;
  platform::Host host_;
  platform::ReadBuffer buffer_;
  ContainerFacts container_;
};

TEST_F(DockerFilesTest, ReadsOnlyWhatChanged) {
  DockerFiles files(host_, "");
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::absent);
  config(sound("web",
               R"(,"Created":"2024-02-29T23:59:59.9Z","Config":{"Image":"a:1","Labels":{"b":"2","a":"1","n":7}},)"
               R"("RestartCount":4,"State":{"Running":true,"Pid":42,"StartedAt":"2024-03-01T01:00:00+01:00",)"
               R"("OOMKilled":false,"ExitCode":0,"Health":{"Status":"unhealthy"}})"));
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::updated);
  EXPECT_EQ(container_.name, "web");
  EXPECT_EQ(container_.image, "a:1");
  const std::vector<std::pair<std::string, std::string>> labels{{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(container_.labels, labels);
  EXPECT_EQ(container_.pid, 42);
  EXPECT_EQ(container_.created, 1709251199);
  EXPECT_EQ(container_.started, 1709251200);
  EXPECT_EQ(container_.health, ContainerFacts::Health::unhealthy);
  EXPECT_EQ(container_.state, ContainerFacts::State::running);
  EXPECT_EQ(container_.oom_killed, false);
  EXPECT_EQ(container_.exit_code, 0);
  EXPECT_EQ(container_.restarts, 4U);
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::unchanged);
  config(sound("renamed", R"(,"State":{"StartedAt":"0001-01-01T00:00:00Z","Pid":-3})"));
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::updated);
  EXPECT_EQ(container_.name, "renamed");
  EXPECT_EQ(container_.started, 0);
  EXPECT_EQ(container_.pid, 0);
  EXPECT_TRUE(container_.labels.empty());
  fs::remove_all(copy_.path() / "root/var/lib/docker/containers" / kId);
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::absent);
  EXPECT_EQ(container_.name, "");
}

TEST_F(DockerFilesTest, FilesThatCannotBeBelievedGiveNoName) {
  DockerFiles files(host_, "");
  const std::string whole = sound("web");
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("\xff"), whole.substr(0, whole.size() - 1),
        R"({"ID":")" + std::string(64, 'b') + R"(","Name":"/other"})", R"({"ID":")" + kId + R"(","Name":["x"]})",
        std::string(100000, '['), whole + std::string(DockerFiles::kMaxFile, ' ')}) {
    config(text);
    EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::invalid) << text.substr(0, 80);
    EXPECT_EQ(container_.name, "");
    EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::invalid);
  }
  config(whole);
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::updated);
}

TEST_F(DockerFilesTest, FindsTheDataDirectory) {
  write("root/etc/docker/daemon.json", R"({"data-root":"/data/one"})");
  config(sound("settings"), "root/data/one");
  DockerFiles from_settings(host_, "");
  EXPECT_EQ(from_settings.read(named(kId), container_, buffer_), Result::updated);
  EXPECT_EQ(container_.name, "settings");

  fs::remove_all(copy_.path() / "root/data");
  container_ = {};
  DockerFiles files(host_, "");
  write("proc/77/comm", "dockerd\n");
  write("proc/77/cmdline", std::string("dockerd\0--data-root\0/data/two\0--pidfile=/x\0", 43));
  config(sound("daemon"), "root/data/two");
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::absent);
  files.find_roots();
  EXPECT_EQ(files.read(named(kId), container_, buffer_), Result::updated);
  EXPECT_EQ(container_.name, "daemon");

  config(sound("given"), "root/data/three");
  container_ = {};
  DockerFiles given(host_, "/data/three");
  EXPECT_EQ(given.read(named(kId), container_, buffer_), Result::updated);
  EXPECT_EQ(container_.name, "given");
}

TEST_F(DockerFilesTest, NamesThatAreNoIdAreNotLookedUp) {
  DockerFiles files(host_, "");
  config(sound("web"));
  for (const std::string& id : {std::string(), "../containers/" + kId, std::string(500, 'a')}) {
    EXPECT_EQ(files.read(named(id), container_, buffer_), Result::absent);
  }
}

}  // namespace
