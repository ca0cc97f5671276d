#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Slabinfo, IncludeAndExcludeWorkTogether) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/slabinfo");
  write_text(copy.path() / "flags",
             "collector.slabinfo.slabs-include=^(dentry|kmalloc)\ncollector.slabinfo.slabs-exclude=8k$\n");
  FixtureRun run(spec_of("slabinfo"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_slabinfo_objects{slab=\"dentry\"} 70455\n"), std::string::npos);
  EXPECT_EQ(run.page().find("kmalloc"), std::string::npos);
  EXPECT_EQ(run.page().find("RAWv6"), std::string::npos);
}

TEST(Slabinfo, ALineThatCannotBeReadCostsItsOwnCacheOnly) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/slabinfo");
  write_text(copy.path() / "proc/slabinfo",
             "slabinfo - version: 2.1\n# name\ndentry 1 x 192 21 1\nfile 5 6 256 16 1\n");
  FixtureRun run(spec_of("slabinfo"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("dentry"), std::string::npos);
  EXPECT_NE(run.page().find("node_slabinfo_pages_per_slab{slab=\"file\"} 1\n"), std::string::npos);
  ASSERT_EQ(run.sink().notes().size(), 1U);
  EXPECT_EQ(run.sink().notes()[0].kind, exporter::Problem::parse);
}

TEST(Slabinfo, AnUnknownVersionIsNotGuessedAt) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/slabinfo");
  write_text(copy.path() / "proc/slabinfo", "slabinfo - version: 3.0\n# name\ndentry 1 2 192 21 1\n");
  FixtureRun run(spec_of("slabinfo"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::failed);
}

}  // namespace
}  // namespace tests
