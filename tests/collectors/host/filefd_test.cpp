#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

TEST(Filefd, LeavesOutOnlyTheNumberItCannotRead) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/filefd");
  tests::write_text(copy.path() / "proc/sys/fs/file-nr", "1024\t0\n");
  tests::FixtureRun run(tests::spec_of("filefd"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  EXPECT_NE(run.page().find("\nnode_filefd_allocated 1024\n"), std::string::npos);
  EXPECT_EQ(run.page().find("node_filefd_maximum"), std::string::npos);
}

}  // namespace
