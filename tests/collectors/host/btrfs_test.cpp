#include "collectors/host/btrfs.h"

#include <gtest/gtest.h>
#include <linux/btrfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "collectors/host/btrfs_mounts.h"
#include "exporter/registry.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::host::BtrfsUuid;

constexpr BtrfsUuid kFsid = {0x1b, 0x4e, 0x28, 0xba, 0x2f, 0xa1, 0x11, 0xd2,
                             0x88, 0x3f, 0x00, 0x16, 0xd3, 0xcc, 0xa4, 0x27};

// Answers as a file system of two devices, with ids 1 and 3.
int two_devices(int, unsigned long request, void* argument) {
  if (request == BTRFS_IOC_FS_INFO) {
    auto& info = *static_cast<btrfs_ioctl_fs_info_args*>(argument);
    info.num_devices = 2;
    info.max_id = 3;
    std::copy(kFsid.begin(), kFsid.end(), info.fsid);
    return 0;
  }
  if (request == BTRFS_IOC_DEV_INFO) {
    auto& info = *static_cast<btrfs_ioctl_dev_info_args*>(argument);
    if (info.devid != 1 && info.devid != 3) {
      return ENODEV;
    }
    std::fill(std::begin(info.uuid), std::end(info.uuid), static_cast<std::uint8_t>(0xa0 + info.devid));
    info.total_bytes = 1000 * info.devid;
    info.bytes_used = 2000;
    std::strcpy(reinterpret_cast<char*>(info.path), info.devid == 1 ? "/dev/mapper/sdx" : "");
    return 0;
  }
  auto& stats = *static_cast<btrfs_ioctl_get_dev_stats*>(argument);
  EXPECT_EQ(request, static_cast<unsigned long>(BTRFS_IOC_GET_DEV_STATS));
  for (std::uint64_t i = 0; i < stats.nr_items; ++i) {
    stats.values[i] = stats.devid * 10 + i;
  }
  return 0;
}

// The collector over its fixture with another ioctl.
class BtrfsRun {
 public:
  explicit BtrfsRun(exporter::host::BtrfsIoctl ioctl) {
    host_.procfs = copy_.path() / "proc";
    host_.sysfs = copy_.path() / "sys";
    host_.rootfs = copy_.path() / "root";
    host_.udev_data = copy_.path();
    EXPECT_EQ(host_.open(), "");
    collector_ = exporter::host::btrfs::make_with(environment_, std::move(ioctl));
    const exporter::Scrape scrape{.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60),
                                  .stop_fd = -1,
                                  .generation = 1,
                                  .buffer = buffer_};
    EXPECT_EQ(collector_->collect(scrape, sink_), Outcome::ok);
    const exporter::Sink* sinks[] = {&sink_};
    exporter::Registry registry;
    tests::append_page(registry, sinks, page_);
  }
  bool has(std::string_view line) const { return page_.find(line) != std::string::npos; }
  const exporter::Sink& sink() const { return sink_; }

 private:
  const FixtureCopy copy_{fs::path(FIXTURES) / "host/btrfs"};
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  exporter::Environment environment_{host_, options_, shared_};
  platform::ReadBuffer buffer_;
  exporter::Sink sink_{spec_of("btrfs").metrics};
  std::unique_ptr<exporter::Collector> collector_;
  std::string page_;
};

TEST(Btrfs, IoctlsTellMoreOfTheDevices) {
  const BtrfsRun run(two_devices);
  constexpr std::string_view kOne =
      "{btrfs_dev_uuid=\"a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1\",device=\"sdx\",uuid=\"1b4e28ba-2fa1-11d2-883f-"
      "0016d3cca427\"} ";
  constexpr std::string_view kMissing =
      "{btrfs_dev_uuid=\"a3a3a3a3-a3a3-a3a3-a3a3-a3a3a3a3a3a3\",device=\"\",uuid=\"1b4e28ba-2fa1-11d2-883f-"
      "0016d3cca427\"}"
      " ";
  EXPECT_TRUE(run.has("node_btrfs_device_size_bytes" + std::string(kOne) + "1000\n"));
  EXPECT_TRUE(run.has("node_btrfs_device_size_bytes" + std::string(kMissing) + "3000\n"));
  EXPECT_TRUE(run.has("node_btrfs_device_unused_bytes" + std::string(kOne) + "0\n"));  // says more used than there is
  EXPECT_TRUE(run.has("node_btrfs_device_unused_bytes" + std::string(kMissing) + "1000\n"));
  EXPECT_TRUE(run.has("type=\"write\",uuid=\"1b4e28ba-2fa1-11d2-883f-0016d3cca427\"} 10\n"));
  EXPECT_TRUE(run.has("type=\"read\",uuid=\"1b4e28ba-2fa1-11d2-883f-0016d3cca427\"} 11\n"));
  EXPECT_TRUE(run.has("type=\"generation\",uuid=\"1b4e28ba-2fa1-11d2-883f-0016d3cca427\"} 34\n"));
  EXPECT_FALSE(run.has("device=\"sdy\""));
  // The other file system is not mounted where we look: sysfs tells its devices.
  EXPECT_TRUE(
      run.has("node_btrfs_device_size_bytes{device=\"vdb1\",uuid=\"9c8d7e6f-0000-4000-8000-00000000beef\"} 1024\n"));
}

TEST(Btrfs, WithoutThePrivilegeSysfsTellsTheSizes) {
  const BtrfsRun run([](int fd, unsigned long request, void* argument) {
    return request == BTRFS_IOC_GET_DEV_STATS ? EPERM : two_devices(fd, request, argument);
  });
  EXPECT_TRUE(
      run.has("node_btrfs_device_size_bytes{device=\"sdy\",uuid=\"1b4e28ba-2fa1-11d2-883f-0016d3cca427\"} 1048576\n"));
  EXPECT_FALSE(run.has("btrfs_dev_uuid"));
  EXPECT_EQ(run.sink().notes().size(), 0U);
}

TEST(Btrfs, AFailingIoctlIsCounted) {
  const BtrfsRun run([](int, unsigned long, void*) { return EIO; });
  EXPECT_TRUE(run.has("device=\"sdy\""));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::io)], 1U);
}

TEST(Btrfs, MountsOfOneDeviceAreOneFileSystem) {
  exporter::host::BtrfsMounts mounts("/host");
  const auto& found = mounts.read(
      "40 1 0:30 / /host/data rw - btrfs /dev/sdx rw\n"
      "41 1 0:30 /sub /host/data\\040two rw - btrfs /dev/sdx rw\n"
      "42 1 8:1 / /host rw - ext4 /dev/sda1 rw\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].device, "/dev/sdx");
  EXPECT_EQ(found[0].paths, (std::vector<std::string>{"/host/data", "/host/data two"}));
}

TEST(Btrfs, UuidsAreReadAsTheyAreWritten) {
  EXPECT_EQ(exporter::host::parse_btrfs_uuid("1b4e28ba-2fa1-11d2-883f-0016d3cca427"), kFsid);
  EXPECT_EQ(exporter::host::btrfs_uuid_text(kFsid), "1b4e28ba-2fa1-11d2-883f-0016d3cca427");
  EXPECT_EQ(exporter::host::parse_btrfs_uuid("1b4e28ba-2fa1-11d2-883f-0016d3cca42"), std::nullopt);
  EXPECT_EQ(exporter::host::parse_btrfs_uuid("1b4e28ba-2fa1-11d2-883f-0016d3cca42x"), std::nullopt);
}

TEST(Btrfs, AMachineWithoutBtrfsIsASuccessWithoutSamples) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("btrfs"), copy.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
}  // namespace tests
