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
  std::vector<std::string> whole_ = rows_of_all();  // by statement

  std::vector<std::string> rows_of_all() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < QueryRun(*GetParam().spec).statements(); ++i) {
      all.push_back(read_text(folder_ / (i == 0 ? "rows.tsv" : "rows_" + std::to_string(i + 1) + ".tsv")));
    }
    return all;
  }

  // Reads the rows of every statement.
  void read_all(QueryRun& run, const std::vector<std::unique_ptr<TextRows>>& rows) const {
    run.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(run.add(*rows[i], i), Outcome::ok) << "statement " << i;
    }
  }
  std::vector<std::unique_ptr<TextRows>> all_rows() const {
    std::vector<std::unique_ptr<TextRows>> rows;
    for (const auto& whole : whole_) {
      rows.push_back(std::make_unique<TextRows>(whole));
    }
    return rows;
  }

  // The page keeps all rules whatever the rows are.
  Outcome expect_sound(std::string_view tsv, std::size_t statement, const std::string& what) {
    QueryRun run(*GetParam().spec);
    const Outcome outcome = run.read(tsv, statement);
    const auto parsed = parse_exposition(run.page());
    EXPECT_TRUE(parsed.errors.empty()) << what << ": " << (parsed.errors.empty() ? "" : parsed.errors.front());
    return outcome;
  }
};

TEST_P(EveryQuery, MatchesGolden) {
  QueryRun run(*GetParam().spec);
  read_all(run, all_rows());
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
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    ASSERT_FALSE(whole_[i].empty());
    for (std::size_t size = 0; size < whole_[i].size(); ++size) {
      expect_sound(std::string_view(whole_[i]).substr(0, size), i, "cut at " + std::to_string(size));
    }
    EXPECT_EQ(expect_sound("", i, "no columns"), Outcome::failed);
  }
}

TEST_P(EveryQuery, SurvivesMissingColumnsAndNulls) {
  for (std::size_t statement = 0; statement < whole_.size(); ++statement) {
    const TextRows rows(whole_[statement]);
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
      expect_sound(without, statement, "without " + std::string(rows.name(left_out)));
      EXPECT_EQ(expect_sound(nulls, statement, "NULL in " + std::string(rows.name(left_out))), Outcome::ok);
    }
  }
}

TEST_P(EveryQuery, NothingToSayIsNoFailure) {
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    EXPECT_EQ(expect_sound(whole_[i].substr(0, whole_[i].find('\n') + 1), i, "no rows"), Outcome::ok);
  }
}

TEST_P(EveryQuery, SecondReadIsIdenticalAndAllocatesNothing) {
  const auto rows = all_rows();
  QueryRun run(*GetParam().spec);
  read_all(run, rows);
  const std::string first = run.page();
  read_all(run, rows);
  EXPECT_EQ(run.page(), first);
  const std::size_t before = allocations();
  read_all(run, rows);
  EXPECT_EQ(allocations() - before, 0U);
}

TEST_P(EveryQuery, StatementsOnlyRead) {
  const QueryRun run(*GetParam().spec);
  for (std::size_t i = 0; i < run.statements(); ++i) {
    bool any = false;
    for (const int version : kVersions) {
      const std::string sql = run.statement(version, i);
      any = any || !sql.empty();
      const bool console = run.query(i).service() == exporter::postgres::Service::pgbouncer;
      EXPECT_TRUE(sql.empty() || sql.starts_with(console ? "SHOW " : "SELECT ")) << version;
      EXPECT_EQ(sql.find(';'), std::string::npos) << version;
      // Functions that were renamed with PostgreSQL 10.
      EXPECT_TRUE(version >= 100000 || sql.find("_lsn(") == std::string::npos) << version;
      EXPECT_TRUE(version < 100000 || sql.find("xlog") == std::string::npos) << version;
    }
    EXPECT_TRUE(any);
  }
}

// A statement that goes to every database would give the same series again did its rows not say whose they are.
TEST_P(EveryQuery, RowsOfDatabasesNameTheirs) {
  const QueryRun run(*GetParam().spec);
  for (std::size_t i = 0; i < run.statements(); ++i) {
    if (run.query(i).scope() == exporter::postgres::Scope::database) {
      EXPECT_NE(TextRows(whole_[i]).find("datname"), platform::Rows::kNone);
      for (const auto& metric : GetParam().spec->metrics) {
        bool named = false;
        for (std::size_t label = 0; label < metric.labels.size(); ++label) {
          named = named || metric.labels[label] == "datname";
        }
        EXPECT_TRUE(named) << metric.name;
      }
    }
  }
}

// --exclude-databases means every metric with `datname`, but those of users' own statements.
TEST_P(EveryQuery, DatabasesLeftOutAreNotShown) {
  const exporter::postgres::DatabaseFilter nobody("", "*");
  QueryRun run(*GetParam().spec);
  run.server().databases = &nobody;
  run.clear();
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    if (!run.query(i).of_user()) {
      run.add(TextRows(whole_[i]), i);
    }
  }
  const std::string page = run.page();
  for (std::size_t at = page.find("datname=\""); at != std::string::npos; at = page.find("datname=\"", at + 1)) {
    EXPECT_EQ(page.substr(at, 10), "datname=\"\"") << page.substr(at, 60);
  }
}

INSTANTIATE_TEST_SUITE_P(Queries, EveryQuery, testing::ValuesIn(queries()),
                         [](const auto& test) { return std::string(test.param.spec->name); });

}  // namespace
}  // namespace tests
