#include <gtest/gtest.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "collectors/host/filesystem.h"
#include "collectors/host/mount_table.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace {

namespace host = exporter::host;

TEST(MountTable, ReadsALineWithAnyNumberOfOptionalFields) {
  const auto mount =
      host::parse_mount("36 35 98:0 /srv /mnt\\040a rw,noatime master:1 shared:2 - ext4 /dev/sda rw,x=ro");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->major, "98");
  EXPECT_EQ(mount->minor, "0");
  EXPECT_EQ(mount->point, "/mnt\\040a");
  EXPECT_EQ(mount->type, "ext4");
  EXPECT_EQ(mount->device, "/dev/sda");
  EXPECT_FALSE(mount->read_only);
}

TEST(MountTable, ADeviceMayHaveNoName) {
  const auto mount = host::parse_mount("36 35 0:5 / /x rw - tmpfs  rw,emergency_ro");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->device, "");
  EXPECT_TRUE(mount->read_only);
}

TEST(MountTable, RefusesWhatIsNoMount) {
  for (const char* line : {"", "36", "36 35 98:0 / /mnt rw", "36 35 98:0 / /mnt rw -", "36 35 x:0 / /mnt rw - a b rw",
                           "36 35 98:0 / mnt rw - a b rw"}) {
    EXPECT_FALSE(host::parse_mount(line)) << line;
  }
}

TEST(MountTable, UnescapesOctalOnly) {
  EXPECT_EQ(host::unescape_octal("/a\\040b\\011c\\134d\\012e"), "/a b\tc\\d\ne");
  EXPECT_EQ(host::unescape_octal("\\04 \\x40 \\400 \\"), "\\04 \\x40 \\400 \\");
}

TEST(MountTable, CutsTheRootfsPrefixAtWholeNames) {
  EXPECT_EQ(host::strip_rootfs("/host/var", "/host"), "/var");
  EXPECT_EQ(host::strip_rootfs("/host", "/host/"), "/");
  EXPECT_EQ(host::strip_rootfs("/hostile", "/host"), "/hostile");
  EXPECT_EQ(host::strip_rootfs("/var", "/"), "/var");
}

class Filesystem : public testing::Test {
 protected:
  tests::FixtureRun run(std::string_view flags = "") {
    tests::write_text(copy_.path() / "flags", flags);
    return {tests::spec_of("filesystem"), copy_.path()};
  }
  void mounts(std::string_view text) { tests::write_text(copy_.path() / "proc/1/mountinfo", text); }
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/filesystem"};
};

TEST_F(Filesystem, InitHiddenMeansOwnMounts) {
  std::filesystem::create_directories(copy_.path() / "proc/self");
  std::filesystem::rename(copy_.path() / "proc/1/mountinfo", copy_.path() / "proc/self/mountinfo");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(page, "mountpoint=\"/boot\""));
  std::filesystem::remove(copy_.path() / "proc/self/mountinfo");
  EXPECT_EQ(run().scrape(), exporter::Outcome::failed);
}

TEST_F(Filesystem, TheRootfsPrefixIsCutFromLabelsAndPutBeforePaths) {
  mounts("27 1 254:1 / " + (copy_.path() / "root").string() + "/boot rw - ext4 /dev/vda1 rw\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page,
                  "node_filesystem_device_error{device=\"/dev/vda1\",device_error=\"\",fstype=\"ext4\","
                  "mountpoint=\"/boot\"} 0\n"));
}

TEST_F(Filesystem, NewMountsAreSeenAndAWarmScrapeAllocatesNothing) {
  auto page = run();
  page.scrape();
  mounts("27 1 254:1 / /boot rw - ext4 /dev/new rw\n");
  page.scrape();
  EXPECT_TRUE(has(page, "device=\"/dev/new\""));
  EXPECT_FALSE(has(page, "/dev/vda1"));
  page.scrape();
  const auto before = tests::allocations();
  page.scrape();
  EXPECT_EQ(tests::allocations() - before, 0U);
}

TEST_F(Filesystem, AnIncludePatternReplacesTheDefaultExclude) {
  auto page = run("collector.filesystem.mount-points-include=^/proc$\ncollector.filesystem.fs-types-include=proc\n");
  page.scrape();
  EXPECT_TRUE(has(page, "mountpoint=\"/proc\""));
  EXPECT_FALSE(has(page, "mountpoint=\"/boot\""));
}

TEST_F(Filesystem, OldFlagNamesWorkAndContradictionsAreRefused) {
  auto page = run("collector.filesystem.ignored-mount-points=boot\ncollector.filesystem.ignored-fs-types=nfs\n");
  page.scrape();
  EXPECT_FALSE(has(page, "boot"));
  EXPECT_FALSE(has(page, "nfs4"));
  EXPECT_TRUE(has(page, "fstype=\"cgroup2\""));
  EXPECT_THROW(run("collector.filesystem.fs-types-include=a\ncollector.filesystem.fs-types-exclude=b\n"),
               exporter::OptionError);
  EXPECT_THROW(run("collector.filesystem.ignored-fs-types=a\ncollector.filesystem.fs-types-exclude=b\n"),
               exporter::OptionError);
}

