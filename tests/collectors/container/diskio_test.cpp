#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerDiskIo, ReadsIoStatWithSeveralDevicesOnALine) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
  machine.group_file("a/io.stat",
                     "7:1 8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0 cost.usage=1500000\n"
                     "253:3 rbytes=1 wbytes=x\n");
  const std::string page = machine.page("container.diskio");
  EXPECT_TRUE(has_line(page, R"(container_fs_reads_bytes_total{id="/a",device="/dev/sda"} 4096)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_writes_total{id="/a",device="/dev/sda"} 2)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_io_cost_usage_seconds_total{id="/a",device="/dev/sda"} 1.5)"));
  EXPECT_TRUE(has_line(page, R"(container_blkio_device_usage_total{id="/a",device="/dev/sda",major="8",minor="0",)"
                             R"(operation="Write"} 8192)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_reads_bytes_total{id="/a",device="253:3"} 1)"));
  EXPECT_EQ(page.find("7:1"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

TEST(ContainerDiskIo, TheSchedulersFilesAreUsedWhenTheyHaveDevices) {
  ContainerMachine machine(Cgroups::v1);
  for (const std::string group : {"blkio/", "blkio/a/"}) {
    machine.group_file(group + "blkio.bfq.io_service_bytes_recursive", "8:0 Read 10\n8:0 Total 10\nTotal 10\n");
    machine.group_file(group + "blkio.bfq.io_serviced_recursive", "8:0 Read 1\n8:0 Total 1\nTotal 1\n");
    machine.group_file(group + "blkio.bfq.io_merged_recursive", "8:0 Read 4\n8:0 Write 5\n8:0 Total 9\nTotal 9\n");
    machine.group_file(group + "blkio.bfq.io_service_time_recursive", "8:0 Read 1500000000\n8:0 Total 1500000000\n");
    machine.group_file(group + "blkio.bfq.io_queued_recursive", "8:0 Read 0\n8:0 Total 2\nTotal 2\n");
    machine.group_file(group + "blkio.throttle.io_service_bytes_recursive", "8:0 Read 77\n");
  }
  const std::string page = machine.page("container.diskio");
  EXPECT_TRUE(has_line(page, R"(container_fs_reads_bytes_total{id="/a",device="8:0"} 10)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_writes_merged_total{id="/a",device="8:0"} 5)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_read_seconds_total{id="/a",device="8:0"} 1.5)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_io_time_seconds_total{id="/a",device="8:0"} 1.5)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_io_current{id="/a",device="8:0"} 2)"));
  EXPECT_EQ(page.find(" 77"), std::string::npos);
}

TEST(ContainerDiskIo, TheRootTakesTheMachinesDisksWhereItHasNoNumbers) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("blkio/blkio.throttle.io_service_bytes_recursive", "Total 0\n");
  machine.file("proc/diskstats", "8 0 sda 10 0 16 1500 20 0 32 0 0 0 0\n8 16 sdb 0 0 0 0 0 0 0 0 0 0 0\n");
  const std::string page = machine.page("container.diskio");
  EXPECT_TRUE(has_line(page, R"(container_fs_reads_total{id="/",device="8:0"} 10)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_writes_total{id="/",device="8:0"} 20)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_reads_bytes_total{id="/",device="8:0"} 8192)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_writes_bytes_total{id="/",device="8:0"} 16384)"));
  EXPECT_TRUE(has_line(page, R"(container_fs_read_seconds_total{id="/",device="8:0"} 1.5)"));
  EXPECT_EQ(page.find("8:16"), std::string::npos);
}

TEST(ContainerDiskIo, ANumberUsedAnewGetsItsNewName) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
  machine.group_file("a/io.stat", "8:0 rbytes=1\n");
  EXPECT_TRUE(
      has_line(machine.page("container.diskio"), R"(container_fs_reads_bytes_total{id="/a",device="/dev/sda"} 1)"));
  machine.group_file("a/io.stat", "");
  machine.page("container.diskio");
  machine.file("sys/dev/block/8:0/uevent", "DEVNAME=sdz\n");
  machine.group_file("a/io.stat", "8:0 rbytes=1\n");
  EXPECT_TRUE(
      has_line(machine.page("container.diskio"), R"(container_fs_reads_bytes_total{id="/a",device="/dev/sdz"} 1)"));
}

}  // namespace
