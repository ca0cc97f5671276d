#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

TEST(KernelHung, AnOlderKernelHasNoData) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  tests::FixtureRun run(tests::spec_of("kernel_hung"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

TEST(KernelHung, WhatIsNoNumberIsAProblem) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/kernel_hung");
  tests::write_text(copy.path() / "proc/sys/kernel/hung_task_detect_count", "-1\n");
  tests::FixtureRun run(tests::spec_of("kernel_hung"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