TEST_F(Filesystem, ABadLineCostsItsMountOnly) {
  mounts("nonsense\n27 1 254:1 / /boot rw - ext4 /dev/vda1 rw\n");
  auto page = run();
  for (int scrape = 0; scrape < 2; ++scrape) {  // counted at every scrape, not only when it is new
    EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
    EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  }
  EXPECT_TRUE(has(page, "node_filesystem_size_bytes{device=\"/dev/vda1\""));
}

TEST(MountTable, ErrorsReadAsTheyAlwaysDid) {
  EXPECT_EQ(host::error_text(EACCES), "permission denied");
  EXPECT_EQ(host::error_text(EIO), "input/output error");
  EXPECT_EQ(host::error_text(ESTALE), "stale NFS file handle");
  EXPECT_EQ(host::error_text(ENOTCONN), "transport endpoint is not connected");
  EXPECT_EQ(host::error_text(9999), "errno 9999");
}

// A server that does not answer until it is let go.
class DeadServer {
 public:
  int answer(const std::string& path, struct statfs& out) {
    std::unique_lock lock(mutex_);
    calls_ += path.ends_with("/dead") ? 1 : 0;
    changed_.wait(lock, [&] { return !dead_ || !path.ends_with("/dead"); });
    out.f_bsize = 512;
    out.f_blocks = 8;
    return 0;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    dead_ = false;
    changed_.notify_all();
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool dead_ = true;
  int calls_ = 0;
};

TEST_F(Filesystem, AStuckMountIsShownAsSuchOnTheSameScrapeAndTheOthersAsEver) {
  mounts(
      "27 1 254:1 / / rw - ext4 /dev/vda1 rw\n28 27 0:50 / /dead ro - nfs4 filer:/dead rw\n"
      "29 27 0:51 / /alive rw - nfs4 filer:/alive rw\n30 28 7:0 / /dead/loop rw - ext4 /dev/loop0 rw\n");
  const auto server = std::make_shared<DeadServer>();
  platform::Host machine;
  machine.procfs = (copy_.path() / "proc").string();
  machine.sysfs = machine.procfs;
  ASSERT_EQ(machine.open(), "");
  const auto& spec = tests::spec_of("filesystem");
  exporter::Options options;
  options.declare(spec.options);
  options.set("collector.filesystem.mount-timeout", "300ms");
  exporter::Shared shared;
  exporter::Sink sink(spec.metrics);
  platform::ReadBuffer buffer;
  const auto collector = host::filesystem::make_with(
      {machine, options, shared}, [server](const char* path, struct statfs& out) { return server->answer(path, out); });
  const auto scrape = [&] {
    sink.clear();
    const exporter::Scrape now{std::chrono::steady_clock::now() + std::chrono::seconds(30), -1, 1, buffer};
    EXPECT_EQ(collector->collect(now, sink), exporter::Outcome::ok);
    std::string text;
    for (const auto& column : sink.columns()) {
      text += column->lines.text();
    }
    return text;
  };
  const std::string stuck =
      "{device=\"filer:/dead\",device_error=\"mountpoint timeout\",fstype=\"nfs4\",mountpoint=\"/dead\"} 1\n";
  for (int i = 0; i < 3; ++i) {
    const auto text = scrape();
    EXPECT_NE(text.find("node_filesystem_device_error" + stuck), std::string::npos) << text;
    EXPECT_NE(text.find("node_filesystem_readonly" + stuck), std::string::npos);
    EXPECT_EQ(text.find("node_filesystem_size_bytes{device=\"filer:/dead\""), std::string::npos);
    EXPECT_NE(text.find("node_filesystem_size_bytes{device=\"filer:/"
                        "alive\",device_error=\"\",fstype=\"nfs4\",mountpoint=\"/alive\"} 4096\n"),
              std::string::npos);
    EXPECT_NE(text.find("node_filesystem_size_bytes{device=\"/dev/vda1\""), std::string::npos);
  }
  EXPECT_EQ(server->calls(), 1);
  server->let_go();
  std::string text = scrape();
  while (text.find("mountpoint timeout") != std::string::npos) {
    text = scrape();
  }
  EXPECT_NE(text.find("node_filesystem_size_bytes{device=\"filer:/"
                      "dead\",device_error=\"\",fstype=\"nfs4\",mountpoint=\"/dead\"} 4096\n"),
            std::string::npos);
}

}  // namespace
