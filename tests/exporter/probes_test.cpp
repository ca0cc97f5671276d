#include "exporter/probes.h"

#include <future>

#include "tests/exporter/probes_machine.h"

namespace exporter {
namespace {

using namespace probes_test;

TEST_F(ProbesTest, NamesBeginAsTheOptionSays) {
  options_.declare({"namespace", OptionType::text, "pg", "First part."});
  options_.set("namespace", "db");
  start_probes();
  const auto page = text("db:5432");
  EXPECT_NE(page.find("\ndb_up 1\n"), std::string::npos) << page;
  EXPECT_EQ(page.find("\npg_up"), std::string::npos) << page;
  const auto own = scheduler_->scrape(Selection::of(Module::postgres), Clock::now() + 5s);
  EXPECT_TRUE(has(own->text, "db_probing 0")) << own->text;
}

TEST_F(ProbesTest, APageIsThatOfTheServerAlone) {
  start_probes();
  const auto reply = get({{"target", "db:5432"}, {"auth_module", "x"}, {"target", "ignored"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const std::string& page = reply.body->text;
  EXPECT_TRUE(tests::parse_exposition(page).errors.empty());
  EXPECT_TRUE(has(page, "pg_up 1"));
  EXPECT_TRUE(has(page, "pg_rows 7"));
  EXPECT_TRUE(has(page, "pg_scrape_collector_success{collector=\"view\"} 1"));
  EXPECT_TRUE(has(page, "resource_exporter_collector_problems_total{collector=\"view\",kind=\"parse\"} 1"));
  for (const char* other : {"process_", "build_info", "target=", "quick", "node_", "target_info", "pg_probing"}) {
    EXPECT_EQ(page.find(other), std::string::npos) << other << "\n" << page;
  }
}

TEST_F(ProbesTest, TheModulesPageSaysWhatTheProberSays) {
  start_probes();
  EXPECT_EQ(get({}).status, 400);
  EXPECT_TRUE(has(get({}, 10, "/metrics").body->text, "pg_probing 1"));
  EXPECT_TRUE(has(get({}, 10, "/metrics/postgres").body->text, "pg_probing 1"));
  EXPECT_FALSE(has(get({}, 10, "/metrics/node").body->text, "pg_probing 1"));
}

TEST_F(ProbesTest, OneServerIsMadeOnceAndReadEachTime) {
  start_probes();
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(has(text("db"), "pg_rows 2"));
  }
  EXPECT_EQ(seen_.made, 1);
  EXPECT_EQ(seen_.runs, 50);
  EXPECT_EQ(probes_->servers(), 1U);
  get({{"target", "db"}, {"auth_module", "other"}});
  EXPECT_EQ(seen_.made, 2) << "another login is another server";
}

TEST_F(ProbesTest, FurtherParametersMakeAnotherServer) {
  start_probes();
  const auto ask = [&](std::vector<std::pair<std::string, std::string>> parameters) {
    parameters.emplace_back("target", "db:5432");
    EXPECT_EQ(get(parameters).status, 200);
    return probes_->servers();
  };
  EXPECT_EQ(ask({}), 1U);
  EXPECT_EQ(ask({{"other", "x"}, {"keys", ""}}), 1U) << "nothing that matters";
  EXPECT_EQ(ask({{"keys", "a"}}), 2U);
  EXPECT_EQ(ask({{"keys", "a"}}), 2U);
  EXPECT_EQ(ask({{"keys", "b"}, {"streams", "c"}}), 3U);
  EXPECT_EQ(seen_.more, 2U);
  EXPECT_EQ(ask({{"streams", "c"}, {"keys", "b"}}), 3U) << "in whatever order";
  EXPECT_EQ(get({{"target", "db"}, {"keys", std::string(3000, 'k')}}).status, 400);
  EXPECT_EQ(get({{"target", "db"}, {"keys", "a\nb"}}).status, 400);
}

TEST_F(ProbesTest, RefusesWithOneLine) {
  start_probes();
  const auto refused = [&](std::vector<std::pair<std::string, std::string>> parameters) {
    const auto reply = get(std::move(parameters));
    EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
    return std::to_string(reply.status) + " " + reply.body->text;
  };
  EXPECT_EQ(refused({}), "400 the parameter target is missing: /probe?target=HOST:PORT\n");
  EXPECT_EQ(refused({{"target", ""}}), "400 the parameter target is missing: /probe?target=HOST:PORT\n");
  EXPECT_EQ(refused({{"target", "bad"}}), "400 target: it is bad\n");
  EXPECT_EQ(refused({{"target", "db"}, {"auth_module", "none"}}), "403 not you\n");
  EXPECT_EQ(refused({{"target", std::string(1 << 20, 'a')}}), "400 a parameter is longer than 2048 bytes\n");
  EXPECT_EQ(refused({{"target", "db"}, {"auth_module", std::string(4096, 'a')}}),
            "400 a parameter is longer than 2048 bytes\n");
  for (const std::string& bytes :
       {std::string("db\n"), std::string("d\0b", 3), std::string("\x7f"), std::string("\x1b[2J")}) {
    EXPECT_EQ(refused({{"target", bytes}}), "400 a parameter has control characters\n");
    EXPECT_EQ(refused({{"target", "db"}, {"auth_module", bytes}}), "400 a parameter has control characters\n");
  }
  EXPECT_EQ(seen_.made, 0);
  EXPECT_EQ(seen_.refusals, 14);
  EXPECT_EQ(get({{"target", "db"}}, 10, "/scrape").status, 404) << "the module has no collector";
  EXPECT_EQ(get({{"target", "db"}}, 10, "/probe/").status, 404);
}

TEST_F(ProbesTest, AServerThatIsDownIsAPage) {
  start_probes();
  seen_.down = true;
  const auto reply = get({{"target", "db"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(has(reply.body->text, "pg_up 0"));
  EXPECT_FALSE(has(reply.body->text, "pg_rows 2"));
  EXPECT_TRUE(has(reply.body->text, "pg_scrape_collector_success{collector=\"view\"} 0"));
}

TEST_F(ProbesTest, TheScrapersTimeoutHoldsForAServerThatHangs) {
  start_probes();
  seen_.hang = true;
  const auto begin = Clock::now();
  EXPECT_TRUE(has(get({{"target", "db"}}, 0.2).body->text, "pg_up 0"));
  EXPECT_TRUE(has(get({{"target", "db"}}, 0.2).body->text, "pg_up 0"));
  EXPECT_LT(Clock::now() - begin, 5s);
  EXPECT_EQ(seen_.runs, 1) << "never started twice";
}

TEST_F(ProbesTest, RefusesMoreAtATimeThanAllowed) {
  start_probes({.most_at_once = 1});
  seen_.hang = true;
  auto first = std::async(std::launch::async, [&] { return get({{"target", "db"}}, 1); });
  while (seen_.runs == 0) {
    std::this_thread::yield();
  }
  const auto second = get({{"target", "db"}});
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.body->text, "limit of concurrent probes reached (1, --web.max-probes), try again later\n");
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(get({}, 10, "/metrics/node").status, 200) << "scrapes have a limit of their own";
}

TEST_F(ProbesTest, WhoWasNotAskedForTheLongestMakesRoom) {
  start_probes({.most_servers = 2});
  text("a");
  text("b");
  text("a");
  text("c");
  EXPECT_EQ(probes_->servers(), 2U);
  EXPECT_EQ(seen_.alive, 2);
  text("a");
  EXPECT_EQ(seen_.made, 3) << "b went";
  text("b");
  EXPECT_EQ(seen_.made, 4);
}

TEST_F(ProbesTest, NobodyIsThrownOutInTheMiddleOfAProbe) {
  start_probes({.most_servers = 1});
  seen_.hang = true;
  auto first = std::async(std::launch::async, [&] { return get({{"target", "a"}}, 1); });
  while (seen_.runs == 0) {
    std::this_thread::yield();
  }
  const auto second = get({{"target", "b"}});
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.body->text,
            "all of the 1 servers that --probe.max-servers allows are being probed, try again later\n");
  EXPECT_TRUE(has(first.get().body->text, "pg_up 0"));
}

TEST_F(ProbesTest, AThreadThatIsStuckIsWaitedForByNobody) {
  start_probes({.most_servers = 1, .keep_seconds = 0});
  seen_.stuck = true;
  EXPECT_TRUE(has(get({{"target", "a"}}, 0.2).body->text, "pg_up 0"));
  probes_->tend(Clock::now());
  EXPECT_EQ(seen_.alive, 1);
  EXPECT_EQ(get({{"target", "b"}}).status, 503);
  seen_.stuck = false;
  for (int i = 0; i < 2000 && probes_->servers() != 0; ++i) {
    std::this_thread::sleep_for(1ms);
    probes_->tend(Clock::now());
  }
  EXPECT_EQ(seen_.alive, 0);
  EXPECT_EQ(get({{"target", "b"}}).status, 200);
}

TEST_F(ProbesTest, LetsGoOfServersThatNobodyAsksFor) {
  start_probes({.keep_seconds = 60});
  text("a");
  const auto asked = Clock::now();
  text("b");
  probes_->tend(asked + 59s);
  EXPECT_EQ(probes_->servers(), 2U);
  probes_->tend(asked + 61s);
  EXPECT_EQ(probes_->servers(), 0U);
  EXPECT_EQ(seen_.alive, 0);
  EXPECT_TRUE(has(text("a"), "pg_up 1"));
  EXPECT_EQ(seen_.made, 3);
}

TEST_F(ProbesTest, NewSettingsMakeServersAnew) {
  start_probes();
  text("a");
  seen_.generation = 2;
  EXPECT_TRUE(has(text("a"), "pg_rows 1"));
  EXPECT_EQ(seen_.made, 2);
  probes_->tend(Clock::now());
  EXPECT_EQ(seen_.alive, 1) << "the old one goes";
  text("a");
  EXPECT_EQ(seen_.made, 2);
}

TEST_F(ProbesTest, ManyAtATimeShareWhatThereIs) {
  start_probes({.most_at_once = 0, .most_servers = 3, .keep_seconds = 0});
  std::vector<std::future<int>> clients;
  for (int client = 0; client < 8; ++client) {
    clients.push_back(std::async(std::launch::async, [&, client] {
      int good = 0;
      for (int i = 0; i < 40; ++i) {
        const auto reply = get({{"target", std::string(static_cast<std::size_t>((client + i) % 5 + 1), 'x')}});
        good += reply.status == 200 && has(reply.body->text, "pg_up 1") ? 1 : 0;
        EXPECT_TRUE(reply.status == 200 || reply.status == 503) << reply.body->text;
        probes_->tend(Clock::now());
      }
      return good;
    }));
  }
  int good = 0;
  for (auto& client : clients) {
    good += client.get();
  }
  EXPECT_GT(good, 40);
  EXPECT_LE(probes_->servers(), 3U);
}

TEST_F(ProbesTest, TheEndOfTheProgramEndsProbes) {
  start_probes();
  text("a");
  EXPECT_TRUE(probes_->stop(Clock::now() + 1s));
}

}  // namespace
}  // namespace exporter
