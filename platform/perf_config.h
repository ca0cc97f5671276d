// The file of cAdvisor's --perf_events_config: which events of the CPUs to count.
//   {"core": {"events": ["instructions", ["cycles", "x"]],
//             "custom_events": [{"type": 4, "config": ["0x5300c0"], "name": "x"}]},
//    "uncore": {"events": ["cas"], "custom_events": [{"type": 18, "config": ["0x304"], "name": "cas"}]}}
// Events are named by the kernel's own names, as perf(1) has them, or given as numbers among custom_events. Groups are
// read as the events in them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/perf_event.h"

namespace platform {

struct PerfConfig {
  struct Event {
    std::string name;
    PerfEvent event;
  };
  std::vector<Event> core;
  std::vector<Event> uncore;
  std::string error;  // one line that says what is wrong; then there are no events
};

PerfConfig read_perf_config(std::string_view text);

}  // namespace platform
