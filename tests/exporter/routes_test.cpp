#include "exporter/routes.h"

#include <future>

#include "tests/exporter/scheduler_machine.h"

namespace exporter {
namespace {

using namespace scheduler_test;
using namespace std::chrono_literals;
using RoutesTest = SchedulerTest;

TEST_F(RoutesTest, RoutesAnswerAsNodeExporterDoes) {
  Routes routes(start(), {});
  const auto get = [&](std::string path, std::vector<std::pair<std::string, std::string>> parameters = {}) {
    HttpRequest request;
    request.path = std::move(path);
    request.parameters = std::move(parameters);
    return routes.answer(request);
  };
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_TRUE(has(get("/metrics/postgres").body->text, "pg_up 1"));
  EXPECT_EQ(get("/metrics/nonsense").status, 404);
  EXPECT_EQ(get("/metricsxnode").status, 404);
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(get("/-/ready").status, 200);
  const auto one = get("/metrics", {{"collect[]", "quick"}});
  EXPECT_TRUE(has(one.body->text, "quick 1"));
  EXPECT_FALSE(has(one.body->text, "slow 2"));
  const auto without = get("/metrics", {{"exclude[]", "quick"}, {"exclude[]", "nonsense"}});
  EXPECT_FALSE(has(without.body->text, "quick 1"));
  EXPECT_TRUE(has(without.body->text, "slow 2"));
  const auto both = get("/metrics", {{"collect[]", "quick"}, {"exclude[]", "slow"}});
  EXPECT_EQ(both.status, 400);
  EXPECT_EQ(both.body->text, "Combined collect and exclude queries are not allowed.");
  EXPECT_EQ(get("/metrics", {{"collect[]", "nonsense"}, {"exclude[]", ""}}).body->text, both.body->text);
  const auto missing = get("/metrics", {{"collect[]", "nonsense"}});
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(missing.body->text,
            "Couldn't create filtered metrics handler: couldn't create collector: missing collector: nonsense");
  EXPECT_EQ(get("/metrics", {{"collect[]", ""}}).status, 400);
  const auto disabled = get("/metrics", {{"collect[]", "loadavg"}});
  EXPECT_NE(disabled.body->text.find("disabled collector: loadavg"), std::string::npos);
  EXPECT_TRUE(has(get("/metrics", {{"exclude[]", "nonsense"}}).body->text, "quick 1"));
  EXPECT_TRUE(has(get("/metrics", {{"exclude[]", ""}}).body->text, "quick 1"));
  const auto none = get("/metrics", {{"exclude[]", "quick"}, {"exclude[]", "slow"}, {"exclude[]", "view"}});
  EXPECT_EQ(none.status, 200);
  EXPECT_FALSE(has(none.body->text, "quick 1"));
}

class Nodes final : public Discoverer {
 public:
  Answer discover(const platform::Deadline& deadline) override {
    return deadline.left_ms() > 1000 ? Answer{200, "[]\n"} : Answer{500, "no server"};
  }
};
std::unique_ptr<Discoverer> make_nodes(const Environment&) { return std::make_unique<Nodes>(); }

TEST_F(RoutesTest, SaysWhichServersThereAre) {
  const TargetSpec spec{Module::postgres, kServer, {}, make_targets, {}, {}, {"/nodes", make_nodes}};
  const TargetSpec off{Module::redis, kServer, {}, make_targets, {}, {}, {"/others", make_nodes}};
  const TargetSpec* const specs[] = {&spec, &off};
  const CollectorSpec* const enabled[] = {&kViewSpec};
  Discoveries discoveries(environment_, enabled, specs, stop_);
  Routes routes(start(), {}, nullptr, &discoveries);
  HttpRequest request;
  request.path = "/nodes";
  const auto reply = routes.answer(request);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.body->text, "[]\n");
  request.timeout_seconds = 1;
  EXPECT_EQ(routes.answer(request).status, 500);
  EXPECT_EQ(routes.answer(request).body->text, "no server\n");
  request.path = "/others";
  EXPECT_EQ(routes.answer(request).status, 404);
}

TEST_F(RoutesTest, ReloadsOnRequestWhereThatIsAllowed) {
  HttpRequest request;
  request.method = "POST";
  request.path = "/-/reload";
  EXPECT_EQ(Routes(start(), {}).answer(request).status, 403);
  std::string wrong;
  int reloads = 0;
  RouteSettings settings;
  settings.reload = [&] {
    ++reloads;
    return wrong;
  };
  Routes routes(start(), settings);
  EXPECT_EQ(routes.answer(request).body->text, "Reloaded.\n");
  wrong = "q.yml:1:1: wrong; mend it";
  const auto failed = routes.answer(request);
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body->text, "Not reloaded, what was in force stays.\nq.yml:1:1: wrong; mend it\n");
  EXPECT_EQ(reloads, 2);
  request.method = "GET";
  EXPECT_EQ(routes.answer(request).status, 405);
  EXPECT_EQ(reloads, 2);
}

TEST_F(RoutesTest, RefusesMoreScrapesThanAllowed) {
  Routes routes(start(), {.telemetry_path = "/metrics", .max_requests = 1});
  state_.hang = true;
  HttpRequest request;
  request.path = "/metrics";
  request.timeout_seconds = 1;
  auto first = std::async(std::launch::async, [&] { return routes.answer(request); });
  while (state_.slow_runs == 0) {
    std::this_thread::yield();
  }
  const auto second = routes.answer(request);
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.body->text, "Limit of concurrent requests reached (1), try again later.\n");
  EXPECT_EQ(first.get().status, 200);
}

TEST_F(RoutesTest, KeepsAMarginFromTheScrapersTimeout) {
  const Routes routes(start(), {.telemetry_path = "/metrics", .timeout_offset = 0.5, .default_timeout = 10});
  EXPECT_EQ(routes.budget(0).count(), 10);
  EXPECT_EQ(routes.budget(5).count(), 4.5);
  EXPECT_EQ(routes.budget(0.6).count(), 0.3);
  EXPECT_EQ(routes.budget(-1).count(), 10);
  EXPECT_EQ(routes.budget(1e300).count(), 10);
}

}  // namespace
}  // namespace exporter
