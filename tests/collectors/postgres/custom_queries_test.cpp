#include "collectors/postgres/custom_queries.h"

#include <gtest/gtest.h>

#include "platform/sha256.h"
#include "tests/support/host_folder.h"

namespace {

using exporter::postgres::CustomQueries;

constexpr std::string_view kGood = "a: {query: SELECT 1}\nb: {query: SELECT 2}\n";
constexpr std::string_view kHalf = "a: {query: SELECT 3}\nb: {query: SELECT 4, ttl: soon}\n";

// "a=SELECT 1 b=SELECT 2", with "error" in front where the file is wrong.
std::string show(const CustomQueries& queries) {
  const auto state = queries.state();
  std::string text = state->error ? "error" : "good";
  for (const auto& query : state->queries) {
    text.append(" ").append(query->name).append("=").append(query->sql);
  }
  return text;
}

TEST(CustomQueries, WithoutAFileThereAreNone) {
  const CustomQueries queries("");
  EXPECT_EQ(show(queries), "good");
  EXPECT_EQ(queries.state()->file, "");
}

TEST(CustomQueries, AnErrorAtStartCostsItselfOnly) {
  const tests::HostFolder folder;
  folder.write("queries.yml", kHalf);
  const std::string path = folder.path("queries.yml");
  const CustomQueries queries(path);
  EXPECT_EQ(show(queries), "error a=SELECT 3");
  EXPECT_EQ(queries.state()->hash, platform::sha256_hex(kHalf));
  EXPECT_EQ(queries.state()->complaints,
            std::vector<std::string>{path + ":2:27: ttl is no time of up to 7 days; write it like 30s, 5m or 1h30m"});
}

TEST(CustomQueries, AFileThatIsNotThere) {
  CustomQueries queries("/nonexistent/queries.yml");
  EXPECT_EQ(show(queries), "error");
  EXPECT_EQ(queries.state()->file, "/nonexistent/queries.yml");
  EXPECT_EQ(queries.state()->hash, "");
  EXPECT_EQ(queries.state()->complaints,
            std::vector<std::string>{"/nonexistent/queries.yml: cannot be read: No such file or directory; name a file "
                                     "that this user may read with --extend.query-path"});
  EXPECT_FALSE(queries.reload());
}

TEST(CustomQueries, AReloadKeepsTheLastGoodSet) {
  const tests::HostFolder folder;
  folder.write("queries.yml", kGood);
  CustomQueries queries(folder.path("queries.yml"));
  EXPECT_EQ(show(queries), "good a=SELECT 1 b=SELECT 2");
  const auto before = queries.state();

  for (const std::string_view wrong : {kHalf, std::string_view("a: ["), kHalf}) {
    folder.write("queries.yml", wrong);
    EXPECT_FALSE(queries.reload());
    EXPECT_EQ(show(queries), "error a=SELECT 1 b=SELECT 2");
    EXPECT_EQ(queries.state()->hash, platform::sha256_hex(wrong));
    EXPECT_EQ(queries.state()->complaints.size(), 1U);
  }
  std::filesystem::remove(folder.path("queries.yml"));
  EXPECT_FALSE(queries.reload());
  EXPECT_EQ(show(queries), "error a=SELECT 1 b=SELECT 2");

  folder.write("queries.yml", "c: {query: SELECT 5}\n");
  EXPECT_TRUE(queries.reload());
  EXPECT_EQ(show(queries), "good c=SELECT 5");
  EXPECT_NE(queries.state()->queries, before->queries);
  EXPECT_EQ(before->queries.size(), 2U);  // whoever holds the old set keeps it
}

TEST(CustomQueries, AFileThatChangesIsReadAgain) {
  const tests::HostFolder folder;
  folder.write("queries.yml", kGood);
  CustomQueries queries(folder.path("queries.yml"));
  const auto before = queries.state();
  queries.look();
  EXPECT_EQ(queries.state(), before);
  folder.write("queries.yml", "c: {query: SELECT 5}\n");
  queries.look();
  EXPECT_EQ(show(queries), "good c=SELECT 5");
  std::filesystem::remove(folder.path("queries.yml"));
  queries.look();
  EXPECT_EQ(show(queries), "error c=SELECT 5");
  const auto gone = queries.state();
  queries.look();
  EXPECT_EQ(queries.state(), gone);
  folder.write("queries.yml", kGood);
  queries.look();
  EXPECT_EQ(show(queries), "good a=SELECT 1 b=SELECT 2");
}

TEST(CustomQueries, AfterABadStartEachRepairCounts) {
  const tests::HostFolder folder;
  folder.write("queries.yml", "a: {query: SELECT 1, on: x}\nb: {query: SELECT 2, on: x}\n");
  CustomQueries queries(folder.path("queries.yml"));
  EXPECT_EQ(show(queries), "error");
  folder.write("queries.yml", kHalf);
  EXPECT_FALSE(queries.reload());
  EXPECT_EQ(show(queries), "error a=SELECT 3");
  folder.write("queries.yml", kGood);
  EXPECT_TRUE(queries.reload());
  EXPECT_EQ(show(queries), "good a=SELECT 1 b=SELECT 2");
}

}  // namespace
