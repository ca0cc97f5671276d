#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Nvmesubsystem : public testing::Test {
 protected:
  fs::path subsystem(std::string_view name) const { return copy_.path() / "sys/class/nvme-subsystem" / name; }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/nvmesubsystem"};
};

TEST_F(Nvmesubsystem, ALostPathIsCountedAndShown) {
  FixtureRun run(spec_of("nvmesubsystem"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_nvmesubsystem_paths{subsystem=\"nvme-subsys0\"} 3\n"));
  EXPECT_TRUE(has(run, "node_nvmesubsystem_paths_live{subsystem=\"nvme-subsys0\"} 1\n"));
  write_text(subsystem("nvme-subsys0/nvme0/state"), "connecting\n");
  fs::remove_all(subsystem("nvme-subsys0/nvme2"));
  run.scrape();
  EXPECT_TRUE(has(run, "node_nvmesubsystem_paths{subsystem=\"nvme-subsys0\"} 2\n"));
  EXPECT_TRUE(has(run, "node_nvmesubsystem_paths_live{subsystem=\"nvme-subsys0\"} 0\n"));
  EXPECT_TRUE(has(run, "{controller=\"nvme0\",subsystem=\"nvme-subsys0\",transport=\"tcp\",state=\"connecting\"} 1\n"));
  EXPECT_TRUE(has(run, "{controller=\"nvme0\",subsystem=\"nvme-subsys0\",transport=\"tcp\",state=\"live\"} 0\n"));
  EXPECT_FALSE(has(run, "controller=\"nvme2\""));
}

TEST_F(Nvmesubsystem, AStateThatTheKernelMayAddIsUnknown) {
  FixtureRun run(spec_of("nvmesubsystem"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "{controller=\"nvme2\",subsystem=\"nvme-subsys0\",transport=\"\",state=\"unknown\"} 1\n"));
}

TEST_F(Nvmesubsystem, WithoutTheClassThereIsNoData) {
  fs::remove_all(subsystem(""));
  FixtureRun run(spec_of("nvmesubsystem"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
