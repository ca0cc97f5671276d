// The page at "/" and the paths around it.
#include "exporter/live_page.h"

#include "exporter/command_line.h"
#include "exporter/program_settings.h"
#include "exporter/routes.h"
#include "platform/sha256.h"
#include "tests/exporter/scheduler_machine.h"

namespace exporter {
namespace {

using namespace scheduler_test;
using LivePageTest = SchedulerTest;

bool contains(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

HttpReply get(Routes& routes, std::string path, bool accepts_gzip = false) {
  HttpRequest request;
  request.method = "GET";
  request.path = std::move(path);
  request.accepts_gzip = accepts_gzip;
  return routes.answer(request);
}

std::string_view header(const HttpReply& reply, std::string_view name) {
  for (const auto& header : reply.headers) {
    if (header.name == name) {
      return header.value;
    }
  }
  return {};
}

// What a browser would hash: the text of the page's only element of this name.
std::string_view inside(std::string_view page, const std::string& name) {
  const auto begin = page.find("<" + name + ">");
  const auto end = page.find("</" + name + ">");
  EXPECT_NE(begin, std::string_view::npos) << name;
  EXPECT_EQ(begin, page.rfind("<" + name)) << "a second " << name;
  return page.substr(begin + name.size() + 2, end - begin - name.size() - 2);
}

TEST_F(LivePageTest, MayRunItsOwnScriptAndAskThisPortAlone) {
  Routes routes(start(), {});
  const auto reply = get(routes, "/");
  const std::string& page = reply.body->text;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(reply, "Content-Security-Policy"),
            "default-src 'none'; script-src 'sha256-" + platform::sha256_base64(inside(page, "script")) +
                "'; style-src 'sha256-" + platform::sha256_base64(inside(page, "style")) +
                "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  EXPECT_EQ(header(reply, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(header(reply, "Cache-Control"), "no-cache");
  // What the policy would refuse, and what would put foreign text into the page as HTML.
  for (const std::string_view refused : {" style=\"", " onclick", " onload", "javascript:", "src=\"", "innerHTML",
                                         "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
    EXPECT_FALSE(contains(page, refused)) << refused;
  }
}

TEST_F(LivePageTest, KnowsThePathsOfThisPort) {
  Routes routes(start(), {.telemetry_path = "/a\"<b>/metrics"});
  const auto reply = get(routes, "/");
  const std::string& page = reply.body->text;
  EXPECT_TRUE(contains(page, "<meta name=\"telemetry\" content=\"a&quot;&lt;b&gt;/metrics\">"));
  EXPECT_TRUE(contains(page, "<a href=\"a&quot;&lt;b&gt;/metrics/redis\">/a&quot;&lt;b&gt;/metrics/redis</a>"));
  EXPECT_FALSE(contains(page, "{{")) << page.substr(page.find("{{"), 40);
}

TEST_F(LivePageTest, IsPackedOnce) {
  Routes routes(start(), {});
  const auto packed = get(routes, "/", true);
  EXPECT_TRUE(packed.gzip);
  EXPECT_LT(packed.body->gzip().size(), packed.body->size() / 2);
  const auto plain = get(routes, "/");
  EXPECT_FALSE(plain.gzip);
  EXPECT_EQ(plain.body, packed.body);
}

TEST_F(LivePageTest, CanBeAListOfLinks) {
  Routes routes(start(), {.live_page = false});
  const auto reply = get(routes, "/");
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(contains(reply.body->text, "<li><a href=\"metrics\">/metrics</a> everything</li>"));
  EXPECT_TRUE(contains(reply.body->text, "<li><a href=\"metrics/node\">/metrics/node</a> one module</li>"));
  EXPECT_FALSE(contains(reply.body->text, "<script"));
  EXPECT_TRUE(reply.headers.empty());
}

TEST_F(LivePageTest, IsServedBelowAPrefixAsWell) {
  Routes routes(start(), {.prefix = "/monitor/a"});
  EXPECT_EQ(get(routes, "/monitor/a/").body, get(routes, "/").body);
  EXPECT_TRUE(has(get(routes, "/monitor/a/metrics").body->text, "quick 1"));
  EXPECT_TRUE(has(get(routes, "/metrics").body->text, "quick 1"));
  EXPECT_EQ(get(routes, "/monitor/a/metrics/postgres").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get(routes, "/monitor/a/-/healthy").status, 200);
  const auto bare = get(routes, "/monitor/a");
  EXPECT_EQ(bare.status, 302);
  EXPECT_EQ(header(bare, "Location"), "/monitor/a/");
  EXPECT_EQ(get(routes, "/monitor/abc/metrics").status, 404);
  EXPECT_EQ(get(routes, "/monitor/").status, 404);
  // A prefix that is the path of the metrics takes nothing from them.
  Routes same(start(), {.prefix = "/metrics"});
  EXPECT_TRUE(has(get(same, "/metrics").body->text, "quick 1"));
  EXPECT_TRUE(has(get(same, "/metrics/metrics").body->text, "quick 1"));
}

TEST(WebPrefix, IsThePathOfTheExternalAddress) {
  const auto prefix = [](std::string text) {
    Options options;
    options.declare({"web.external-url", OptionType::text, "", ""});
    options.set("web.external-url", text);
    return web_prefix(options);
  };
  EXPECT_EQ(prefix(""), "");
  EXPECT_EQ(prefix("http://host"), "");
  EXPECT_EQ(prefix("http://host:9100/"), "");
  EXPECT_EQ(prefix("https://host/monitor/"), "/monitor");
  EXPECT_EQ(prefix("http://host/a/b"), "/a/b");
  EXPECT_EQ(prefix("/a//"), "/a");
  EXPECT_THROW(prefix("host/a"), OptionError);
  EXPECT_THROW(prefix("http://host/a?b"), OptionError);
  EXPECT_THROW(prefix("/a\""), OptionError);
}

}  // namespace
}  // namespace exporter
