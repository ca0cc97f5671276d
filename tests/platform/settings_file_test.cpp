#include "platform/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/text_folder.h"

namespace platform {
namespace {

TEST(SettingsFile, IsReadWholeOrRefused) {
  const tests::TextFolder folder;
  ReadBuffer buffer;
  FileStamp stamp;
  const auto path = folder.write("a.yml", "a: 1\n");
  EXPECT_EQ(read_settings_file(path, 1 << 20, buffer, stamp), "");
  EXPECT_EQ(buffer.text(), "a: 1\n");
  FileStamp same;
  ASSERT_EQ(stamp_of(path, same), 0);
  EXPECT_EQ(stamp, same);
  EXPECT_EQ(read_settings_file(folder.path("none"), 1 << 20, buffer, stamp), "no such file or directory");
  EXPECT_EQ(stamp, same) << "as it was";
  folder.write("large", std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(read_settings_file(folder.path("large"), 1 << 20, buffer, stamp),
            "it is larger than 1 MiB; is this the right file?");
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_settings_file(folder.path("pipe"), 1 << 20, buffer, stamp), "it is no regular file");
}

}  // namespace
}  // namespace platform
