#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Vmstat : public testing::Test {
 protected:
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/vmstat"};
};

TEST_F(Vmstat, ShowsTheFieldsAskedFor) {
  tests::write_text(copy_.path() / "flags", "collector.vmstat.fields=^nr_|cache\n");
  tests::FixtureRun run(tests::spec_of("vmstat"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page(),
            "# HELP node_vmstat_drop_pagecache The field drop_pagecache of /proc/vmstat.\n"
            "# TYPE node_vmstat_drop_pagecache untyped\n"
            "node_vmstat_drop_pagecache 4\n"
            "# HELP node_vmstat_nr_free_pages The field nr_free_pages of /proc/vmstat.\n"
            "# TYPE node_vmstat_nr_free_pages untyped\n"
            "node_vmstat_nr_free_pages 977769\n");
}

TEST_F(Vmstat, LeavesOutAFieldWithoutANumber) {
  tests::write_text(copy_.path() / "proc/vmstat", "pgpgin -\npgpgout\npswpin 18446744073709551615\n");
  tests::FixtureRun run(tests::spec_of("vmstat"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 2U);
  EXPECT_EQ(run.page().find("pgpg"), std::string::npos);
  EXPECT_NE(run.page().find("\nnode_vmstat_pswpin 18446744073709551615\n"), std::string::npos);
}

}  // namespace
