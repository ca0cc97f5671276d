#include "collectors/postgres/probe.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "collectors/all.h"
#include "collectors/postgres/auth_modules.h"
#include "tests/support/auth_file.h"
#include "tests/support/fake_redis.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using exporter::Probed;
using exporter::postgres::read_target;

// --- targets ---------------------------------------------------------------------------------------------------------

struct Read {
  std::string wrong;
  platform::PqDsn dsn;
  platform::Endpoint server;
};

Read read(std::string_view text) {
  Read result;
  result.wrong = read_target(text, result.dsn, result.server);
  return result;
}

TEST(ProbeTarget, HostPortAndDatabaseInEveryForm) {
  for (const std::string_view text :
       {"db.example.com:5433/app", "postgresql://db.example.com:5433/app",
        "postgres://db.example.com:5433/app?sslmode=prefer", "host=db.example.com port=5433 dbname=app",
        " port = '5433' host=db.example.com database=app "}) {
    const auto target = read(text);
    EXPECT_EQ(target.wrong, "") << text;
    EXPECT_EQ(target.server.host, "db.example.com") << text;
    EXPECT_EQ(target.server.port, 5433) << text;
    EXPECT_EQ(target.dsn.get("dbname"), "app") << text;
  }
}

TEST(ProbeTarget, WhatIsMissingIsSaidInFull) {
  const auto host = read("db");
  EXPECT_EQ(host.dsn.get("port"), "5432");
  EXPECT_EQ(host.server.port, 5432);
  const auto user = read("user=x");
  EXPECT_EQ(user.dsn.get("host"), "localhost");
  EXPECT_EQ(user.server.host, "localhost");
  EXPECT_EQ(read("[::1]:5433").server.host, "::1");
}

TEST(ProbeTarget, SocketsByFolderNameOrUri) {
  for (const std::string_view text :
       {"/run/postgresql:5433", "/run/postgresql/.s.PGSQL.5433", "host=/run/postgresql port=5433",
        "postgresql://%2Frun%2Fpostgresql:5433/", "postgresql:///?host=/run/postgresql&port=5433"}) {
    const auto target = read(text);
    EXPECT_EQ(target.wrong, "") << text;
    EXPECT_EQ(target.server.path, "/run/postgresql") << text;
    EXPECT_EQ(target.server.host, "") << text;
    EXPECT_EQ(target.server.port, 5433) << text;
  }
}

TEST(ProbeTarget, BeforeTheHostWinsOverParameters) {
  const auto target = read("postgresql://a:b%40c@db/app?user=x&password=y&sslmode=disable");
  EXPECT_EQ(target.wrong, "");
  EXPECT_EQ(target.dsn.get("user"), "a");
  EXPECT_EQ(target.dsn.get("password"), "b@c");
  EXPECT_EQ(target.dsn.get("sslmode"), "disable");
  EXPECT_EQ(read("db?user=x&password=y").dsn.get("password"), "y");
}

TEST(ProbeTarget, NothingThatLeadsElsewhereOrNamesFiles) {
  for (const std::string_view text : {"host=db hostaddr=10.0.0.1",
                                      "host=a,b",
                                      "postgresql://a,b/",
                                      "postgresql://a%2Cb/",
                                      "host=@abstract",
                                      "host='a b'",
                                      "host=db service=x",
                                      "host=db passfile=/etc/shadow",
                                      "db?sslkey=/etc/ssl/key",
                                      "db?sslcert=/x",
                                      "db?sslrootcert=/x",
                                      "db?options=-csearch_path%3Dx",
                                      "db?search_path=x",
                                      "host=db krbsrvname=x",
                                      "db?gssencmode=require",
                                      "postgresql://u:p@db@evil/",
                                      "/run/../etc:5432",
                                      "host=/run/.. port=1",
                                      "mysql://db/",
                                      "db:0",
                                      "db:99999",
                                      "db:x",
                                      "host=db port=1,2",
                                      "-db",
                                      "db%zz",
                                      "host='db",
                                      "a\nb"}) {
    const auto target = read(text);
    EXPECT_NE(target.wrong, "") << text;
    EXPECT_EQ(target.wrong.find("shadow"), std::string::npos) << target.wrong;
  }
}

