// XINFO STREAM key: names and values, "length" 5 "groups" 2 "first-entry" ["1719505260513-0" [...]] ...; XINFO GROUPS
// key: one such array for each group; XINFO CONSUMERS key group: for each consumer.
// (https://redis.io/docs/latest/commands/xinfo-stream/)
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/key_reader.h"

namespace exporter::redis::keys {

class StreamReader {
 public:
  explicit StreamReader(bool consumers) : consumers_(consumers) {}

  // Adds what is to be shown of these streams. False when the server did not answer.
  bool read(ServerInfo& server, Dialogue& dialogue, int database, std::span<const std::string_view> names,
            Samples& out);

 private:
  struct Group {
    std::size_t stream;
    std::string name;
  };
  void read_stream(std::string_view stream, Reply info, Samples& out) const;
  void read_groups(std::size_t number, std::string_view stream, Reply groups, Samples& out);
  bool read_consumers(ServerInfo& server, Dialogue& dialogue, int database, std::span<const std::string_view> names,
                      Samples& out);

  const bool consumers_;
  DatabaseQuestions questions_;
  std::vector<Group> groups_;
  std::string db_;
};

}  // namespace exporter::redis::keys
