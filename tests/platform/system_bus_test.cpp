// Against a dbus-daemon of our own: the bus answers questions about itself, so no other service is needed.
#include "platform/system_bus.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using platform::BusCall;
using platform::BusReply;
using platform::Deadline;
using platform::SystemBus;

constexpr const char* kBus = "org.freedesktop.DBus";
constexpr const char* kPath = "/org/freedesktop/DBus";
constexpr BusCall kGetId{kBus, kPath, kBus, "GetId"};

Deadline within(int milliseconds, int stop_fd = -1) {
  return {std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds), stop_fd};
}

class SystemBusLive : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "bus-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    tests::write_text(folder_ / "bus.conf", "<busconfig><listen>unix:path=" + socket() +
                                                "</listen><policy context=\"default\"><allow send_destination=\"*\"/>"
                                                "<allow receive_sender=\"*\"/></policy></busconfig>");
    start();
    if (daemon_ < 0) {
      GTEST_SKIP() << "needs the program dbus-daemon";
    }
    platform::SdBus library;
    if (const auto missing = library.load(); !missing.empty()) {
      GTEST_SKIP() << "needs " << missing;
    }
  }
  void TearDown() override {
    end();
    fs::remove_all(folder_);
  }

  std::string socket() const { return (folder_ / "socket").string(); }

  void start() {
    std::string config = "--config-file=" + (folder_ / "bus.conf").string();
    std::string program = "dbus-daemon";
    std::string stay = "--nofork";
    char* arguments[] = {program.data(), config.data(), stay.data(), nullptr};
    posix_spawn_file_actions_t quiet;  // it complains where it may not raise its limit of descriptors
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int error = ::posix_spawnp(&daemon_, "dbus-daemon", &quiet, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&quiet);
    if (error != 0) {
      daemon_ = -1;
      return;
    }
    for (int i = 0; i < 500 && !fs::exists(socket()); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  void end() {
    if (daemon_ > 0) {
      ::kill(daemon_, SIGKILL);
      ::waitpid(daemon_, nullptr, 0);
      daemon_ = -1;
    }
    fs::remove(socket());
  }

  // Asks for the id of the bus `count` times; the number of answers that are one.
  static int ask(SystemBus& bus, std::size_t count, const Deadline& deadline, int& error) {
    const std::vector<BusCall> calls(count, kGetId);
    int good = 0;
    error = bus.run(calls, deadline, [&](std::size_t, const BusReply& reply) {
      good += reply.values.size() == 1 && reply.values[0].text.size() == 32 ? 1 : 0;
    });
    return good;
  }

  fs::path folder_;
  pid_t daemon_ = -1;
};

TEST_F(SystemBusLive, AnswersInOneRunMoreCallsThanTheBusHasAtATime) {
  SystemBus bus({{folder_ / "nothing", false}, {socket(), false}});
  int error = 0;
  EXPECT_FALSE(bus.absent());
  EXPECT_EQ(ask(bus, 500, within(5000), error), 500);
  EXPECT_EQ(error, 0);
  EXPECT_EQ(ask(bus, 1, within(5000), error), 1);
}

TEST_F(SystemBusLive, FlattensListsAndNamesErrors) {
  SystemBus bus({{socket(), false}});
  const BusCall calls[] = {
      {kBus, kPath, kBus, "ListNames"},
      {"org.example.Nobody", "/", "org.example.Nobody", "Call"},
      {kBus, kPath, kBus, "NameHasOwner", kBus},
      platform::property_of(kBus, kPath, kBus, "Features"),
  };
  std::vector<std::string> seen(4);
  const int error = bus.run(calls, within(5000), [&](std::size_t call, const BusReply& reply) {
    seen[call] = reply.error;
    for (const auto& value : reply.values) {
      seen[call].append(value.number ? std::to_string(*value.number) : std::string(value.text)).append(" ");
    }
  });
  EXPECT_EQ(error, 0);
  EXPECT_EQ(seen[0].substr(0, 23), "org.freedesktop.DBus :1");
  EXPECT_EQ(seen[1], "org.freedesktop.DBus.Error.NameHasNoOwner");
  EXPECT_EQ(seen[2], "1 ");
  EXPECT_EQ(std::count(seen[3].begin(), seen[3].end(), ' '), 1);  // a variant with a list in it is one value
}

TEST_F(SystemBusLive, ABusThatHangsCostsTheDeadlineAndIsAskedAgainOnceItAnswered) {
  SystemBus bus({{socket(), false}});
  int error = 0;
  ASSERT_EQ(ask(bus, 1, within(5000), error), 1);
  ::kill(daemon_, SIGSTOP);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(bus, 3, within(200), error), 0);
  EXPECT_EQ(error, ETIMEDOUT);
  EXPECT_EQ(ask(bus, 3, within(200), error), 0);
  EXPECT_EQ(error, ETIMEDOUT);
  EXPECT_EQ(bus.reason(), "earlier calls are not answered yet");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1500));
  ::kill(daemon_, SIGCONT);
  EXPECT_EQ(ask(bus, 3, within(5000), error), 3);
  EXPECT_EQ(error, 0);
}

TEST_F(SystemBusLive, ABusThatWasRestartedIsConnectedToInTheSameRun) {
  SystemBus bus({{socket(), false}});
  int error = 0;
  ASSERT_EQ(ask(bus, 1, within(5000), error), 1);
  end();
  EXPECT_EQ(ask(bus, 1, within(5000), error), 0);
  EXPECT_EQ(error, ENOENT);
  start();
  EXPECT_EQ(ask(bus, 1, within(5000), error), 1);
  end();
  start();
  EXPECT_EQ(ask(bus, 1, within(5000), error), 1);
  EXPECT_EQ(error, 0);
}

TEST_F(SystemBusLive, TheEndOfTheProgramEndsTheWait) {
  SystemBus bus({{socket(), false}});
  int error = 0;
  ASSERT_EQ(ask(bus, 1, within(5000), error), 1);
  ::kill(daemon_, SIGSTOP);
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  const platform::Fd from(ends[0]);
  const platform::Fd to(ends[1]);
  ASSERT_EQ(::write(to.get(), "x", 1), 1);
  EXPECT_EQ(ask(bus, 1, within(5000, from.get()), error), 0);
  EXPECT_EQ(error, ECANCELED);
}

TEST_F(SystemBusLive, WithoutASocketThereIsNoBus) {
  SystemBus bus({{folder_ / "nothing", false}});
  int error = 0;
  EXPECT_TRUE(bus.absent());
  EXPECT_EQ(ask(bus, 1, within(1000), error), 0);
  EXPECT_EQ(error, ENOENT);
}

TEST(SdBusValues, NegativeAndRealNumbersAreNotNumbersHere) {
  platform::SdBusBasic basic{};
  basic.i32 = -1;
  EXPECT_EQ(platform::value_of('i', basic).number, std::nullopt);
  basic.i64 = 5;
  EXPECT_EQ(platform::value_of('x', basic).number, 5U);
  basic.u64 = UINT64_MAX;
  EXPECT_EQ(platform::value_of('t', basic).number, UINT64_MAX);
  EXPECT_EQ(platform::value_of('d', basic).number, std::nullopt);
  basic.text = "/a";
  EXPECT_EQ(platform::value_of('o', basic).text, "/a");
}

}  // namespace
