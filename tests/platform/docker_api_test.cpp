#include "platform/docker_api.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "tests/support/host_folder.h"

using namespace std::chrono_literals;
using platform::ContainerFacts;
using platform::DockerApi;
using platform::Runtime;
using Result = platform::ContainerSource::Result;

namespace {

const std::string kId(64, 'a');

// A daemon that answers each connection with what the test says, and keeps the requests.
class Daemon {
 public:
  Daemon(const std::string& path, std::string reply) : reply_(std::move(reply)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Daemon() {
    stop_ = true;
    thread_.join();
  }
  std::string requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (!stop_) {
      pollfd poll{listener_.get(), POLLIN, 0};
      if (::poll(&poll, 1, 10) <= 0) {
        continue;
      }
      const platform::Fd client(::accept(listener_.get(), nullptr, nullptr));
      char buffer[1024];
      const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, 0);
      {
        const std::lock_guard lock(mutex_);
        requests_.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
      }
      // A client that was stopped meanwhile is gone.
      (void)!::send(client.get(), reply_.data(), reply_.size(), MSG_NOSIGNAL);
      if (reply_.empty()) {  // says nothing and hangs
        while (!stop_) {
          std::this_thread::sleep_for(5ms);
        }
      }
    }
  }
  std::string reply_;
  platform::Fd listener_;
  std::mutex mutex_;
  std::string requests_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string ok(const std::string& body) { return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body; }

class DockerApiTest : public testing::Test {
 protected:
  Result read(DockerApi& api, const std::string& id = kId) {
    return api.read(tests::container_named(id, Runtime::docker), facts_, buffer_);
  }
  // As scrapes do: again and again, never waiting.
  bool named_within(DockerApi& api, std::chrono::milliseconds time) {
    for (const auto end = DockerApi::Clock::now() + time; DockerApi::Clock::now() < end;) {
      if (read(api) == Result::updated) {
        return true;
      }
      std::this_thread::sleep_for(2ms);
    }
    return false;
  }
  std::string socket() const { return folder_.path("docker.sock").string(); }
  tests::HostFolder folder_;
  platform::ReadBuffer buffer_;
  ContainerFacts facts_;
};

TEST_F(DockerApiTest, AsksInTheBackgroundAndOnlyReads) {
  Daemon daemon(socket(), ok(R"({"Id":")" + kId + R"(","Name":"/web","Config":{"Image":"i:1"}})"));
  DockerApi api(socket());
  EXPECT_EQ(read(api), Result::absent);
  ASSERT_TRUE(named_within(api, 5s));
  EXPECT_EQ(facts_.name, "web");
  EXPECT_EQ(facts_.image, "i:1");
  EXPECT_EQ(read(api), Result::unchanged);
  EXPECT_EQ(daemon.requests(), "GET /containers/" + kId + "/json HTTP/1.0\r\nHost: docker\r\n\r\n");
  facts_ = {};
  EXPECT_EQ(read(api, "../images"), Result::absent);
}

TEST_F(DockerApiTest, AHangingDaemonStopsNobody) {
  const Daemon daemon(socket(), "");
  const auto start = DockerApi::Clock::now();
  {
    DockerApi api(socket());
    EXPECT_EQ(read(api), Result::absent);
    std::this_thread::sleep_for(50ms);  // the request is under way
    EXPECT_EQ(read(api), Result::absent);
  }
  EXPECT_LT(DockerApi::Clock::now() - start, 1500ms);  // the destructor ends the request
}

TEST_F(DockerApiTest, WhatIsNoAnswerGivesNoName) {
  for (const std::string& reply : {std::string("HTTP/1.0 404 Not Found\r\n\r\n{}"), ok("{"), ok("[]"), ok(""),
                                   ok(R"({"Id":"other","Name":"/x"})"), std::string("garbage")}) {
    const std::string path = folder_.path("s" + std::to_string(reply.size())).string();
    const Daemon daemon(path, reply);
    DockerApi api(path, {.request = 200ms, .fresh = 1s, .retry = 5ms});
    EXPECT_FALSE(named_within(api, 50ms)) << reply;
    EXPECT_EQ(facts_.name, "");
  }
  DockerApi nobody(folder_.path("absent.sock").string());
  EXPECT_FALSE(named_within(nobody, 20ms));
}

TEST_F(DockerApiTest, AKnownContainerIsAskedForAgain) {
  Daemon daemon(socket(), ok(R"({"Id":")" + kId + R"(","Name":"/web"})"));
  DockerApi api(socket(), {.request = 1s, .fresh = 1ms, .retry = 1ms});
  ASSERT_TRUE(named_within(api, 5s));
  EXPECT_TRUE(named_within(api, 5s));
}

// A container without a name is looked up ever less often, and one that is gone never again.
TEST_F(DockerApiTest, AnAnswerIsKeptUntilItIsReadAndForgottenWhenNobodyReadsItAnyMore) {
  const Daemon daemon(socket(), ok(R"({"Id":")" + kId + R"(","Name":"/web"})"));
  DockerApi api(socket(), {.request = 1s, .fresh = 1h, .retry = 1h, .unused = 300ms});
  char other = 'b';
  const auto pass_time = [&] {
    std::this_thread::sleep_for(400ms);
    ContainerFacts facts;
    api.read(tests::container_named(std::string(64, other++), Runtime::docker), facts, buffer_);  // wakes the thread
    std::this_thread::sleep_for(100ms);
  };
  EXPECT_EQ(read(api), Result::absent);
  pass_time();
  EXPECT_EQ(read(api), Result::updated);
  EXPECT_EQ(facts_.name, "web");
  pass_time();
  EXPECT_EQ(read(api), Result::absent);
}

TEST(DockerApi, Addresses) {
  EXPECT_EQ(platform::socket_path("unix:///run/docker.sock"), "/run/docker.sock");
  EXPECT_EQ(platform::socket_path("unix:/run/docker.sock"), "/run/docker.sock");
  EXPECT_EQ(platform::socket_path("/run/docker.sock"), "/run/docker.sock");
  EXPECT_EQ(platform::socket_path("tcp://host:2375"), "");
  EXPECT_EQ(platform::socket_path(""), "");
}

}  // namespace