// Asks for a password in clear text, and keeps what comes.
class Curious {
 public:
  Curious()
      : server_([this](int fd, int) {
          std::string came = receive_text(fd);  // the startup packet
          send_text(fd, std::string_view("R\0\0\0\x08\0\0\0\x03", 9));
          came += receive_text(fd);
          const std::lock_guard lock(mutex_);
          came_ += came;
          ++connections_;
          over_.notify_all();
        }) {}
  std::string port() const { return std::to_string(server_.address().endpoint.port); }
  // All that came, once a connection is over.
  std::string came() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(over_.wait_for(lock, std::chrono::seconds(10), [this] { return connections_ > 0; }));
    return came_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  std::string came_;
  int connections_ = 0;
  FakeServer server_;
};

class PostgresProber : public ProbeFolder {
 protected:
  void SetUp() override {
    options_.declare(exporter::postgres::kSourceOptions);
    write_text(file("auth.yml"), kAuthFile);
    options_.set("config.file", file("auth.yml"));
    for (const auto* one : exporter::all_target_specs()) {
      spec_ = one->module == exporter::Module::postgres ? one : spec_;
    }
  }
  Probed probe(std::string_view target, std::string_view module = {}) {
    if (!prober_) {
      prober_ = exporter::postgres::make_prober(environment_, {});
      EXPECT_TRUE(prober_->look().good);
    }
    return prober_->probe(target, module, {});
  }
  // Why the server of a probe could not be read.
  std::string reason_of(exporter::Target& target) {
    exporter::Sink self(spec_->metrics);
    exporter::TargetPage page{.self = self, .runs = {}, .reason = {}, .found = {}, .group = {}, .container = {}};
    platform::ReadBuffer buffer;
    const exporter::Scrape scrape{.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10),
                                  .stop_fd = -1,
                                  .generation = 1,
                                  .buffer = buffer};
    EXPECT_EQ(target.collect(scrape, page), exporter::Outcome::failed);
    return page.reason;
  }

  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  const exporter::Environment environment_{host_, options_, shared_};
  const exporter::TargetSpec* spec_ = nullptr;
  std::unique_ptr<exporter::Prober> prober_;
};

TEST_F(PostgresProber, WithoutAListAnyHostIsReadWithoutPasswordsOfOurs) {
  const auto open = probe("db:5433/app");
  ASSERT_TRUE(open.target) << open.reason;
  EXPECT_EQ(open.target->address(), "db:5433/app");
  const auto login = probe("db", "app");
  EXPECT_FALSE(login.target);
  EXPECT_EQ(login.status, 403);
  EXPECT_EQ(login.reason,
            "a password of the configuration is sent to no target but those that --postgres.probe-targets lists");
  const auto socket = probe("/run/postgresql");
  EXPECT_EQ(socket.status, 403);
  EXPECT_EQ(socket.reason, "no socket of this machine is read but those that --postgres.probe-targets lists");
}

TEST_F(PostgresProber, WithAListNoOtherIsRead) {
  options_.set("postgres.probe-targets", "db,10.0.0.0/8:*");
  options_.set("postgres.probe-targets", "/run/postgresql");
  EXPECT_TRUE(probe("db").target);
  EXPECT_TRUE(probe("db", "app").target);
  EXPECT_TRUE(probe("10.1.2.3:7", "app").target);
  EXPECT_TRUE(probe("/run/postgresql", "app").target);
  for (const std::string_view other : {"db:5433", "evil", "db.evil.net", "postgresql://u:p@evil/", "/tmp"}) {
    EXPECT_EQ(probe(other).status, 403) << other;
    EXPECT_EQ(probe(other, "app").reason, "the target is none of those that --postgres.probe-targets lists");
  }
}

TEST_F(PostgresProber, AnEmptyListIsNobody) {
  options_.set("postgres.probe-targets", "");
  EXPECT_EQ(probe("db").status, 403);
}

TEST_F(PostgresProber, AListThatIsNoneStopsTheStart) {
  options_.set("postgres.probe-targets", "10.0.0.*");
  EXPECT_THROW(exporter::postgres::make_prober(environment_, {}), exporter::OptionError);
}

TEST_F(PostgresProber, RefusalsRepeatNothing) {
  for (const auto& [target, module, part] : {std::tuple("db", "hunter2", "there is none of this name"),
                                             {"db", "empty", "username or password is missing"},
                                             {"postgresql://u:hunter2@h@evil/", "", "target: "},
                                             {"host=db password='hunter2", "", "target: "}}) {
    const auto refused = probe(target, module);
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.reason.find(part), std::string::npos) << refused.reason;
    EXPECT_EQ(refused.reason.find("hunter2"), std::string::npos) << refused.reason;
  }
}

