// Applications beside us, from the option to the page of a scrape.
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "collectors/all.h"
#include "collectors/merge/address.h"
#include "tests/exporter/scheduler_machine.h"
#include "tests/support/certificates.h"
#include "tests/support/fixture.h"

namespace exporter::merge {
namespace {

using namespace scheduler_test;
using tests::FakeServer;

const TargetSpec& merge_spec() {
  for (const auto* spec : all_target_specs()) {
    if (spec->module == Module::merge) {
      return *spec;
    }
  }
  throw std::logic_error("no such module");
}

std::string reply(std::string_view body, std::string_view type = "text/plain; version=0.0.4", int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// Serves one text until it is told another.
class App {
 public:
  explicit App(std::string text) : text_(std::move(text)), server_([this](int fd, int) { serve(fd); }) {}
  void say(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::string url(const std::string& login = {}) const {
    return "http://" + login + "127.0.0.1:" + std::to_string(server_.address().endpoint.port) + "/metrics";
  }
  std::string asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void serve(int fd) {
    for (std::string request = tests::receive_text(fd); !request.empty(); request = tests::receive_text(fd)) {
      const std::lock_guard lock(mutex_);
      asked_ = request;
      tests::send_text(fd, text_);
    }
  }
  std::mutex mutex_;
  std::string text_;
  std::string asked_;
  FakeServer server_;
};

class MergeTest : public SchedulerTest {
 protected:
  void SetUp() override {
    SchedulerTest::SetUp();
    options_.declare(merge_spec().options);
    options_.declare(tests::spec_of("merge.page").options);
  }
  void watch(const std::vector<std::string>& targets) {
    for (const auto& target : targets) {
      options_.set("merge.target", target);
    }
    const TargetSpec* const specs[] = {&merge_spec()};
    scheduler_ = std::make_unique<Scheduler>(
        environment_, std::vector<const CollectorSpec*>{&kQuickSpec, &tests::spec_of("merge.page")}, specs, log_,
        stop_);
  }
  std::string merged(std::chrono::milliseconds time = 5s) { return page(Selection::of(Module::merge), time); }
  // Why a target that answers so is not shown, by the word of the metric.
  void expect_down(const std::string& text, const std::string& reason) {
    const std::string shown = merged();
    EXPECT_TRUE(has(shown, "resource_exporter_merge_up{merge_target=\"app\"} 0")) << text << shown;
    EXPECT_TRUE(has(shown, "resource_exporter_merge_samples{merge_target=\"app\"} 0")) << text;
    EXPECT_TRUE(has(
        shown, "resource_exporter_target_failure{merge_target=\"app\",module=\"merge\",reason=\"" + reason + "\"} 1"))
        << text << shown;
  }
};

std::string error_of(const std::string& target) {
  Options options;
  options.declare(merge_spec().options);
  options.set("merge.target", target);
  try {
    addresses_of(options);
  } catch (const OptionError& error) {
    return error.what();
  }
  return {};
}

TEST(MergeAddress, ReadsEachKind) {
  Options options;
  options.declare(merge_spec().options);
  for (const auto* const target :
       {"app=http://127.0.0.1:8000/metrics?x=y", "short=https://app.example.com", "s=unix:///run/app.sock:/m",
        "one=http://me:se%20cret@h:1/ two=unix:///run/b.sock"}) {
    options.set("merge.target", target);
  }
  const auto all = addresses_of(options);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0].name, "app");
  EXPECT_EQ(all[0].shown, "http://127.0.0.1:8000/metrics?x=y");
  EXPECT_EQ(all[0].target.endpoint.port, 8000);
  EXPECT_EQ(all[1].shown, "https://app.example.com/metrics");
  EXPECT_TRUE(all[1].target.tls);
  EXPECT_EQ(all[1].target.endpoint.port, 443);
  EXPECT_EQ(all[2].target.endpoint.path, "/run/app.sock");
  EXPECT_EQ(all[2].target.path, "/m");
  EXPECT_EQ(all[2].shown, "unix:///run/app.sock:/m");
  EXPECT_EQ(all[3].shown, "http://h:1/");
  EXPECT_EQ(all[3].target.authorization, "Basic bWU6c2UgY3JldA==");
  EXPECT_EQ(all[4].target.path, "/metrics");
}

TEST(MergeAddress, NamesTheTargetAndNeverItsUrl) {
  for (const auto* const target : {"http://me:secret@h/", "=http://me:secret@h/", "a b", "\"x\"=http://me:secret@h/"}) {
    EXPECT_TRUE(error_of(target).starts_with("option merge.target: write NAME=URL")) << target << error_of(target);
  }
  for (const auto* const target : {"app=ftp://me:secret@h/", "app=http://me:secret@h:0/", "app=http://me:secret@",
                                   "app=unix:secret", "app=me:secret@h", "app=http://h/ app=http://me:secret@h/"}) {
    EXPECT_TRUE(error_of(target).starts_with("option merge.target: 'app': ")) << target << error_of(target);
    EXPECT_EQ(error_of(target).find("secret"), std::string::npos) << error_of(target);
  }
  EXPECT_EQ(error_of(" "), "");
}

TEST_F(MergeTest, ShowsWhatApplicationsServe) {
  App app(reply("# TYPE jobs_total counter\njobs_total{merge_target=\"x\"} 3\n"));
  App other(reply("# TYPE jobs counter\njobs_total 4\n# EOF\n", "application/openmetrics-text; version=1.0.0"));
  watch({"app=" + app.url("me:secret@"), "other=" + other.url()});
  const std::string text = page();
  EXPECT_TRUE(has(text,
                  "# TYPE jobs_total counter\njobs_total{merge_target=\"app\",exported_merge_target=\"x\"} 3\n"
                  "jobs_total{merge_target=\"other\"} 4"))
      << text;
  EXPECT_TRUE(has(text,
                  "resource_exporter_merge_up{merge_target=\"app\"} 1\n"
                  "resource_exporter_merge_up{merge_target=\"other\"} 1"));
  EXPECT_TRUE(has(text, "resource_exporter_merge_samples{merge_target=\"app\"} 1"));
  EXPECT_TRUE(has(text, "resource_exporter_collector_success{collector=\"merge.page\",target=\"app\"} 1"));
  EXPECT_TRUE(has(text, "quick 1"));
  EXPECT_FALSE(has(merged(), "quick 1"));
  EXPECT_NE(app.asked().find("Authorization: Basic bWU6c2VjcmV0"), std::string::npos);
  EXPECT_EQ(other.asked().find("Authorization"), std::string::npos);
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

TEST_F(MergeTest, WhatIsOursStaysWhoeverCameFirst) {
  App app(reply("# TYPE quick counter\nquick 7\n# TYPE mine gauge\nmine 1\n"));
  App other(reply("# TYPE mine counter\nmine 2\n"));
  watch({"app=" + app.url(), "other=" + other.url()});
  const std::string alone = merged();  // before anything of ours was on a page
  EXPECT_TRUE(has(alone, "# TYPE quick counter\nquick{merge_target=\"app\"} 7"));
  EXPECT_TRUE(has(alone, "# TYPE mine gauge\nmine{merge_target=\"app\"} 1"));
  EXPECT_EQ(alone.find("mine{merge_target=\"other\"}"), std::string::npos);
  for (int i = 0; i < 2; ++i) {
    const std::string text = page();
    EXPECT_TRUE(has(text, "# HELP quick A quick one.\n# TYPE quick gauge\nquick 1")) << text;
    EXPECT_EQ(text.find("quick{merge_target"), std::string::npos);
    EXPECT_TRUE(has(text, "mine{merge_target=\"app\"} 1"));
  }
  EXPECT_EQ(merged().find("quick{merge_target"), std::string::npos) << "and its type stays";
  EXPECT_TRUE(has(page(), "resource_exporter_collector_problems_total{collector=\"merge.page\",kind=\"conflict\"} 7"));
  // An application that was replaced takes its name with it.
  app.say(reply("# TYPE mine counter\nmine 1\n"));
  EXPECT_TRUE(has(merged(), "# TYPE mine counter\nmine{merge_target=\"app\"} 1\nmine{merge_target=\"other\"} 2"));
}

TEST_F(MergeTest, ABadAnswerIsItsOwnTargetsLoss) {
  App app(reply("a 1\n"));
  App other(reply("b 1\n"));
  options_.set("merge.max-bytes", "2000");
  options_.set("merge.max-series", "20");
  watch({"app=" + app.url(), "other=" + other.url()});
  EXPECT_TRUE(has(merged(), "a{merge_target=\"app\"} 1"));
  std::string many;
  for (int i = 0; i < 21; ++i) {
    many.append("a{x=\"").append(std::to_string(i)).append("\"} 1\n");
  }
  for (const auto& [text, reason] :
       {std::pair(reply("", "text/plain", 404), "protocol"), std::pair(reply("oops", "text/plain", 500), "protocol"),
        std::pair(reply("", "text/plain", 302), "protocol"), std::pair(reply("", "text/plain", 401), "auth"),
        std::pair(reply("<html></html>", "text/html"), "protocol"), std::pair(reply("<html></html>\n"), "protocol"),
        std::pair(reply("{}", "application/json"), "protocol"),
        std::pair(reply("a 1\n", "application/openmetrics-text"), "protocol"), std::pair(reply(many), "protocol"),
        std::pair(reply(std::string(2001, '\n')), "protocol")}) {
    app.say(text);
    expect_down(text, reason);
    EXPECT_TRUE(has(merged(), "b{merge_target=\"other\"} 1"));
    EXPECT_EQ(merged().find("a{merge_target"), std::string::npos);
  }
  app.say(reply("a 2\nb one\n", ""));
  EXPECT_TRUE(has(merged(), "a{merge_target=\"app\"} 2"));
  app.say(reply(""));
  EXPECT_TRUE(has(merged(), "resource_exporter_merge_up{merge_target=\"app\"} 1")) << "an empty page is one";
}

TEST_F(MergeTest, OneThatIsSilentIsLateAlone) {
  App app("");  // takes the request and says nothing
  App other(reply("b 1\n"));
  watch({"app=" + app.url(), "other=" + other.url()});
  const auto start = Clock::now();
  const std::string text = page(Selection::everything(), 500ms);
  EXPECT_LT(Clock::now() - start, 2s);
  EXPECT_TRUE(has(text, "resource_exporter_merge_up{merge_target=\"app\"} 0"));
  EXPECT_TRUE(
      has(text, "resource_exporter_target_failure{merge_target=\"app\",module=\"merge\",reason=\"timeout\"} 1"));
  EXPECT_TRUE(has(text, "b{merge_target=\"other\"} 1"));
  EXPECT_TRUE(has(text, "quick 1"));
}

TEST_F(MergeTest, ReadsAUnixSocketAndTls) {
  const tests::TextFolder folder;
  const tests::Authority authority("ours");
  const tests::FakeTlsRedis tls(authority.sign("IP:127.0.0.1"), {}, reply("t 1\n"));
  options_.set("merge.ca-file", folder.write("ca", authority.certificate()));
  const std::string path = folder.write("app.sock", "") + ".real";
  const platform::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  std::thread server([&] {
    const platform::Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    tests::receive_text(fd.get());
    tests::send_text(fd.get(), reply("u 1\n"));
    tests::receive_text(fd.get());
  });
  watch({"u=unix://" + path + ":/m", "t=https://127.0.0.1:" + std::to_string(tls.address().endpoint.port) + "/m"});
  const std::string text = merged();
  EXPECT_TRUE(has(text, "u{merge_target=\"u\"} 1")) << text;
  EXPECT_TRUE(has(text, "t{merge_target=\"t\"} 1")) << text;
  scheduler_ = nullptr;
  server.join();
}

TEST_F(MergeTest, RefusesOptionsThatCannotWork) {
  options_.set("merge.max-bytes", "0");
  EXPECT_THROW(watch({"app=http://h/"}), OptionError);
  options_.set("merge.max-bytes", "100");
  options_.set("merge.ca-file", "/nonexistent/ca.pem");
  EXPECT_THROW(watch({"tls=https://h/"}), OptionError);
}

}  // namespace
}  // namespace exporter::merge
