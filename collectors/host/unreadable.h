// What a collector answers when it cannot read the file it lives from.
#pragma once
#include <cerrno>
#include <string_view>

#include "exporter/collector.h"

namespace exporter::host {

// A file that does not exist is no data: a kernel without the feature. Everything else is a counted problem.
inline Outcome unreadable(Sink& sink, std::string_view file, int error) {
  if (error == ENOENT) {
    return Outcome::no_data;
  }
  sink.problem(error == EACCES || error == EPERM ? Problem::denied : Problem::io, file, error);
  return Outcome::failed;
}

}  // namespace exporter::host
