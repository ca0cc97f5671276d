// A file of auth_modules, and a folder to keep it in.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/fixture.h"

namespace tests {

inline constexpr std::string_view kAuthFile =
    "auth_modules:\n"
    "  app:\n"
    "    type: userpass\n"
    "    userpass: {username: monitor, password: hunter2}\n"
    "    options: {sslmode: disable, application_name: probes, statement_timeout: 1000}\n"
    "  empty:\n"
    "    type: userpass\n"
    "    userpass:\n"
    "      username: monitor\n";

class ProbeFolder : public testing::Test {
 protected:
  std::string file(const char* name) const { return (copy_.path() / name).string(); }
  FixtureCopy copy_{std::filesystem::path(FIXTURES) / "postgres/wal"};
};

}  // namespace tests
