#include "platform/recorded_bus.h"

#include "platform/text.h"

namespace platform {

int RecordedBus::run(std::span<const BusCall> calls, const Deadline&, const Receive& receive) {
  if (const int error = folder_.read("replies", buffer_)) {
    return error;
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    key_.assign(calls[i].path).append(" ").append(calls[i].member);
    if (calls[i].second != nullptr) {
      key_.append(" ").append(calls[i].second);
    }
    if (look_up()) {
      receive(i, {{}, values_});
    } else {
      receive(i, {"org.freedesktop.DBus.Error.UnknownObject", {}});
    }
  }
  return 0;
}

bool RecordedBus::look_up() {
  values_.clear();
  bool found = false;
  for (std::string_view rest = buffer_.text(); !rest.empty();) {
    std::string_view line = take(rest, '\n');
    if (!line.starts_with('\t')) {
      if (found) {
        break;
      }
      found = line == key_;
    } else if (found) {
      line.remove_prefix(1);
      for (bool more = true; more;) {
        more = line.find('\t') != std::string_view::npos;
        const auto value = take(line, '\t');
        values_.push_back({value, number<std::uint64_t>(value)});
      }
    }
  }
  return found;
}

}  // namespace platform
