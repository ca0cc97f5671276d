#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <optional>

#include "tests/support/fixture.h"

namespace {

// Another time zone for the length of a test.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* const old = std::getenv("TZ")) {
      old_ = old;
    }
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() {
    if (old_) {
      ::setenv("TZ", old_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> old_;
};

TEST(Time, ShowsTheZoneOfThisProcess) {
  const Zone zone("XYZ-5:30");
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/time");
  tests::FixtureRun run(tests::spec_of("time"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_time_zone_offset_seconds{time_zone=\"XYZ\"} 19800\n"), std::string::npos);
}

TEST(Time, TheClockIsTheSystems) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/time");
  std::filesystem::remove_all(copy.path() / "sys");
  tests::FixtureRun run(tests::spec_of("time"), copy.path());
  const auto before = std::time(nullptr);
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  const std::string& line = run.sink().columns()[0]->lines.text();
  EXPECT_NEAR(std::stod(line.substr(line.find(' '))), static_cast<double>(before), 5);
  EXPECT_TRUE(run.sink().notes().empty());
  EXPECT_EQ(run.page().find("clocksource"), std::string::npos);
}

}  // namespace
