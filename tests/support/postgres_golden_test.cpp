// For every collector of the postgres room: the golden page, its rows cut at every byte, each column missing, NULLs
// everywhere, a second read that is identical and allocates nothing, and statements that change nothing.
#include <gtest/gtest.h>

#include <cstdlib>

#include "collectors/all.h"
#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace fs = std::filesystem;
using exporter::ListedCollector;
using exporter::Outcome;

namespace tests {
namespace {

std::vector<ListedCollector> queries() {
  std::vector<ListedCollector> result;
  for (const auto& listed : exporter::all_collectors()) {
    if (std::holds_alternative<exporter::MakeQuery>(listed.spec->make)) {
      result.push_back(listed);
    }
  }
  return result;
}

class EveryQuery : public testing::TestWithParam<ListedCollector> {
 protected:
  fs::path folder_ = fs::path(FIXTURES) / GetParam().room / std::string(GetParam().spec->name);
  std::string whole_ = read_text(folder_ / "rows.tsv");

  // The page keeps all rules whatever the rows are.
  Outcome expect_sound(std::string_view tsv, const std::string& what) {
    QueryRun run(*GetParam().spec);
    const Outcome outcome = run.read(tsv);
    const auto parsed = parse_exposition(run.page());
    EXPECT_TRUE(parsed.errors.empty()) << what << ": " << (parsed.errors.empty() ? "" : parsed.errors.front());
    return outcome;
  }
};

TEST_P(EveryQuery, MatchesGolden) {
  QueryRun run(*GetParam().spec);
  EXPECT_EQ(run.read(whole_), Outcome::ok);
  const std::string page = run.page();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    write_text(folder_ / "expected.prom", page);
  }
  EXPECT_EQ(difference(read_text(folder_ / "expected.prom"), page), "");
  const auto parsed = parse_exposition(page);
  EXPECT_TRUE(parsed.errors.empty()) << (parsed.errors.empty() ? "" : parsed.errors.front());
  EXPECT_FALSE(parsed.families.empty());
}

TEST_P(EveryQuery, SurvivesRowsCutAtEveryByte) {
  ASSERT_FALSE(whole_.empty());
  for (std::size_t size = 0; size < whole_.size(); ++size) {
    expect_sound(std::string_view(whole_).substr(0, size), "cut at " + std::to_string(size));
  }
  EXPECT_EQ(expect_sound("", "no columns"), Outcome::failed);
}

TEST_P(EveryQuery, SurvivesMissingColumnsAndNulls) {
  const TextRows rows(whole_);
  for (std::size_t left_out = 0; left_out < rows.columns(); ++left_out) {
    std::string without;
    std::string nulls;
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      const std::string name(rows.name(column));
      without += column == left_out ? "other\t" : name + "\t";
      nulls += name + "\t";
    }
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      without += '\n';
      nulls += '\n';
      for (std::size_t column = 0; column < rows.columns(); ++column) {
        const std::string text = rows.null(row, column) ? "\\N" : std::string(rows.text(row, column));
        without += text + "\t";
        nulls += (column == left_out ? "\\N" : text) + "\t";
      }
    }
    expect_sound(without, "without " + std::string(rows.name(left_out)));
    EXPECT_EQ(expect_sound(nulls, "NULL in " + std::string(rows.name(left_out))), Outcome::ok);
  }
}

TEST_P(EveryQuery, NothingToSayIsNoFailure) {
  EXPECT_EQ(expect_sound(whole_.substr(0, whole_.find('\n') + 1), "no rows"), Outcome::ok);
}

TEST_P(EveryQuery, SecondReadIsIdenticalAndAllocatesNothing) {
  const TextRows rows(whole_);
  QueryRun run(*GetParam().spec);
  run.read(rows);
  const std::string first = run.page();
  run.read(rows);
  EXPECT_EQ(run.page(), first);
  const std::size_t before = allocations();
  run.read(rows);
  EXPECT_EQ(allocations() - before, 0U);
}

TEST_P(EveryQuery, StatementsOnlyRead) {
  const QueryRun run(*GetParam().spec);
  bool any = false;
  for (const int version :
       {90224, 90426, 90624, 100023, 110022, 120022, 130023, 140022, 150020, 160013, 170009, 180003}) {
    const std::string sql = run.statement(version);
    any = any || !sql.empty();
    EXPECT_TRUE(sql.empty() || sql.starts_with("SELECT ")) << version;
    EXPECT_EQ(sql.find(';'), std::string::npos) << version;
    // Functions that were renamed with PostgreSQL 10.
    EXPECT_TRUE(version >= 100000 || sql.find("_lsn(") == std::string::npos) << version;
    EXPECT_TRUE(version < 100000 || sql.find("xlog") == std::string::npos) << version;
  }
  EXPECT_TRUE(any);
}

INSTANTIATE_TEST_SUITE_P(Queries, EveryQuery, testing::ValuesIn(queries()),
                         [](const auto& test) { return std::string(test.param.spec->name); });

}  // namespace
}  // namespace tests
