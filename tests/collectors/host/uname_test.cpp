#include <gtest/gtest.h>
#include <sys/utsname.h>

#include "tests/support/fixture.h"

namespace {

TEST(Uname, ShowsWhatTheKernelSays) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/uname");
  tests::FixtureRun run(tests::spec_of("uname"), copy.path());
  ASSERT_EQ(run.scrape(), exporter::Outcome::ok);
  utsname name{};
  ASSERT_EQ(::uname(&name), 0);
  const std::string page = run.page();
  EXPECT_NE(page.find("machine=\"" + std::string(name.machine) + "\""), std::string::npos);
  EXPECT_NE(page.find("release=\"" + std::string(name.release) + "\""), std::string::npos);
  EXPECT_NE(page.find("sysname=\"Linux\""), std::string::npos);
}

}  // namespace
