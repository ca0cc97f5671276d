#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;

class Dmi : public testing::Test {
 protected:
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/dmi"};
  const fs::path folder_ = copy_.path() / "sys/class/dmi/id";
};

TEST_F(Dmi, ALabelExistsForAFileThatExists) {
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename() != "product_name" && entry.path().filename() != "chassis_version") {
      fs::remove(entry.path());
    }
  }
  tests::FixtureRun run(tests::spec_of("dmi"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_NE(run.page().find(R"(node_dmi_info{chassis_version="",product_name="Server \"2000\""} 1)"),
            std::string::npos);
}

TEST_F(Dmi, IsReadOnceAtTheStart) {
  tests::FixtureRun run(tests::spec_of("dmi"), copy_.path());
  fs::remove_all(folder_);
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_NE(run.page().find(R"(system_vendor="Example Corp.")"), std::string::npos);
}

TEST_F(Dmi, AMachineWithoutFirmwareTablesHasNoData) {
  fs::remove_all(folder_);
  tests::FixtureRun run(tests::spec_of("dmi"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::no_data);
}

}  // namespace
