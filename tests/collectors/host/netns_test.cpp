#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Netns, NoMoreNamespacesThanAskedFor) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/netns");
  write_text(copy.path() / "flags", "collector.netns.max=1\n");
  FixtureRun run(spec_of("netns"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("{netns=\"4026531840\",name=\"systemd\"} 290\n"), std::string::npos);
  EXPECT_EQ(run.page().find("4026532281"), std::string::npos);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::limit)], 2U);
}

TEST(Netns, ANamedNamespaceHasThatName) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/netns");
  fs::create_directories(copy.path() / "root/run/netns");
  write_text(copy.path() / "root/run/netns/blue", "");
  struct stat status {};
  ASSERT_EQ(::stat((copy.path() / "root/run/netns/blue").c_str(), &status), 0);
  const std::string inode = std::to_string(status.st_ino);
  fs::remove(copy.path() / "proc/7/ns/net");
  fs::create_symlink("net:[" + inode + "]", copy.path() / "proc/7/ns/net");
  FixtureRun run(spec_of("netns"), copy.path());
  run.scrape();
  EXPECT_NE(run.page().find("node_netns_sockets_used{netns=\"" + inode + "\",name=\"blue\"} 3\n"), std::string::npos)
      << run.page();
}

TEST(Netns, ProcessesThatEndMeanwhileAreNoNews) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/netns");
  fs::remove_all(copy.path() / "proc/7");
  fs::remove_all(copy.path() / "proc/9/net");
  FixtureRun run(spec_of("netns"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(run.sink().notes().empty());
}

}  // namespace
}  // namespace tests