TEST_F(PostgresProber, AListedServerGetsTheModulesLoginAndOptions) {
  Curious server;
  options_.set("postgres.probe-targets", "127.0.0.1:*");
  const auto probed = probe("postgresql://other:else@127.0.0.1:" + server.port() + "/app", "app");
  ASSERT_TRUE(probed.target) << probed.reason;
  reason_of(*probed.target);
  const std::string came = server.came();
  EXPECT_NE(came.find(std::string("user\0monitor", 12)), std::string::npos);
  EXPECT_NE(came.find(std::string("database\0app", 12)), std::string::npos);
  EXPECT_NE(came.find(std::string("application_name\0probes", 23)), std::string::npos);
  EXPECT_NE(came.find("statement_timeout=1000"), std::string::npos);
  EXPECT_NE(came.find("hunter2"), std::string::npos);
  EXPECT_EQ(came.find("else"), std::string::npos);
}

TEST_F(PostgresProber, APasswordFileIsReadAtEachLogin) {
  Curious server;
  options_.set("postgres.probe-targets", "127.0.0.1:*");
  write_text(file("auth.yml"), "auth_modules: {app: {type: userpass, userpass: {username: monitor, password_file: " +
                                   file("secret") + "}, options: {sslmode: disable}}}\n");
  const auto probed = probe("127.0.0.1:" + server.port(), "app");
  ASSERT_TRUE(probed.target) << probed.reason;
  EXPECT_EQ(reason_of(*probed.target).find("password_file of an auth_module: cannot read"), 0U);
  write_text(file("secret"), "first-secret\n");
  reason_of(*probed.target);
  EXPECT_NE(server.came().find("first-secret"), std::string::npos);
}

TEST_F(PostgresProber, SecretsOfTheProgramAndItsUserStayHere) {
  Curious server;
  write_text(file("pgpass"), "*:*:*:*:pgpass-secret\n");
  ASSERT_EQ(::chmod(file("pgpass").c_str(), 0600), 0);
  options_.set("DATA_SOURCE_USER", "source-user");
  options_.set("DATA_SOURCE_PASS", "source-secret");
  // NOLINTBEGIN(concurrency-mt-unsafe): this thread is the only one that reads it
  ::setenv("PGPASSWORD", "environment-secret", 1);
  ::setenv("PGPASSFILE", file("pgpass").c_str(), 1);
  ::setenv("PGHOSTADDR", "192.0.2.1", 1);
  const auto probed = probe("user=u sslmode=disable host=127.0.0.1 port=" + server.port());
  ASSERT_TRUE(probed.target) << probed.reason;
  const auto reason = reason_of(*probed.target);
  ::unsetenv("PGPASSWORD");
  ::unsetenv("PGPASSFILE");
  ::unsetenv("PGHOSTADDR");
  // NOLINTEND(concurrency-mt-unsafe)
  EXPECT_NE(reason.find("no password supplied"), std::string::npos) << reason;
  const std::string came = server.came();
  EXPECT_NE(came.find(std::string("user\0u", 6)), std::string::npos);
  EXPECT_EQ(came.find("secret"), std::string::npos);
  EXPECT_EQ(came.find("source-"), std::string::npos);
}

TEST_F(PostgresProber, ThePasswordOfARequestReachesItsServerOnlyAndNoLog) {
  Curious server;
  const auto probed = probe("postgresql://u:hunter2@127.0.0.1:" + server.port() + "/app?sslmode=disable");
  ASSERT_TRUE(probed.target) << probed.reason;
  EXPECT_EQ(probed.target->address(), "127.0.0.1:" + server.port() + "/app");
  EXPECT_EQ(reason_of(*probed.target).find("hunter2"), std::string::npos);
  EXPECT_NE(server.came().find("hunter2"), std::string::npos);
}

TEST_F(PostgresProber, SaysHowTheFileFared) {
  probe("db");
  exporter::Sink sink(prober_->metrics());
  prober_->write(sink);
  EXPECT_EQ(sink.columns()[0]->lines.text(), "postgres_exporter_config_last_reload_successful 1\n");
  EXPECT_EQ(sink.columns()[1]->lines.text().find("postgres_exporter_config_last_reload_success_timestamp_seconds 1"),
            0U);
}

}  // namespace
}  // namespace tests
