#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;

class CpuVulnerabilities : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("cpu_vulnerabilities"), copy_.path()}; }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/cpu_vulnerabilities"};
  const fs::path folder_ = copy_.path() / "sys/devices/system/cpu/vulnerabilities";
};

TEST_F(CpuVulnerabilities, FollowsATextThatChanges) {
  auto cpus = run();
  cpus.scrape();
  tests::write_text(folder_ / "mds", "MITIGATION: clear buffers\n");
  cpus.scrape();
  EXPECT_NE(cpus.page().find(R"({codename="mds",state="mitigation",mitigation="clear buffers"} 1)"), std::string::npos);
  EXPECT_EQ(cpus.page().find("not affected"), std::string::npos);
}

TEST_F(CpuVulnerabilities, AnOlderKernelIsASuccessWithoutSamples) {
  fs::remove_all(folder_);
  auto cpus = run();
  EXPECT_EQ(cpus.scrape(), Outcome::ok);
  EXPECT_EQ(cpus.page(), "");
}

}  // namespace
