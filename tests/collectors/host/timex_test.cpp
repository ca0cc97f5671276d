#include "collectors/host/timex.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "exporter/registry.h"
#include "platform/dir.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace {

using exporter::Outcome;

class Timex : public testing::Test {
 protected:
  Outcome collect(exporter::host::timex::Function function) {
    sink_.clear();
    const exporter::Scrape scrape{
        .deadline = std::chrono::steady_clock::now(), .stop_fd = -1, .generation = 1, .buffer = buffer_};
    return exporter::host::timex::make_with(function)->collect(scrape, sink_);
  }
  std::string page() {
    exporter::Registry registry;
    std::string page;
    const exporter::Sink* sinks[] = {&sink_};
    tests::append_page(registry, sinks, page);
    return page;
  }
  bool has(std::string_view line) { return page().find(line) != std::string::npos; }

  platform::ReadBuffer buffer_;
  exporter::Sink sink_{tests::spec_of("timex").metrics};
};

TEST_F(Timex, EveryFieldInItsUnit) {
  EXPECT_EQ(collect([](::timex* now) {
              EXPECT_EQ(now->modes, 0U);  // it must not change the clock
              now->offset = -1843;
              now->freq = 655360;
              now->maxerror = 42500;
              now->esterror = 125;
              now->status = 1;
              now->constant = 7;
              now->tick = 10000;
              now->ppsfreq = 32768000000;
              now->jitter = 25;
              now->shift = 4;
              now->stabil = 16384000000;
              now->jitcnt = 11;
              now->calcnt = 12;
              now->errcnt = 13;
              now->stbcnt = 14;
              now->tai = 37;
              return TIME_OK;
            }),
            Outcome::ok);
  EXPECT_TRUE(has("\nnode_timex_sync_status 1\n"));
  EXPECT_TRUE(has("\nnode_timex_offset_seconds -0.001843\n"));
  EXPECT_TRUE(has("\nnode_timex_frequency_adjustment_ratio 1.00001\n"));
  EXPECT_TRUE(has("\nnode_timex_maxerror_seconds 0.0425\n"));
  EXPECT_TRUE(has("\nnode_timex_estimated_error_seconds 0.000125\n"));
  EXPECT_TRUE(has("\nnode_timex_status 1\n"));
  EXPECT_TRUE(has("\nnode_timex_loop_time_constant 7\n"));
  EXPECT_TRUE(has("\nnode_timex_tick_seconds 0.01\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_frequency_hertz 0.5\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_jitter_seconds 2.5e-05\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_shift_seconds 4\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_stability_hertz 0.25\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_jitter_total 11\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_calibration_total 12\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_error_total 13\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_stability_exceeded_total 14\n"));
  EXPECT_TRUE(has("\nnode_timex_tai_offset_seconds 37\n"));
}

TEST_F(Timex, NanosecondsWhereTheStatusSaysSo) {
  collect([](::timex* now) {
    now->status = STA_NANO | STA_UNSYNC;
    now->offset = 1500;
    now->jitter = 250;
    return TIME_ERROR;
  });
  EXPECT_TRUE(has("\nnode_timex_sync_status 0\n"));
  EXPECT_TRUE(has("\nnode_timex_offset_seconds 1.5e-06\n"));
  EXPECT_TRUE(has("\nnode_timex_pps_jitter_seconds 2.5e-07\n"));
}

TEST_F(Timex, ForbiddenMeansNoData) {
  EXPECT_EQ(collect([](::timex*) {
              errno = EPERM;
              return -1;
            }),
            Outcome::no_data);
  EXPECT_TRUE(sink_.notes().empty());
  EXPECT_EQ(collect([](::timex*) {
              errno = EFAULT;
              return -1;
            }),
            Outcome::failed);
}

}  // namespace
