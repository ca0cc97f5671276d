#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fixture.h"

namespace {

class Sockstat : public testing::Test {
 protected:
  tests::FixtureRun run() { return {tests::spec_of("sockstat"), copy_.path()}; }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/sockstat"};
};

TEST_F(Sockstat, EitherFileMayBeMissing) {
  std::filesystem::remove(copy_.path() / "proc/net/sockstat");
  auto six = run();
  EXPECT_EQ(six.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(six.sink().notes().empty());
  EXPECT_NE(six.page().find("node_sockstat_TCP6_inuse 18\n"), std::string::npos);
  EXPECT_EQ(six.page().find("sockets_used"), std::string::npos);
  std::filesystem::remove(copy_.path() / "proc/net/sockstat6");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

TEST_F(Sockstat, PagesBecomeBytesUnlessTheyWouldOverflow) {
  tests::write_text(copy_.path() / "proc/net/sockstat", "TCP: mem 18446744073709551615\nUDP: mem x inuse 2\n");
  auto page = run();
  page.scrape();
  EXPECT_NE(page.page().find("node_sockstat_TCP_mem 18446744073709551615\n"), std::string::npos);
  EXPECT_EQ(page.page().find("mem_bytes"), std::string::npos);
  EXPECT_EQ(page.page().find("UDP_mem"), std::string::npos);
  EXPECT_NE(page.page().find("node_sockstat_UDP_inuse 2\n"), std::string::npos);
}

TEST_F(Sockstat, MemoryIsPagesAndBytes) {
  auto page = run();
  page.scrape();
  const std::string bytes = std::to_string(2 * ::sysconf(_SC_PAGESIZE));
  EXPECT_NE(page.page().find("node_sockstat_TCP_mem 2\n"), std::string::npos);
  EXPECT_NE(page.page().find("node_sockstat_TCP_mem_bytes " + bytes + "\n"), std::string::npos);
}

}  // namespace
