#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/fake_postgres.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/watched_postgres.h"

namespace exporter::postgres::wait_event_samples {
extern constinit const CollectorSpec spec;
}

namespace tests {
namespace {

using exporter::Outcome;

TEST(WaitEventSamples, AsksNobodyBefore96) {
  const QueryRun run(exporter::postgres::wait_event_samples::spec);
  EXPECT_EQ(run.statement(90500), "");
  EXPECT_EQ(run.statement(90500, 1), "");
  EXPECT_NE(run.statement(90600), "");
}

TEST(WaitEventSamples, TheHistogramHasEachSampleOnce) {
  QueryRun run(exporter::postgres::wait_event_samples::spec);
  EXPECT_EQ(run.read("active\tsamples\n0\t5\n3\t2\nmany\t1\n", 1), Outcome::ok);
  const std::string page = run.page();
  for (const char* line : {"_bucket{le=\"0\"} 5\n", "_bucket{le=\"2\"} 5\n", "_bucket{le=\"4\"} 7\n",
                           "_bucket{le=\"+Inf\"} 7\n", "_sum 6\n", "_count 7\n"}) {
    EXPECT_NE(page.find(std::string("pg_wait_event_active_sessions") + line), std::string::npos) << line << page;
  }
  EXPECT_EQ(run.problems(exporter::Problem::parse), 1U);
}

// A server on which two sessions wait for the same lock at every sample.
class Sampled : public testing::Test {
 protected:
  FakeAnswer say(const std::string& sql) {
    FakeAnswer answer;
    if (sql.find("AS banner") != std::string::npos) {
      answer.tsv = "banner\trole\tmonitor\tsettings\nPostgreSQL 15.18\twatcher\tt\ton\n";
    } else if (sql.find("AS own") != std::string::npos) {
      answer.tsv = "datname\town\npostgres\tpostgres\n";
    } else if (sql.find("AS samples_total") != std::string::npos) {
      answer.tsv = "datname\twait_event_type\twait_event\tstate\tsamples_total\napp\tLock\ttuple\tactive\t2\n";
      if (fails_) {
        answer.sqlstate = "57014";
        answer.message = "canceling statement due to statement timeout";
      }
      ++asked_;
    } else if (sql.find("AS active") != std::string::npos) {
      answer.tsv = "active\tsamples\n2\t1\n";
    }
    return answer;
  }
  FakePostgres server_{[this](const std::string& /*here*/, const std::string& sql) { return say(sql); }};
  std::atomic<unsigned> asked_{0};
  std::atomic<bool> fails_{false};

  void await_samples(unsigned count) const {
    const unsigned wanted = asked_ + count;
    for (int tries = 0; asked_ < wanted && tries < 5000; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  static constexpr const char* kSeries =
      "pg_wait_event_samples_total{datname=\"app\",wait_event_type=\"Lock\",wait_event=\"tuple\",state=\"active\"}";
};

TEST_F(Sampled, BetweenScrapesAndAddedUp) {
  Watched watched(server_.dsn(), {{"sampler.interval", "0.1"}}, {"burst", "wait_event_samples"});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  await_samples(4);
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  const double count = watched.value("pg_wait_event_active_sessions_count");
  EXPECT_GE(count, 3);
  // The two statements of a sample are answered one after the other.
  EXPECT_NEAR(watched.value(kSeries), 2 * count, 2) << watched.page();
  EXPECT_NEAR(watched.value("pg_wait_event_active_sessions_sum"), 2 * count, 0);
  EXPECT_EQ(watched.value("pg_wait_event_active_sessions_bucket{le=\"1\"}"), 0);
  EXPECT_EQ(server_.logins(), 2U);
}

TEST_F(Sampled, AFailedSampleIsLeftOutAndSaid) {
  Watched watched(server_.dsn(), {{"sampler.interval", "0.1"}}, {"burst", "wait_event_samples"});
  watched.scrape();
  await_samples(2);
  fails_ = true;
  await_samples(2);
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows("pg_up 1"));
  EXPECT_GE(watched.value(kSeries), 2);
  const auto& run = watched.run("wait_event_samples");
  EXPECT_EQ(run.outcome, Outcome::ok);
  EXPECT_EQ(run.sink.problems()[static_cast<std::size_t>(exporter::Problem::deadline)], 1U);
}

TEST_F(Sampled, AServerThatRestartsGoesOnBeingSampled) {
  Watched watched(server_.dsn(), {{"sampler.interval", "0.1"}}, {"burst", "wait_event_samples"});
  watched.scrape();
  await_samples(2);
  server_.restart();
  await_samples(3);
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_GE(watched.value(kSeries), 6);
}

}  // namespace
}  // namespace tests
