// NAME=URL of --merge.target, read.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "exporter/options.h"
#include "platform/http_post.h"

namespace exporter::merge {

struct Address {
  std::string name;             // value of the label merge_target
  std::string shown;            // the URL without user and password
  platform::HttpTarget target;  // with them
};

// All that the option names, each once. Throws OptionError with the name and what to mend, but never the URL: it may
// hold a password.
std::vector<Address> addresses_of(const Options& options);

}  // namespace exporter::merge
