// A command of the program, run in this process: what it printed and how it ended.
#pragma once
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "exporter/subcommands.h"

namespace tests {

struct Said {
  std::optional<int> status;  // none: the words are no command
  std::string out;
  std::string err;
};

// The words behind the program's name.
inline Said say(const std::vector<std::string>& words) {
  std::vector<const char*> argv{"resource_exporter"};
  for (const auto& word : words) {
    argv.push_back(word.c_str());
  }
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.status = exporter::run_subcommand(static_cast<int>(argv.size()), argv.data());
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

}  // namespace tests
