// Replies of a Redis server (RESP2): read once into one arena, looked at through small views.
//
// Memory is bounded whatever the server says: an array or a total larger than the limits is an error before anything is
// allocated for it. The arena keeps its capacity, so that a warm scrape allocates nothing here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace platform {

class RedisReader;

// One reply, or an element of one. Valid until its RedisReader is cleared or fed.
class RedisReply {
 public:
  // none: there is no such reply, or it was not asked for.
  enum class Type : std::uint8_t { none, nil, integer, status, text, error, array };

  RedisReply() = default;
  Type type() const noexcept;
  bool is(Type type_wanted) const noexcept { return type() == type_wanted; }
  // Of a status, text or error; empty for the others.
  std::string_view text() const noexcept;
  // Of an integer; 0 for the others.
  std::int64_t integer() const noexcept;
  // Elements of an array; 0 for the others.
  std::size_t size() const noexcept;
  // An element of an array; none when there is no such element.
  RedisReply operator[](std::size_t index) const noexcept;

 private:
  friend class RedisReader;
  RedisReply(const RedisReader* reader, std::uint32_t node) : reader_(reader), node_(node) {}
  const RedisReader* reader_ = nullptr;
  std::uint32_t node_ = 0;
};

// What one exchange may bring at most. Nesting ends at the 7 levels of the parser.
struct RedisLimits {
  std::size_t elements = std::size_t{1} << 18;
  std::size_t bytes = std::size_t{16} << 20;
};

class RedisReader {
 public:
  explicit RedisReader(RedisLimits limits = {});
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;
  ~RedisReader();

  // Forgets all replies and half-read input.
  void clear();
  // Takes the next bytes of the stream. Returns an empty text, or why the stream cannot be read any further.
  std::string_view feed(std::string_view bytes);
  // Complete replies so far.
  std::size_t size() const noexcept { return replies_.size(); }
  RedisReply operator[](std::size_t index) const noexcept;

 private:
  friend class RedisReply;
  friend struct RedisReaderCallbacks;
  struct Node {
    RedisReply::Type type = RedisReply::Type::none;
    std::uint32_t size = 0;  // elements, or bytes of text
    std::int64_t value = 0;  // an integer, the first element's node, or the offset of the text
  };
  struct Free {
    void operator()(redisReader* reader) const noexcept;
  };

  RedisLimits limits_;
  std::unique_ptr<redisReader, Free> parser_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> replies_;
  std::string text_;
  std::size_t fed_ = 0;
  bool too_large_ = false;
};

// Appends one command, as it is sent, to `out`.
void append_redis_command(std::string& out, const std::string_view* words, std::size_t count);

}  // namespace platform
