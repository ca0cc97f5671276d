#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatProgressVacuum, AnUnknownPhaseCostsOnlyThePhases) {
  tests::QueryRun run(tests::spec_of("stat_progress_vacuum"));
  EXPECT_EQ(run.read("datname\trelname\tphase\theap_blks\theap_blks_scanned\theap_blks_vacuumed\tindex_vacuums\t"
                     "max_dead_tuples\tnum_dead_tuples\na\tt\t9\t1\t2\t3\t4\t5\t6\n"),
            exporter::Outcome::ok);
  EXPECT_EQ(run.problems(exporter::Problem::parse), 1U);
  EXPECT_EQ(run.page().find("phase"), std::string::npos);
  EXPECT_NE(run.page().find("pg_stat_progress_vacuum_heap_blks_scanned{datname=\"a\",relname=\"t\"} 2\n"),
            std::string::npos);
}

}  // namespace
