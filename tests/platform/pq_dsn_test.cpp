#include "platform/pq_dsn.h"

#include <gtest/gtest.h>

namespace {

using platform::PqDsn;
using platform::split_dsns;

PqDsn parsed(std::string_view text) {
  PqDsn dsn;
  EXPECT_EQ(dsn.parse(text), "") << text;
  return dsn;
}

TEST(PqDsn, ReadsPairsWithQuotesAndBackslashes) {
  const auto dsn = parsed(R"(host=db.example  port = 5433 user='a b' password='it\'s \\ x' database=app)");
  EXPECT_EQ(dsn.get("host"), "db.example");
  EXPECT_EQ(dsn.get("port"), "5433");
  EXPECT_EQ(dsn.get("user"), "a b");
  EXPECT_EQ(dsn.get("password"), "it's \\ x");
  EXPECT_EQ(dsn.get("dbname"), "app");
  EXPECT_EQ(dsn.server(), "db.example:5433");
}

TEST(PqDsn, ReadsUris) {
  const auto dsn = parsed("postgres://me:p%40ss%2C@db:5433/app?sslmode=require&application_name=mine");
  EXPECT_EQ(dsn.get("user"), "me");
  EXPECT_EQ(dsn.get("password"), "p@ss,");
  EXPECT_EQ(dsn.get("dbname"), "app");
  EXPECT_EQ(dsn.get("sslmode"), "require");
  EXPECT_EQ(dsn.get("application_name"), "mine");
  EXPECT_EQ(dsn.server(), "db:5433");
}

TEST(PqDsn, SocketDirectoriesAreTheServerAsWritten) {
  EXPECT_EQ(parsed("host=/var/run/postgresql/ user=x").server(), "/var/run/postgresql/:5432");
  EXPECT_EQ(parsed("postgresql:///app?host=/run/postgresql").server(), "/run/postgresql:5432");
  EXPECT_EQ(parsed("postgresql://%2Frun%2Fpostgresql/app").server(), "/run/postgresql:5432");
  EXPECT_EQ(parsed("user=x").server(), "localhost:5432");
  EXPECT_EQ(parsed("hostaddr=10.0.0.1").server(), "10.0.0.1:5432");
  EXPECT_EQ(parsed("postgresql://[::1]:5433/app").server(), "::1:5433");
}

TEST(PqDsn, KeysOfTheDriverAreDropped) {
  const auto dsn = parsed("host=a binary_parameters=yes krbspn=x sslinline=true");
  EXPECT_EQ(dsn.settings().size(), 1U);
}

TEST(PqDsn, OtherKeysAreServerSettings) {
  auto dsn = parsed(R"(host=a statement_timeout=5000 search_path='a, b\\c' options='-c geqo=off')");
  EXPECT_EQ(dsn.get("options"), "-c statement_timeout=5000 -c search_path=a,\\ b\\\\c -c geqo=off");
  EXPECT_TRUE(dsn.gives("statement_timeout"));
  EXPECT_FALSE(dsn.gives("lock_timeout"));
  dsn = parsed("postgresql://a/b?lock_timeout=1s");
  EXPECT_EQ(dsn.get("options"), "-c lock_timeout=1s");
}

TEST(PqDsn, ErrorsSayWhatIsWrongAndNoSecret) {
  for (const std::string_view text :
       {"host=a password=hunter2 hunter2", "password='hunter2", "hunter2", "password=hunter2 =x", "hunter2!=x",
        "postgresql://u:hunter2%zz@h/d", "postgresql://u:hunter2@h:port:1/d", "postgresql://u:hunter2@h/d?hunter2",
        "postgresql://u:hunter2@h/d?a=%4", "postgresql://u:hunter2@h/d?a=%00", "postgresql://[::1"}) {
    PqDsn dsn;
    const std::string wrong = dsn.parse(text);
    EXPECT_NE(wrong, "") << text;
    EXPECT_EQ(wrong.find("hunter2"), std::string::npos) << wrong;
    EXPECT_EQ(wrong.find('\n'), std::string::npos) << wrong;
  }
}

TEST(PqDsn, SurvivesEveryPrefix) {
  for (const std::string_view whole : {R"(host='a b' password='\'x' options='-c a=b' statement_timeout=1)",
                                       "postgresql://u:p%40@[::1]:5433/app?sslmode=require&x=%41"}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      PqDsn dsn;
      dsn.parse(whole.substr(0, size));
      split_dsns(whole.substr(0, size));
      EXPECT_NE(dsn.server(), "");
    }
  }
}

TEST(PqDsn, RedactsEveryPassword) {
  const auto dsn = parsed("host=a password=s3cret sslpassword=key");
  EXPECT_EQ(dsn.redact("s3cret is not s3crets3cret, nor key"), "*** is not ******, nor ***");
  EXPECT_EQ(parsed("host=a").redact("text"), "text");
}

TEST(PqDsn, SetReplacesAndRemoves) {
  auto dsn = parsed("host=a");
  dsn.set("host", "b");
  dsn.set("port", "1");
  EXPECT_EQ(dsn.server(), "b:1");
  dsn.set("port", "");
  EXPECT_EQ(dsn.server(), "b:5432");
}

TEST(PqDsn, AsPairsIsReadBackAsItWas) {
  PqDsn dsn;
  ASSERT_EQ(dsn.parse(R"(host=a user=' b' password='it\'s \\ a=b' search_path=x)"), "");
  PqDsn again;
  ASSERT_EQ(again.parse(dsn.pairs()), "");
  EXPECT_EQ(again.settings(), dsn.settings());
  EXPECT_EQ(dsn.pairs().find("passfile"), std::string::npos);
}

TEST(PqDsn, ApartSaysInFullWhatTheEnvironmentWouldFillIn) {
  PqDsn dsn;
  ASSERT_EQ(dsn.parse("host=a sslcert=/x"), "");
  dsn.keep_apart();
  EXPECT_TRUE(dsn.apart());
  EXPECT_EQ(dsn.pairs(),
            "host='a' sslcert='/x' password='' hostaddr='' sslkey='' sslpassword='' passfile='/dev/null/none'");
}

TEST(SplitDsns, SplitsOnlyWhereAnotherDsnBegins) {
  using List = std::vector<std::string>;
  EXPECT_EQ(split_dsns(""), List{});
  EXPECT_EQ(split_dsns("host=a user=x, host=b user=y,"), (List{"host=a user=x", "host=b user=y"}));
  EXPECT_EQ(split_dsns("postgres://a/x,postgresql://b/y"), (List{"postgres://a/x", "postgresql://b/y"}));
  EXPECT_EQ(split_dsns("host=a,b user=x"), List{"host=a,b user=x"});
  EXPECT_EQ(split_dsns("host=a password='x,host=y'"), List{"host=a password='x,host=y'"});
  EXPECT_EQ(split_dsns(R"(password='it\'s,host=y' host=a,host=b)"),
            (List{R"(password='it\'s,host=y' host=a)", "host=b"}));
  EXPECT_EQ(split_dsns("postgresql://u:it's@a/x,host=b"), (List{"postgresql://u:it's@a/x", "host=b"}));
  EXPECT_EQ(split_dsns("postgresql://h1,h2/app"), List{"postgresql://h1,h2/app"});
  EXPECT_EQ(split_dsns("host=a options=\\"), List{"host=a options=\\"});
}

}  // namespace
