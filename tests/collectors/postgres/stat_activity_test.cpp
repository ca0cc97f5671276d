#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatActivity, EveryDatabaseShowsEveryState) {
  tests::QueryRun run(tests::spec_of("stat_activity"));
  EXPECT_EQ(run.read("datname\tstate\tusename\tapplication_name\tbackend_type\twait_event_type\twait_event\tcount\t"
                     "max_tx_duration\na\t\\N\nb\tidle\tu\tp\tclient backend\tClient\tClientRead\t3\t0\n"),
            exporter::Outcome::ok);
  const std::string page = run.page();
  const auto count = [&](const std::string& text) {
    std::size_t n = 0;
    for (auto at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) {
      ++n;
    }
    return n;
  };
  EXPECT_EQ(count("pg_stat_activity_count{datname=\"a\""), 6U);
  EXPECT_EQ(count("pg_stat_activity_count{datname=\"b\""), 6U);
  EXPECT_EQ(count("pg_stat_activity_count{datname=\"b\",state=\"idle\","), 1U);
  EXPECT_EQ(count("wait_event=\"ClientRead\",server=\"127.0.0.1:5432\"} 3\n"), 1U);
}

TEST(StatActivity, ColumnsThatAVersionLacksAreEmpty) {
  const tests::QueryRun run(tests::spec_of("stat_activity"));
  EXPECT_NE(run.statement(90500).find("NULL::text AS wait_event_type"), std::string::npos);
  EXPECT_NE(run.statement(90600).find("NULL::text AS backend_type"), std::string::npos);
  EXPECT_EQ(run.statement(100000).find("NULL::"), std::string::npos);
}

TEST(StatActivity, SessionsOfTheExporterAreLeftOut) {
  const tests::QueryRun run(tests::spec_of("stat_activity"));
  EXPECT_NE(
      run.statement(150000).find("AND pid <> pg_backend_pid() AND NOT (usename = current_user AND application_name"
                                 " <> '' AND application_name = current_setting('application_name'))"),
      std::string::npos);
}

}  // namespace
