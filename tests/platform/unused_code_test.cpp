#include "platform/unused_code.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace platform {
namespace {

// The third number of /proc/self/statm: resident pages of files.
long resident_file_pages() {
  std::ifstream file("/proc/self/statm");
  long size = 0;
  long resident = 0;
  long shared = 0;
  file >> size >> resident >> shared;
  return shared;
}

std::string written = "before";

TEST(UnusedCode, IsNotResidentAndWhatWasWrittenStays) {
  written = "a text that was written while the program ran";
  const long before = resident_file_pages();
  let_go_of_unused_code();
  const long after = resident_file_pages();
  ASSERT_GT(before, 0);
  EXPECT_LT(after, before / 2);
  EXPECT_EQ(written, "a text that was written while the program ran");
  let_go_of_unused_code();
}

}  // namespace
}  // namespace platform
