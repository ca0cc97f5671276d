#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Os : public testing::Test {
 protected:
  void release(std::string_view text) { tests::write_text(copy_.path() / "root/etc/os-release", text); }
  tests::FixtureRun run() { return {tests::spec_of("os"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/os"};
};

TEST_F(Os, AnUpgradeBetweenScrapesIsSeen) {
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "version_id=\"12.4.1\""));
  tests::write_text(copy_.path() / "root/etc/new", "ID=example\nVERSION_ID=13\n");
  std::filesystem::rename(copy_.path() / "root/etc/new", copy_.path() / "root/etc/os-release");
  page.scrape();
  EXPECT_TRUE(has(page, "version_id=\"13\""));
  EXPECT_TRUE(has(page, "node_os_version{id=\"example\",id_like=\"\",name=\"\"} 13\n"));
  EXPECT_FALSE(has(page, "support_end"));
}

TEST_F(Os, FallsBackToUsrLibAndHasNoDataWithoutEither) {
  std::filesystem::create_directories(copy_.path() / "root/usr/lib");
  std::filesystem::rename(copy_.path() / "root/etc/os-release", copy_.path() / "root/usr/lib/os-release");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(page, "id=\"example\""));
  std::filesystem::remove(copy_.path() / "root/usr/lib/os-release");
  EXPECT_EQ(page.scrape(), exporter::Outcome::no_data);
}

TEST_F(Os, RollingReleasesHaveNoVersion) {
  release("ID=arch\nVERSION_ID=rolling\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "version_id=\"rolling\""));
  EXPECT_FALSE(has(page, "node_os_version"));
}

TEST_F(Os, QuotesCommentsAndExports) {
  release("export ID=a # comment\nNAME='it\\s'\nVERSION=\"a\\$b\"\nVARIANT=x'y z'w\nID_LIKE=\"open\nVERSION_ID=7.\n");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(page, ",id=\"a\""));
  EXPECT_TRUE(has(page, "name=\"it\\\\s\""));
  EXPECT_TRUE(has(page, "version=\"a$b\""));
  EXPECT_TRUE(has(page, "variant=\"xy zw\""));
  EXPECT_TRUE(has(page, "id_like=\"\""));
  EXPECT_TRUE(has(page, "node_os_version{id=\"a\",id_like=\"\",name=\"it\\\\s\"} 7\n"));
  EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Os, ADateThatIsNoneIsCountedAtEveryScrape) {
  release("ID=a\nSUPPORT_END=2028-02-30\n");
  auto page = run();
  for (int i = 0; i < 2; ++i) {
    page.scrape();
    EXPECT_FALSE(has(page, "support_end"));
    EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  }
}

}  // namespace
