#include "exporter/hangup.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "exporter/reloads.h"

namespace exporter {
namespace {

TEST(Hangup, EachSignalIsHeardUntilTheEnd) {
  Hangup::block();
  const platform::Fd stop(::eventfd(0, EFD_CLOEXEC));
  std::atomic<int> heard = 0;
  {
    const Hangup hangup(stop.get(), [&] {
      ++heard;
      heard.notify_all();
    });
    for (int i = 0; i < 3; ++i) {
      ::kill(::getpid(), SIGHUP);
      heard.wait(i);
    }
    ::eventfd_write(stop.get(), 1);
  }
  EXPECT_EQ(heard, 3);
}

TEST(Reloads, AllAreRunAndSayWhatIsWrong) {
  Reloads reloads;
  EXPECT_TRUE(reloads.empty());
  EXPECT_EQ(reloads.run(), "");
  int runs = 0;
  for (const std::string wrong : {"", "a", "", "b"}) {
    reloads.add([&runs, wrong] {
      ++runs;
      return wrong;
    });
  }
  EXPECT_FALSE(reloads.empty());
  EXPECT_EQ(reloads.run(), "a\nb");
  EXPECT_EQ(runs, 4);
}

}  // namespace
}  // namespace exporter
