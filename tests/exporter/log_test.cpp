#include "exporter/log.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exporter/metric.h"
#include "platform/dir.h"

namespace exporter {
namespace {

std::string logged(LogFormat format, std::string_view message, std::initializer_list<LogField> fields) {
  const platform::Fd file(::memfd_create("log", MFD_CLOEXEC));
  const Log log(LogLevel::info, format, file.get());
  log.debug("not shown");
  log.warn(message, fields);
  platform::ReadBuffer buffer;
  buffer.fill(file.get());
  return std::string(buffer.text());
}

TEST(Log, WritesLogfmt) {
  const std::string line = logged(LogFormat::logfmt, "it is so", {{"a", "bare"}, {"b", "two words"}, {"c", ""}});
  EXPECT_TRUE(line.starts_with("time=20")) << line;
  EXPECT_TRUE(line.ends_with("Z level=WARN msg=\"it is so\" a=bare b=\"two words\" c=\"\"\n")) << line;
}

TEST(Log, WritesJson) {
  const std::string line = logged(LogFormat::json, "it is so", {{"a", "bare"}, {"b", "q\"uote"}});
  EXPECT_TRUE(line.starts_with("{\"time\":\"20")) << line;
  EXPECT_TRUE(line.ends_with("\"level\":\"WARN\",\"msg\":\"it is so\",\"a\":\"bare\",\"b\":\"q\\\"uote\"}\n")) << line;
}

TEST(Log, AValueCannotForgeALineOrDriveATerminal) {
  const std::string line = logged(LogFormat::logfmt, "m", {{"reason", "x\nlevel=ERROR msg=forged \x1b[31m\xff"}});
  EXPECT_TRUE(line.ends_with("reason=\"x\\nlevel=ERROR msg=forged \\u001b[31m\xEF\xBF\xBD\"\n")) << line;
}

}  // namespace
}  // namespace exporter
