// The queries that are in force: read from the user's file at start, when it changes, and when asked for.
//
// A file that cannot be read or is wrong leaves what was in force before; at start, each mistake costs what it is
// about.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collectors/postgres/custom_query_file.h"
#include "exporter/reloads.h"
#include "platform/dir.h"
#include "platform/file_stamp.h"

namespace exporter::postgres {

class CustomQueries {
 public:
  struct State {
    std::string file;                     // as configured
    std::string hash;                     // SHA-256 of the file's last content; empty when it could not be read
    bool error = false;                   // that content is wrong, in whole or in part
    std::vector<std::string> complaints;  // of it, one line each: errors, then warnings
    std::vector<std::shared_ptr<const CustomQueryDesc>> queries;  // others after each reload that took effect
  };

  // Reads the file; an empty name stands for no queries. With `reloads`, which outlive this, reload() is among them.
  explicit CustomQueries(std::string file, Reloads* reloads = nullptr);

  // Reads the file again. False when it is wrong. Any thread.
  bool reload();
  // Reads it again if it is another one than before, which costs a stat(2). Any thread.
  void look();
  // Never null. What it points to does not change. Any thread.
  std::shared_ptr<const State> state() const;

 private:
  bool read();

  const std::string file_;
  const platform::Dir here_{"."};
  platform::FileStamp stamp_;  // of the last reading
  mutable std::mutex mutex_;
  std::shared_ptr<const State> state_;
  bool complete_ = false;  // the queries are those of a file without a mistake
};

}  // namespace exporter::postgres
