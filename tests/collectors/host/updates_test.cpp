#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "collectors/host/updates_parser.h"
#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::host::updates::available_updates;
using exporter::host::updates::different_lines;
using exporter::host::updates::newer;
using exporter::host::updates::same_flavour;

class Updates : public testing::Test {
 protected:
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/updates"};
  const fs::path root_ = copy_.path() / "root";
};

TEST_F(Updates, NoFileIsZeroOnlyWhereSomebodyWouldWriteIt) {
  fs::remove(root_ / "run/reboot-required");
  fs::remove(root_ / "run/reboot-required.pkgs");
  tests::FixtureRun run(tests::spec_of("updates"), copy_.path());
  run.scrape();
  EXPECT_FALSE(has(run, "node_reboot_required"));
  fs::create_directories(root_ / "usr/bin");
  tests::write_text(root_ / "usr/bin/zypper", "");
  run.scrape();
  EXPECT_TRUE(has(run, "node_reboot_required 0\n"));
  EXPECT_FALSE(has(run, "node_reboot_required_packages"));
  tests::write_text(root_ / "run/reboot-needed", "");
  run.scrape();
  EXPECT_TRUE(has(run, "node_reboot_required 1\n"));
}

TEST_F(Updates, TheNewestKernelThatRunsIsNotOutdated) {
  fs::remove(root_ / "boot/vmlinuz-6.1.0-10-amd64");
  tests::FixtureRun run(tests::spec_of("updates"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_updates_kernel_outdated 0\n"));
  tests::write_text(copy_.path() / "proc/sys/kernel/osrelease", "6.18.44-mine\n");
  run.scrape();
  EXPECT_FALSE(has(run, "node_updates_kernel"));
}

TEST_F(Updates, StampsTellTheirTime) {
  const timespec times[2] = {{1700000000, 0}, {1700000000, 500000000}};
  const auto path = root_ / "var/lib/apt/periodic/update-success-stamp";
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  tests::FixtureRun run(tests::spec_of("updates"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_updates_last_refresh_timestamp_seconds{manager=\"apt\"} 1700000000.5\n"));
  EXPECT_FALSE(has(run, "dnf"));
}

TEST_F(Updates, AMachineWithoutAnyOfItGivesNoData) {
  fs::remove_all(root_);
  fs::create_directory(root_);
  tests::FixtureRun run(tests::spec_of("updates"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::no_data);
}

TEST(KernelReleases, AreComparedByTheirNumbersWithinOneFlavour) {
  EXPECT_TRUE(newer("6.1.0-10-amd64", "6.1.0-9-amd64"));
  EXPECT_FALSE(newer("6.1.0-9-amd64", "6.1.0-9-amd64"));
  EXPECT_FALSE(newer("6.1.0-9-amd64", "6.1.0-10-amd64"));
  EXPECT_TRUE(newer("5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.el9_4.x86_64"));
  EXPECT_TRUE(newer("6.10", "6.9.12"));
  EXPECT_FALSE(newer("", "6.1"));
  EXPECT_TRUE(same_flavour("5.14.0-427.el9_4.x86_64", "5.14.0-503.el9_5.x86_64"));
  EXPECT_FALSE(same_flavour("6.1.0-9-amd64", "6.1.0-9-cloud-amd64"));
  EXPECT_FALSE(same_flavour("6.6.30-1-lts", "6.9.1-arch1-1"));
}

TEST(UpdatesAvailable, ReadsOldAndNewWords) {
  const auto old = available_updates("12 packages can be updated.\n3 updates are security updates.\n");
  EXPECT_EQ(old.all, 12U);
  EXPECT_EQ(old.security, 3U);
  const auto one = available_updates("1 update can be applied immediately.\n");
  EXPECT_EQ(one.all, 1U);
  EXPECT_EQ(one.security, std::nullopt);
  const auto focal =
      available_updates("23 updates can be installed immediately.\n0 of these updates are security updates.\n");
  EXPECT_EQ(focal.all, 23U);
  EXPECT_EQ(focal.security, 0U);
  EXPECT_EQ(available_updates("Expanded Security Maintenance is not enabled.\n").all, std::nullopt);
  EXPECT_EQ(available_updates("").all, std::nullopt);
}

TEST(DifferentLines, AreCountedOnce) {
  EXPECT_EQ(different_lines("a\nb\na\n\n"), 2U);
  EXPECT_EQ(different_lines(""), 0U);
}

}  // namespace
