// What became of a scrape, collector by collector: for a table instead of a page.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"

namespace exporter {

struct CollectorResult {
  const CollectorSpec* spec = nullptr;
  std::size_t server = 0;      // in Results::servers, from 1; 0: it reads this machine
  const Sink* sink = nullptr;  // null: it was not done in time
  Outcome outcome = Outcome::no_data;
  double seconds = 0;
};

struct ServerResult {
  Module module{};
  std::string_view address = {};
  const Sink* sink = nullptr;  // what is said of the server itself; null: it did not answer in time
  Outcome outcome = Outcome::no_data;
  std::string_view reason = {};
  std::string_view found = {};
};

// Views what belongs to the Scheduler, until its next scrape.
struct Results {
  std::vector<CollectorResult> collectors;
  std::vector<ServerResult> servers;
  std::vector<std::string> unnamed;  // why servers that others should name are not known
};

}  // namespace exporter
