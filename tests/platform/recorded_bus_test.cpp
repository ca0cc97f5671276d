#include "platform/recorded_bus.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/fixture.h"

namespace {

TEST(RecordedBus, AnswersWhatWasWrittenDownAndNamesAnErrorForTheRest) {
  std::string folder = (std::filesystem::temp_directory_path() / "replies-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  tests::write_text(folder + "/replies", "/a List\n\tx\t\t5\n\ty\t-6\t7\n/a Get State\n\trunning\n/b Empty\n");
  const platform::BusCall calls[] = {{"d", "/a", "i", "List"},
                                     platform::property_of("d", "/a", "i", "State"),
                                     {"d", "/b", "i", "Empty"},
                                     {"d", "/c", "i", "List"}};
  std::vector<std::string> seen(4);
  platform::RecordedBus bus(folder);
  const int error = bus.run(calls, {}, [&](std::size_t call, const platform::BusReply& reply) {
    for (const auto& value : reply.values) {
      seen[call].append(value.text).append(value.number ? "#" : "").append(",");
    }
    seen[call].append(reply.error);
  });
  EXPECT_EQ(error, 0);
  EXPECT_EQ(seen[0], "x,,5#,y,-6,7#,");
  EXPECT_EQ(seen[1], "running,");
  EXPECT_EQ(seen[2], "");
  EXPECT_EQ(seen[3], "org.freedesktop.DBus.Error.UnknownObject");
  std::filesystem::remove_all(folder);
  EXPECT_EQ(platform::RecordedBus(folder).run(calls, {}, [](std::size_t, const platform::BusReply&) {}), EBADF);
}

}  // namespace
