#include "collectors/postgres/source.h"

#include <gtest/gtest.h>

#include "collectors/postgres/session.h"
#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::OptionError;
using exporter::postgres::find_sources;
using exporter::postgres::Source;

std::vector<Source> sources(std::initializer_list<std::pair<std::string_view, std::string>> given) {
  exporter::Options options;
  options.declare(exporter::postgres::kSourceOptions);
  for (const auto& [name, value] : given) {
    options.set(name, value);
  }
  return find_sources(options);
}

TEST(Sources, EveryDsnIsAServer) {
  const auto found = sources(
      {{"DATA_SOURCE_NAME", "host=a user=x dbname=app,postgresql://y:z@b:5433/shop"}, {"DATA_SOURCE_URI", "ignored"}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].address, "a:5432/app");
  EXPECT_EQ(found[1].address, "b:5433/shop");
  EXPECT_FALSE(found[1].automatic);
}

TEST(Sources, ADsnWithoutHostIsLocalhost) {
  const auto found = sources({{"DATA_SOURCE_NAME", "user=x"}});
  EXPECT_EQ(found.at(0).dsn.get("host"), "localhost");
}

TEST(Sources, UriWithUserAndPasswordOfAnyCharacters) {
  const auto found = sources({{"DATA_SOURCE_URI", "db:5433/app?sslmode=disable"},
                              {"DATA_SOURCE_USER", "me"},
                              {"DATA_SOURCE_PASS", "p@:/ss,host=x"}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].dsn.get("user"), "me");
  EXPECT_EQ(found[0].dsn.get("password"), "p@:/ss,host=x");
  EXPECT_EQ(found[0].dsn.get("sslmode"), "disable");
  EXPECT_EQ(found[0].address, "db:5433/app");
}

TEST(Sources, FilesWinAndAreReadAgainAtEachLogin) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "postgres/wal");
  const auto file = [&](const char* name) { return (copy.path() / name).string(); };
  tests::write_text(file("uri"), "db/app\n");
  tests::write_text(file("pass"), "  old \n");
  const auto found = sources({{"DATA_SOURCE_URI_FILE", file("uri")},
                              {"DATA_SOURCE_URI", "other/x"},
                              {"DATA_SOURCE_USER", "me"},
                              {"DATA_SOURCE_PASS_FILE", file("pass")}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].address, "db:5432/app");
  EXPECT_EQ(found[0].dsn.get("password"), "old");
  tests::write_text(file("pass"), "new");
  platform::PqDsn dsn;
  EXPECT_EQ(login_dsn(found[0], {}, dsn), "");
  EXPECT_EQ(dsn.get("password"), "new");
  EXPECT_EQ(dsn.get("application_name"), "resource_exporter");
  EXPECT_EQ(dsn.get("client_encoding"), "UTF8");
  fs::remove(file("pass"));
  EXPECT_EQ(login_dsn(found[0], {}, dsn),
            "DATA_SOURCE_PASS_FILE: cannot read '" + file("pass") + "': No such file or directory");
}

TEST(Sources, ErrorsNameTheVariableAndNoSecret) {
  const auto error = [](std::initializer_list<std::pair<std::string_view, std::string>> given) {
    try {
      sources(given);
    } catch (const OptionError& wrong) {
      return std::string(wrong.what());
    }
    return std::string("none");
  };
  for (const auto& text : {error({{"DATA_SOURCE_NAME", "host=a,host=b password='hunter2"}}),
                           error({{"DATA_SOURCE_URI", "u:hunter2%zz@h"}})}) {
    EXPECT_TRUE(text.starts_with("DATA_SOURCE_")) << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  }
  EXPECT_TRUE(error({{"DATA_SOURCE_NAME", "host=a,host=b x"}}).starts_with("DATA_SOURCE_NAME: entry 2: "));
  EXPECT_TRUE(error({{"DATA_SOURCE_URI_FILE", "/nowhere"}}).starts_with("DATA_SOURCE_URI_FILE: cannot read"));
}

TEST(Sources, NothingConfiguredLooksAroundUnlessToldNotTo) {
  const auto found = sources({});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].automatic);
  EXPECT_EQ(found[0].address, "localhost:5432");
  EXPECT_TRUE(sources({{"postgres.discover", "false"}}).empty());
}

TEST(Sources, LibpqVariablesAreAServerSomebodyNamed) {
  const auto found = sources({{"PGUSER", "x"}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].automatic);
  EXPECT_TRUE(found[0].dsn.settings().empty());
}

TEST(Sources, TheServerHereIsFoundByItsSocket) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "postgres/wal");
  const auto found = sources({});
  platform::Host host;
  host.rootfs = copy.path();
  host.root = platform::Dir(host.rootfs);
  platform::PqDsn dsn;
  EXPECT_EQ(login_dsn(found.at(0), host, dsn), "");
  EXPECT_EQ(dsn.server(), "localhost:5432");
  fs::create_directories(copy.path() / "run/postgresql");
  for (const char* const name : {".s.PGSQL.5433", ".s.PGSQL.5432", ".s.PGSQL.5431.lock", "15-main.pid"}) {
    tests::write_text(copy.path() / "run/postgresql" / name, "");
  }
  EXPECT_EQ(login_dsn(found.at(0), host, dsn), "");
  EXPECT_EQ(dsn.server(), copy.path().string() + "/run/postgresql:5432");
  const platform::Deadline over{std::chrono::steady_clock::now()};
  EXPECT_TRUE(may_be_there(found.at(0), host, over)) << "a socket is enough";
  fs::remove_all(copy.path() / "run/postgresql");
  EXPECT_FALSE(may_be_there(found.at(0), host, over)) << "and without one nobody answers in no time";
  EXPECT_TRUE(may_be_there(sources({{"PGUSER", "x"}}).at(0), host, over)) << "somebody named it";
  EXPECT_EQ(dsn.get("dbname"), "postgres");
}

TEST(Sources, AdviceQuotesTheRole) {
  EXPECT_EQ(exporter::postgres::grant_advice("a\"b"),
            "to let it in run CREATE ROLE \"a\"\"b\" LOGIN; GRANT pg_monitor TO \"a\"\"b\"; as a superuser, or set "
            "DATA_SOURCE_NAME");
}

TEST(ShortVersion, HasThreeParts) {
  EXPECT_EQ(exporter::postgres::short_version(150020), "15.20.0");
  EXPECT_EQ(exporter::postgres::short_version(90624), "9.6.24");
  EXPECT_EQ(exporter::postgres::short_version(180003), "18.3.0");
}

}  // namespace
