#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::Problem;

class Selinux : public testing::Test {
 protected:
  std::string page() const {
    tests::FixtureRun run(tests::spec_of("selinux"), copy_.path());
    EXPECT_EQ(run.scrape(), Outcome::ok);
    return run.page();
  }
  static bool has(const std::string& page, std::string_view line) {
    return ("\n" + page).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/selinux"};
};

TEST_F(Selinux, IsOffWithoutItsFileSystemOrAPolicy) {
  tests::write_text(copy_.path() / "proc/self/attr/current", "kernel\n");
  EXPECT_TRUE(has(page(), "node_selinux_enabled 0"));
  EXPECT_EQ(page().find("mode"), std::string::npos);
  fs::remove_all(copy_.path() / "sys/fs/selinux");
  tests::write_text(copy_.path() / "proc/self/attr/current", "unconfined\n");
  EXPECT_TRUE(has(page(), "node_selinux_enabled 0"));
  EXPECT_EQ(page().find("mode"), std::string::npos);
}

TEST_F(Selinux, ReadsTheConfiguredMode) {
  const auto config = copy_.path() / "root/etc/selinux/config";
  tests::write_text(config, "SELINUX=\"enforcing\"\nSELINUX=disabled\n");
  EXPECT_TRUE(has(page(), "node_selinux_config_mode 1"));
  tests::write_text(config, "; SELINUX=enforcing\n  SELINUX=off\n");
  EXPECT_TRUE(has(page(), "node_selinux_config_mode -1"));
  fs::remove(config);
  EXPECT_TRUE(has(page(), "node_selinux_config_mode -1"));
  EXPECT_TRUE(has(page(), "node_selinux_current_mode 1"));
}

TEST_F(Selinux, CountsAModeThatIsNoNumber) {
  tests::write_text(copy_.path() / "sys/fs/selinux/enforce", "yes");
  tests::FixtureRun run(tests::spec_of("selinux"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(Problem::parse)], 1U);
}

}  // namespace
