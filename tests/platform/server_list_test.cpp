#include "platform/server_list.h"

#include <gtest/gtest.h>

namespace {

using platform::Endpoint;
using platform::ServerList;

ServerList list(std::string_view text) {
  ServerList servers;
  EXPECT_EQ(servers.add(text, 5432), "") << text;
  return servers;
}

bool has(const ServerList& servers, std::string host, std::uint16_t port = 5432) {
  return servers.has(Endpoint{std::move(host), port, {}});
}

bool has_path(const ServerList& servers, std::string path, std::uint16_t port = 5432) {
  return servers.has(Endpoint{{}, port, std::move(path)});
}

TEST(ServerList, NamesHaveTheUsualPortUnlessTheyGiveOne) {
  const auto servers = list("db, Other.example.com:6432 ,any.example.com:*");
  EXPECT_TRUE(has(servers, "db"));
  EXPECT_TRUE(has(servers, "DB"));
  EXPECT_FALSE(has(servers, "db", 5433));
  EXPECT_FALSE(has(servers, "db.example.com"));
  EXPECT_TRUE(has(servers, "other.example.com", 6432));
  EXPECT_FALSE(has(servers, "other.example.com"));
  EXPECT_TRUE(has(servers, "any.example.com", 1));
  EXPECT_FALSE(has(servers, "anyxexample.com", 1));
  EXPECT_FALSE(has(servers, ""));
  EXPECT_FALSE(has_path(servers, "/run/postgresql"));
}

TEST(ServerList, AStarStaysWithinItsPartButAtTheBeginning) {
  const auto servers = list("db*.example.com,*.deep.example.com,redis-?");
  EXPECT_TRUE(has(servers, "db.example.com"));
  EXPECT_TRUE(has(servers, "db-1_a.example.com"));
  EXPECT_FALSE(has(servers, "db.evil.example.com"));
  EXPECT_FALSE(has(servers, "xdb.example.com"));
  EXPECT_FALSE(has(servers, "db.example.com.evil.net"));
  EXPECT_TRUE(has(servers, "a.b.deep.example.com"));
  EXPECT_FALSE(has(servers, "evildeep.example.com"));
  EXPECT_TRUE(has(servers, "redis-1"));
  EXPECT_FALSE(has(servers, "redis-"));
  EXPECT_FALSE(has(servers, "redis-12"));
  EXPECT_FALSE(has(servers, "redis-."));
}

TEST(ServerList, NetworksHoldNumericAddressesOnly) {
  const auto servers = list("10.1.0.0/16:*,192.168.4.7,[2001:db8::]/33,[::1]:6432");
  EXPECT_TRUE(has(servers, "10.1.255.3", 1));
  EXPECT_FALSE(has(servers, "10.2.0.0"));
  EXPECT_FALSE(has(servers, "10.1.evil.net", 1));
  EXPECT_TRUE(has(servers, "192.168.4.7"));
  EXPECT_FALSE(has(servers, "192.168.4.8"));
  EXPECT_FALSE(has(servers, "192.168.4.7.evil.net"));
  EXPECT_TRUE(has(servers, "2001:DB8:7fff::1"));
  EXPECT_FALSE(has(servers, "2001:db8:8000::1"));
  EXPECT_TRUE(has(servers, "0:0:0:0:0:0:0:1", 6432));
  EXPECT_FALSE(has(servers, "::1"));
  EXPECT_FALSE(has(list("10.1.0.0/16"), "::ffff:10.1.0.1"));
  EXPECT_TRUE(has(list("0.0.0.0/0"), "127.0.0.1"));
  EXPECT_FALSE(has(list("0.0.0.0/0"), "localhost"));
}

TEST(ServerList, AStarAloneIsEveryHostAndNoSocket) {
  const auto servers = list("*:*");
  EXPECT_TRUE(has(servers, "db.example.com", 77));
  EXPECT_TRUE(has(servers, "::1"));
  EXPECT_FALSE(has_path(servers, "/run/postgresql"));
  EXPECT_FALSE(has(list("*"), "db", 77));
}

TEST(ServerList, SocketsArePathsWithAnyPortUnlessTheyGiveOne) {
  const auto servers = list("/run/postgresql,/tmp/*/pg:5433");
  EXPECT_TRUE(has_path(servers, "/run/postgresql", 5439));
  EXPECT_FALSE(has_path(servers, "/run/postgresql/x"));
  EXPECT_TRUE(has_path(servers, "/tmp/a.b/pg", 5433));
  EXPECT_FALSE(has_path(servers, "/tmp/a.b/pg"));
  EXPECT_FALSE(has_path(servers, "/tmp/a/b/pg", 5433));
  EXPECT_FALSE(has(servers, "/run/postgresql"));
}

TEST(ServerList, NothingListsNothing) {
  EXPECT_TRUE(list(" , ").empty());
  EXPECT_FALSE(has(list(""), "db"));
}

TEST(ServerList, SaysWhatIsNoEntry) {
  for (const auto& [text, part] : {std::pair("db:0", "the port"),
                                   {"db:70000", "the port"},
                                   {"db:", "the port"},
                                   {"10.0.0.*", "a network is written 10.0.0.0/24"},
                                   {"db.example.c?m", "last part"},
                                   {"10.0.0.0/33", "0 to 32 bits"},
                                   {"[::1]/129", "0 to 128 bits"},
                                   {"10.0.0.0/", "bits"},
                                   {"name/24", "expected HOST"},
                                   {"::1", "in brackets"},
                                   {"[::1", "']'"},
                                   {"[x", "']'"},
                                   {"a b", "expected HOST"},
                                   {":5432", "expected HOST"},
                                   {"good,postgresql://db", "the port"}}) {
    ServerList servers;
    const auto wrong = servers.add(text, 5432);
    EXPECT_NE(wrong.find(part), std::string::npos) << text << ": " << wrong;
  }
}

}  // namespace
