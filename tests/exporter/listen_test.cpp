#include "exporter/listen.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "platform/text.h"
#include "tests/support/text_folder.h"

namespace exporter {
namespace {

class Listen : public testing::Test {
 protected:
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }
  std::string why_not(const std::string& text) const {
    try {
      listen_on(text);
    } catch (const OptionError& error) {
      return error.what();
    }
    return "";
  }
  // The exit status of a child in which descriptor 3 is `socket` and that is told so.
  static int in_child(const platform::Fd& socket, const char* names, const std::function<int()>& test) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(socket.get(), 3);
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
      ::setenv("LISTEN_FDS", "1", 1);
      ::setenv("LISTEN_FDNAMES", names, 1);
      ::_exit(test());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const tests::TextFolder folder_;
};

TEST_F(Listen, AUnixSocketIsForWhomItSays) {
  const std::string path = folder_.path("x.sock");
  const auto listener = listen_on("redis=unix:" + path + "?mode=0620&group=" + std::to_string(::getgid()));
  EXPECT_EQ(listener.address, path);
  EXPECT_EQ(listener.module, Module::redis);
  EXPECT_EQ(mode_of(path), 0620U);
  EXPECT_EQ(local_url(listener, false), "");
}

TEST_F(Listen, WhatIsWrongIsSaid) {
  const std::string socket = "unix:" + folder_.path("x.sock");
  EXPECT_EQ(why_not(socket + "?mode=rw"),
            "--web.listen-address=" + socket + "?mode=rw: the mode is octal, as in mode=0660");
  EXPECT_EQ(why_not(socket + "?mode=1777"),
            "--web.listen-address=" + socket + "?mode=1777: the mode is octal, as in mode=0660");
  EXPECT_EQ(why_not(socket + "?group=no-such-group"),
            "--web.listen-address=" + socket + "?group=no-such-group: there is no group 'no-such-group'");
  EXPECT_EQ(why_not(socket + "?user=me"), "--web.listen-address=" + socket +
                                              "?user=me: behind '?' stand mode=0660 and group=GROUP, separated by '&'");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("x.sock")));
}

TEST_F(Listen, AUrlSaysHowToTalk) {
  const auto listener = listen_on("127.0.0.1:0");
  EXPECT_EQ(local_url(listener, true), "https://" + listener.address + "/");
  EXPECT_EQ(local_url(listener, false), "http://" + listener.address + "/");
}

TEST_F(Listen, SocketsOfSystemd) {
  const auto own = listen_on("127.0.0.1:0");
  EXPECT_EQ(in_child(own.socket, "postgres",
                     [&] {
                       const auto all = listeners_of_systemd();
                       const bool good = all.size() == 1 && all[0].address == own.address &&
                                         all[0].module == Module::postgres && (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 &&
                                         (::fcntl(3, F_GETFL) & O_NONBLOCK) != 0;
                       return good ? 7 : 1;
                     }),
            7);
  EXPECT_EQ(in_child(own.socket, "resource_exporter.socket", [] { return listeners_of_systemd()[0].module ? 1 : 7; }),
            7);
  EXPECT_EQ(in_child(platform::Fd(::socket(AF_INET, SOCK_STREAM, 0)), "x",
                     [] {
                       try {
                         listeners_of_systemd();
                       } catch (const OptionError& error) {
                         return std::string(error.what()).find("no listening stream socket") != std::string::npos ? 7
                                                                                                                  : 1;
                       }
                       return 2;
                     }),
            7);
  EXPECT_THROW(listeners_of_systemd(), OptionError) << "none was passed to this process";
}

TEST_F(Listen, AddressesThatAreNone) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"9100", "HOST:PORT"}, {":99999", "HOST:PORT"}, {"cadvisor=:1", "cadvisor="}, {"unix:", "unix socket"}}) {
    try {
      listen_on(text);
      ADD_FAILURE() << text;
    } catch (const OptionError& error) {
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    }
  }
  const auto taken = listen_on("127.0.0.1:0");
  EXPECT_THROW(listen_on(taken.address), OptionError);
}

}  // namespace
}  // namespace exporter
