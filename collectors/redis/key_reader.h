// TYPE, MEMORY USAGE, sizes and values of keys, many in one write. Of strings:
//   the value, when the key takes less than kMostMemory, so that no large one crosses the wire;
//   the number of elements, when it is a HyperLogLog, which begins with "HYLL".
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/command.h"
#include "collectors/redis/samples.h"

namespace exporter::redis::keys {

// Commands about the keys of one database: it is selected in front of them and left again behind them.
class DatabaseQuestions {
 public:
  void begin(const Dialogue& dialogue, int database);
  std::size_t ask(std::initializer_list<std::string_view> words) { return questions_.ask(words) - first_; }
  bool empty() const noexcept { return questions_.count == first_; }
  // False when the server did not answer, or has no such database: that is a problem then.
  bool exchange(Dialogue& dialogue, Samples& out);

 private:
  Questions questions_;
  std::string selected_;  // empty: it need not be selected
  std::string home_;
  std::size_t first_ = 0;
};

// The answer to a question of the last exchange.
inline Reply answer(const Dialogue& dialogue, int database, std::size_t number) {
  return dialogue.reply(number + (dialogue.database() == database ? 0 : 1));
}

// True when `reply` is an error. Which command this server does not know or allow is remembered; a key that is out of
// reach does not speak against the command.
bool failed(ServerInfo& server, std::string_view command, Reply reply, Samples& out);

enum class KeyType : std::uint8_t { unknown, missing, string, list, set, zset, hash, stream, array, vectors, other };

struct KeyEntry {
  std::string_view name;
  bool named = false;   // by the user: shown as 0 when it is not there
  bool key = false;     // its size, value and memory are shown
  bool stream = false;  // it is read as a stream, if it is one
  bool group = false;   // its memory is wanted
  KeyType type = KeyType::unknown;
  std::optional<std::int64_t> memory = {};
};

class KeyReader {
 public:
  explicit KeyReader(bool values) : values_(values) {}

  // Each returns false when the server did not answer. look() fills in type and memory; show() adds what is to be shown
  // of those with `key`.
  bool look(ServerInfo& server, Dialogue& dialogue, int database, std::span<KeyEntry> entries, Samples& out);
  bool show(ServerInfo& server, Dialogue& dialogue, int database, std::span<const KeyEntry> entries, Samples& out);

 private:
  static constexpr std::int64_t kMostMemory = 4096 + 512;
  struct Asked {
    std::size_t entry;
    std::size_t size = SIZE_MAX;   // number of the question
    std::size_t value = SIZE_MAX;  // likewise
    bool whole = false;            // the value, not its first bytes
  };
  void ask_about(const ServerInfo& server, const KeyEntry& entry, std::size_t number);
  bool count_elements(ServerInfo& server, Dialogue& dialogue, int database, std::span<const KeyEntry> entries,
                      Samples& out);
  void show_value(std::string_view text, std::string_view name, Samples& out) const;

  const bool values_;
  DatabaseQuestions questions_;
  std::vector<Asked> asked_;
  std::vector<std::size_t> logs_;  // entries that are HyperLogLogs
  std::string db_;
};

}  // namespace exporter::redis::keys
