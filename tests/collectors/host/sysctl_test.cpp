#include <gtest/gtest.h>

#include "exporter/options.h"
#include "tests/support/fixture.h"

namespace {

class Sysctl : public testing::Test {
 protected:
  tests::FixtureRun run(std::string_view flags) {
    tests::write_text(copy_.path() / "flags", flags);
    return {tests::spec_of("sysctl"), copy_.path()};
  }
  static std::size_t count(tests::FixtureRun& run, exporter::Problem problem) {
    return run.sink().problems()[static_cast<std::size_t>(problem)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/sysctl"};
};

TEST_F(Sysctl, KeysMustBeAsManyAsValues) {
  auto page =
      run("collector.sysctl.include=fs.file-nr:total,max\ncollector.sysctl.include=kernel.threads-max:a,b\n"
          "collector.sysctl.include=kernel.threads-max\n");
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(page.page().find("file_nr"), std::string::npos);
  EXPECT_NE(page.page().find("node_sysctl_kernel_threads_max 7801\n"), std::string::npos);
  EXPECT_EQ(count(page, exporter::Problem::parse), 2U);
}

TEST_F(Sysctl, AChangedTextIsShown) {
  auto page = run("collector.sysctl.include-info=kernel.seccomp.actions_avail\n");
  page.scrape();
  tests::write_text(copy_.path() / "proc/sys/kernel/seccomp/actions_avail", "kill log allow more\n");
  page.scrape();
  EXPECT_EQ(page.page().find("trap"), std::string::npos);
  EXPECT_NE(page.page().find("{index=\"3\",name=\"kernel.seccomp.actions_avail\",value=\"more\"} 1\n"),
            std::string::npos);
}

TEST_F(Sysctl, ASettingThatIsNotThereIsCounted) {
  auto page = run("collector.sysctl.include=kernel.absent\n");
  EXPECT_EQ(page.scrape(), exporter::Outcome::no_data);
  EXPECT_EQ(count(page, exporter::Problem::missing), 1U);
}

TEST_F(Sysctl, OddCharactersOfKeysAreUnderscores) {
  auto page = run("collector.sysctl.include=fs.file-nr:a--b,1,-_-c\n");
  page.scrape();
  EXPECT_NE(page.page().find("node_sysctl_fs_file_nr_a__b 1024\n"), std::string::npos);
  EXPECT_NE(page.page().find("node_sysctl_fs_file_nr_1 0\n"), std::string::npos);
  EXPECT_NE(page.page().find("node_sysctl_fs_file_nr____c 9223372036854775807\n"), std::string::npos);
}

TEST_F(Sysctl, ValuesBehindOneThatIsNoneKeepTheirIndex) {
  tests::write_text(copy_.path() / "proc/sys/net/ipv4/odd", "nonsense 5\n");
  auto page = run("collector.sysctl.include=net.ipv4.odd\n");
  page.scrape();
  EXPECT_EQ(count(page, exporter::Problem::parse), 1U);
  EXPECT_NE(page.page().find("node_sysctl_net_ipv4_odd{index=\"1\"} 5\n"), std::string::npos) << page.page();
}

TEST_F(Sysctl, NothingNamedIsNothingAmiss) {
  auto page = run("");
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(page.page(), "");
}

TEST_F(Sysctl, KeysOfTextAreRefused) {
  EXPECT_THROW(run("collector.sysctl.include-info=fs.file-nr:a\n"), exporter::OptionError);
  EXPECT_THROW(run("collector.sysctl.include=:a\n"), exporter::OptionError);
}

}  // namespace
