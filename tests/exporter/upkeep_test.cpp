#include "exporter/upkeep.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <string>

#include "exporter/options.h"
#include "platform/dir.h"

namespace exporter {
namespace {

// A service manager that watches us.
class Manager {
 public:
  explicit Manager(const char* watchdog) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "@resource_exporter-upkeep-" + std::to_string(::getpid());
    name.copy(address.sun_path, name.size());
    address.sun_path[0] = '\0';
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    ::setenv("WATCHDOG_USEC", watchdog, 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
      ::unsetenv(name);
    }
  }
  std::string heard() {
    char text[64];
    const ssize_t got = ::recv(socket_.get(), text, sizeof text, MSG_DONTWAIT);
    return {text, got < 0 ? 0 : static_cast<std::size_t>(got)};
  }

 private:
  platform::Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST(Upkeep, TellsTheWatchdogOfAPortThatIsAlive) {
  Manager manager("30000000");
  bool responds = false;
  Upkeep upkeep([&responds] { return responds; });
  upkeep.tend(Upkeep::Clock::now());
  EXPECT_EQ(manager.heard(), "");
  responds = true;
  upkeep.tend(Upkeep::Clock::now());
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
  EXPECT_EQ(manager.heard(), "");
  upkeep.tend(Upkeep::Clock::now() + Upkeep::kFirst);  // lets go of code as well
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
}

TEST(Upkeep, AWatchOfAnotherProcessIsNotOurs) {
  Manager manager("1000");
  ::setenv("WATCHDOG_PID", "1", 1);
  Upkeep upkeep([] { return true; });
  upkeep.tend(Upkeep::Clock::now());
  EXPECT_EQ(manager.heard(), "");
}

TEST(Upkeep, AWatchThatIsTooShortIsRefused) {
  const Manager manager("10000000");
  try {
    const Upkeep upkeep([] { return true; });
    FAIL() << "taken";
  } catch (const OptionError& error) {
    EXPECT_STREQ(error.what(), "WatchdogSec= of the unit is shorter than 15 s");
  }
}

}  // namespace
}  // namespace exporter
