#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

using exporter::Outcome;

class Logind : public testing::Test {
 protected:
  void replace(std::string_view from, std::string_view to) {
    const auto path = copy_.path() / "replies";
    std::string text = tests::read_text(path);
    ASSERT_NE(text.find(from), std::string::npos);
    tests::write_text(path, text.replace(text.find(from), from.size(), to));
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/logind"};
};

TEST_F(Logind, ShowsEveryCombinationOfEverySeat) {
  tests::FixtureRun run(tests::spec_of("logind"), copy_.path());
  ASSERT_EQ(run.scrape(), Outcome::ok);
  const std::string& lines = run.sink().columns()[0]->lines.text();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2 * 7 * 5 * 2);
}

TEST_F(Logind, ASessionThatEndedMeanwhileIsNotCountedAndNoProblem) {
  tests::FixtureRun run(tests::spec_of("logind"), copy_.path());
  ASSERT_EQ(run.scrape(), Outcome::ok);  // the fixture lists /s6, which answers nothing
  EXPECT_TRUE(run.sink().notes().empty());
}

TEST_F(Logind, OneListAloneIsAFailure) {
  replace("ListSeats", "ListNothing");
  tests::FixtureRun run(tests::spec_of("logind"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::failed);
}

TEST_F(Logind, WithoutABusThereIsNoData) {
  std::filesystem::remove(copy_.path() / "replies");
  tests::FixtureRun run(tests::spec_of("logind"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::no_data);
}

}  // namespace
