#include "collectors/postgres/auth_modules.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/auth_file.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(AuthModules, AreReadAsWritten) {
  std::vector<exporter::postgres::AuthModule> modules;
  ASSERT_EQ(read_auth_modules("f.yml", kAuthFile, modules), "");
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].name, "app");
  EXPECT_EQ(modules[0].user, "monitor");
  EXPECT_EQ(modules[0].password, "hunter2");
  EXPECT_EQ(modules[0].options.at(0), (std::pair<std::string, std::string>("sslmode", "disable")));
  EXPECT_TRUE(modules[0].complete());
  EXPECT_FALSE(modules[1].complete());
  modules.clear();
  EXPECT_EQ(read_auth_modules("f.yml", "", modules), "");
  EXPECT_EQ(read_auth_modules("f.yml", "auth_modules:\n", modules), "");
  EXPECT_TRUE(modules.empty());
}

TEST(AuthModules, ErrorsNameThePlaceAndNoValue) {
  for (const auto& [text, part] :
       {std::pair("auth_module: {}\n", "f.yml:1:1: unknown key 'auth_module'; known here: auth_modules"),
        {"auth_modules:\n  a:\n    type: userpass\n    userpas: {password: hunter2}\n",
         "f.yml:4:5: unknown key 'userpas'"},
        {"auth_modules:\n  a:\n    type: userpass\n    userpass: {pass: hunter2}\n", "unknown key 'pass'"},
        {"auth_modules:\n  a:\n    type: hunter2\n", "f.yml:3:11: type: userpass is the only one"},
        {"auth_modules:\n  a: {userpass: {password: hunter2}}\n", "f.yml:2:3: a module needs"},
        {"auth_modules:\n  a: hunter2\n", "a module holds key: value lines"},
        {"auth_modules: [hunter2]\n", "auth_modules holds"},
        {"auth_modules:\n  a: {type: userpass, userpass: {password: [hunter2]}}\n", "expected a text"},
        {"auth_modules:\n  a: {type: userpass, options: {host: hunter2}}\n", "'host' cannot be an option"},
        {"auth_modules:\n  a: {type: userpass, options: {\"a b\": hunter2}}\n", "the name of an option"},
        {"auth_modules:\n  a: {type: userpass, options: {sslmode: \"hunter2\\0\"}}\n", "zero byte"},
        {"auth_modules: {a: hunter2", "f.yml:"},
        {"- hunter2\n", "the file holds key: value lines"}}) {
    std::vector<exporter::postgres::AuthModule> modules;
    const auto wrong = read_auth_modules("f.yml", text, modules);
    EXPECT_NE(wrong.find(part), std::string::npos) << text << ": " << wrong;
    EXPECT_EQ(wrong.find("hunter2"), std::string::npos) << wrong;
  }
}

using AuthFile = ProbeFolder;

TEST_F(AuthFile, TheUsualOneNeedNotExistANamedOneMust) {
  exporter::postgres::AuthFile usual(file("none.yml"), false);
  const auto first = usual.look();
  EXPECT_TRUE(first.good);
  EXPECT_EQ(first.news, "");
  EXPECT_FALSE(usual.reloads().any);
  exporter::postgres::AuthFile named(file("none.yml"), true);
  const auto settings = named.look();
  EXPECT_FALSE(settings.good);
  EXPECT_EQ(settings.news,
            "cannot read '" + file("none.yml") + "': there is no such file, or no way to it; there is no auth_module");
  EXPECT_TRUE(named.reloads().any);
  EXPECT_FALSE(named.reloads().good);
  EXPECT_EQ(named.reloads().success_seconds, 0);
  EXPECT_EQ(named.look().news, "") << "said twice";
  write_text(file("none.yml"), kAuthFile);
  EXPECT_EQ(usual.look().news, file("none.yml") + ": 2 auth_modules");
  EXPECT_EQ(named.look().generation, 1U);
  EXPECT_TRUE(named.reloads().good);
  EXPECT_GT(named.reloads().success_seconds, 1.7e9);
  exporter::postgres::AuthFile folder(copy_.path().string(), true);
  EXPECT_NE(folder.look().news.find("it is no regular file"), std::string::npos);
}

TEST_F(AuthFile, AnErrorChangesNothingButTheMetric) {
  write_text(file("auth.yml"), kAuthFile);
  exporter::postgres::AuthFile auth(file("auth.yml"), true);
  const auto good = auth.look();
  write_text(file("auth.yml"), "auth_modules: {a: {kind: x}}\n");
  const auto bad = auth.look();
  EXPECT_FALSE(bad.good);
  EXPECT_EQ(bad.generation, good.generation);
  EXPECT_TRUE(bad.news.ends_with("; what was read before stays")) << bad.news;
  exporter::postgres::AuthModule module;
  EXPECT_TRUE(auth.find("app", module));
  EXPECT_FALSE(auth.reloads().good);
  fs::remove(file("auth.yml"));
  EXPECT_FALSE(auth.look().good);
  EXPECT_TRUE(auth.find("app", module));
  write_text(file("auth.yml"), "auth_modules: {other: {type: userpass}}\n");
  EXPECT_GT(auth.look().generation, good.generation);
  EXPECT_FALSE(auth.find("app", module));
}

}  // namespace
}  // namespace tests
