#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <thread>

#include "collectors/host/supervisord_reply.h"
#include "platform/dir.h"
#include "tests/support/fixture.h"

namespace {

using exporter::Outcome;
using exporter::Problem;
using exporter::host::supervisord::Process;
using exporter::host::supervisord::read_processes;

constexpr std::string_view kBegin = "<methodResponse><params><param><value><array><data>";
constexpr std::string_view kEnd = "</data></array></value></param></params></methodResponse>";

std::vector<Process> read(std::string_view inner, bool good = true) {
  std::vector<Process> result;
  const std::string xml = std::string(kBegin).append(inner).append(kEnd);
  EXPECT_EQ(read_processes(xml, [&](const Process& process) { result.push_back(process); }), good);
  return result;
}

TEST(SupervisordReply, TakesScalarsWithAndWithoutTheirType) {
  const auto processes = read(
      "<value><struct><member><name>name</name><value>a</value></member>"
      "<member><name>group</name><value><string>b &lt;&#x263a;&gt;</string></value></member>"
      "<member><name>spawnerr</name><value><string/></value></member>"
      "<member><name>start</name><value><i4>7</i4></value></member></struct></value>");
  ASSERT_EQ(processes.size(), 1U);
  EXPECT_EQ(processes[0].name, "a");
  EXPECT_EQ(processes[0].group, "b <\u263a>");
  EXPECT_EQ(processes[0].start, 7);
  EXPECT_EQ(processes[0].state, std::nullopt);
  EXPECT_TRUE(read("").empty());
}

TEST(SupervisordReply, RefusesEverythingElse) {
  const auto none = [](const Process&) {};
  EXPECT_FALSE(read_processes("", none));
  EXPECT_FALSE(read_processes("<methodResponse><fault><value/></fault></methodResponse>", none));
  EXPECT_FALSE(read_processes("<html><body>hello</body></html>", none));
  read("<value><struct><member><name>name</name><value><array><data></data></array></value></member></struct></value>",
       false);
  read("<value><struct><member><name>&nbsp;</name><value>a</value></member></struct></value>", false);
}

// Answers one connection on a unix socket with `reply`; what was asked is in question().
class Server {
 public:
  Server(const std::filesystem::path& path, std::string reply) : reply_(std::move(reply)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
    const timeval patience{10, 0};  // a test that fails before it connects must not hang
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    thread_ = std::thread([this] {
      const platform::Fd client(::accept(socket_.get(), nullptr, nullptr));
      char buffer[4096];
      while (question_.find("</methodCall>") == std::string::npos) {
        const auto got = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (got <= 0) {
          return;
        }
        question_.append(buffer, static_cast<std::size_t>(got));
      }
      ::send(client.get(), reply_.data(), reply_.size(), MSG_NOSIGNAL);
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  const std::string& question() {
    thread_.join();
    return question_;
  }

 private:
  platform::Fd socket_;
  std::string reply_;
  std::string question_;
  std::thread thread_;
};

class Supervisord : public testing::Test {
 protected:
  tests::FixtureRun run(const std::string& flags) {
    tests::write_text(copy_.path() / "flags", flags);
    return tests::FixtureRun(tests::spec_of("supervisord"), copy_.path());
  }
  tests::FixtureRun live() { return run("collector.supervisord.url=unix://$FIXTURE/socket\n"); }
  static unsigned count(tests::FixtureRun& run, Problem kind) {
    return run.sink().problems()[static_cast<std::size_t>(kind)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/supervisord"};
};

TEST_F(Supervisord, AsksOverAUnixSocket) {
  const std::string xml = tests::read_text(copy_.path() / "reply.xml");
  auto collector = live();
  Server server(copy_.path() / "socket",
                "HTTP/1.1 200 OK\r\nContent-length: " + std::to_string(xml.size()) + "\r\n\r\n" + xml);
  ASSERT_EQ(collector.scrape(), Outcome::ok);
  EXPECT_NE(collector.page().find("node_supervisord_up{group=\"site\",name=\"web\"} 1\n"), std::string::npos);
  const auto& question = server.question();
  EXPECT_TRUE(question.starts_with("POST /RPC2 HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/xml\r\n"));
  EXPECT_NE(question.find("<methodName>supervisor.getAllProcessInfo</methodName>"), std::string::npos);
}

TEST_F(Supervisord, AShortReplyAndARefusalAreFailures) {
  {
    auto collector = live();
    const Server server(copy_.path() / "socket", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<methodResponse>");
    EXPECT_EQ(collector.scrape(), Outcome::failed);
    EXPECT_EQ(count(collector, Problem::parse), 1U);
  }
  std::filesystem::remove(copy_.path() / "socket");
  auto collector = live();
  const Server server(copy_.path() / "socket", "HTTP/1.1 401 Unauthorized\r\n\r\n");
  EXPECT_EQ(collector.scrape(), Outcome::failed);
  EXPECT_EQ(count(collector, Problem::denied), 1U);
}

TEST_F(Supervisord, NobodyThereIsAFailure) {
  auto collector = live();
  EXPECT_EQ(collector.scrape(), Outcome::failed);
  EXPECT_EQ(count(collector, Problem::io), 1U);
}

TEST_F(Supervisord, UrlsThatCannotWorkAreRefusedWithoutBeingQuoted) {
  EXPECT_THROW(run("collector.supervisord.url=https://localhost/RPC2\n"), exporter::OptionError);
  try {
    run("collector.supervisord.url=http://me:secret@host:99999/\n");
    ADD_FAILURE() << "not refused";
  } catch (const exporter::OptionError& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

}  // namespace
