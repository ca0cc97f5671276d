// A bus whose replies were written down in a file: what tests put in the place of a machine's bus.
//
//   /org/freedesktop/systemd1 Get Version       path, member and, of a property, its name
//   <tab>252.39-1~deb12u2                       the values, a tab before each; several lines are one list
//
// A call that the file does not have is answered with an error, as a bus does for an object that is not there.
#pragma once
#include <string>
#include <vector>

#include "platform/bus.h"
#include "platform/dir.h"

namespace platform {

class RecordedBus final : public Bus {
 public:
  // The file `replies` in `folder`, read at each run.
  explicit RecordedBus(const std::string& folder) : folder_(folder) {}
  int run(std::span<const BusCall> calls, const Deadline& deadline, const Receive& receive) override;

 private:
  // Fills values_ with what stands below the heading key_. False when there is none.
  bool look_up();

  Dir folder_;
  ReadBuffer buffer_;
  std::string key_;
  std::vector<BusValue> values_;
};

}  // namespace platform
