#include "collectors/postgres/relations_sql.h"

#include <gtest/gtest.h>

#include "collectors/postgres/source.h"
#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace exporter::postgres {
namespace {

constexpr RelationColumn kColumns[] = {{"coalesce(seq_scan, 0)", "seq_scan"}, {"last_vacuum", "last_vacuum", true}};

std::string sql(const std::vector<std::pair<std::string, std::string>>& settings, int version = 150000,
                std::string_view where = {}) {
  Options options;
  options.declare(kSourceOptions);
  for (const auto& [name, value] : settings) {
    options.set(name, value);
  }
  return RelationChoice(options).sql(version, "pg_stat_user_tables", where, kColumns);
}

TEST(RelationsSql, AllTablesAsTheyAre) {
  EXPECT_EQ(sql({}),
            "SELECT current_database() AS datname, schemaname, relname, coalesce(seq_scan, 0) AS seq_scan, last_vacuum "
            "AS last_vacuum FROM pg_stat_user_tables s WHERE schemaname !~ '^pg_temp_'");
  EXPECT_NE(sql({}, 150000, "relid > 5").find("WHERE relid > 5 AND schemaname !~"), std::string::npos);
}

TEST(RelationsSql, NamesAreChosenByTheServerAndQuotedForIt) {
  const std::string chosen = sql({{"postgres.table-include", R"(^public\.)"}, {"postgres.table-exclude", "it's"}});
  EXPECT_NE(chosen.find(R"((schemaname || '.' || relname) ~ E'^public\\.')"), std::string::npos) << chosen;
  EXPECT_NE(chosen.find(R"((schemaname || '.' || relname) !~ E'it''s')"), std::string::npos) << chosen;
}

TEST(RelationsSql, PartitionsAreAddedUpUnderTheirRoot) {
  const std::string rolled = sql({{"postgres.roll-up-partitions", "true"}});
  EXPECT_NE(rolled.find("sum(seq_scan) AS seq_scan, max(last_vacuum) AS last_vacuum"), std::string::npos) << rolled;
  EXPECT_NE(rolled.find("pg_partition_root(s.relid)"), std::string::npos);
  EXPECT_NE(rolled.find("GROUP BY schemaname, relname"), std::string::npos);
  EXPECT_EQ(rolled.find("'other'"), std::string::npos);
  EXPECT_EQ(sql({{"postgres.roll-up-partitions", "true"}}, 110000).find("pg_partition_root"), std::string::npos);
}

TEST(RelationsSql, TheRestIsAddedUpAsOther) {
  const std::string some = sql({{"postgres.max-tables", "25"}});
  EXPECT_NE(some.find("CASE WHEN place <= 25 THEN relname ELSE 'other' END AS relname"), std::string::npos) << some;
  EXPECT_NE(some.find("ORDER BY sum(relpages) DESC"), std::string::npos);
  EXPECT_EQ(some.find("pg_inherits"), std::string::npos);
  EXPECT_THROW(sql({{"postgres.max-tables", "-1"}}), OptionError);
}

TEST(RelationsSql, EveryCollectorOfTablesLetsThemBeChosen) {
  for (const auto* name : {"stat_user_tables", "statio_user_tables", "stat_user_indexes", "statio_user_indexes"}) {
    const tests::QueryRun run(tests::spec_of(name), {{"postgres.table-exclude", "secret"}});
    for (std::size_t i = 0; i < run.statements(); ++i) {
      EXPECT_NE(run.statement(150000, i).find("!~ E'secret'"), std::string::npos) << name << i;
    }
  }
}

}  // namespace
}  // namespace exporter::postgres
