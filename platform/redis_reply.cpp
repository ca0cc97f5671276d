#include "platform/redis_reply.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <new>

namespace platform {

// The parser hands out each piece of a reply as it finds it. Objects are node numbers plus one, in the clothes of a
// pointer: nodes move when the arena grows.
struct RedisReaderCallbacks {
  using Type = RedisReply::Type;
  using Node = RedisReader::Node;

  static RedisReader& reader(const redisReadTask* task) { return *static_cast<RedisReader*>(task->privdata); }
  static std::uint32_t number(const void* object) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(object) - 1);
  }
  static void* place(const redisReadTask* task, Node node) {
    auto& self = reader(task);
    std::size_t index = self.nodes_.size();
    if (task->parent != nullptr) {
      const Node& array = self.nodes_[number(task->parent->obj)];
      index = static_cast<std::size_t>(array.value) + static_cast<std::size_t>(task->idx);
      self.nodes_[index] = node;
    } else {
      self.nodes_.push_back(node);
    }
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number is what the parser's void* is to carry
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);
  }
  static void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    auto& self = reader(task);
    const auto type = task->type == REDIS_REPLY_ERROR    ? Type::error
                      : task->type == REDIS_REPLY_STATUS ? Type::status
                                                         : Type::text;
    const auto offset = static_cast<std::int64_t>(self.text_.size());
    self.text_.append(bytes, size);
    return place(task, {type, static_cast<std::uint32_t>(size), offset});
  }
  static void* array(const redisReadTask* task, int elements) {
    auto& self = reader(task);
    const auto count = static_cast<std::size_t>(elements);
    if (elements < 0 || count > self.limits_.elements || self.nodes_.size() > self.limits_.elements - count) {
      self.too_large_ = true;
      return nullptr;
    }
    void* const object = place(task, {Type::array, static_cast<std::uint32_t>(count), 0});
    self.nodes_[number(object)].value = static_cast<std::int64_t>(self.nodes_.size());
    self.nodes_.resize(self.nodes_.size() + count);
    return object;
  }
  static void* integer(const redisReadTask* task, long long value) { return place(task, {Type::integer, 0, value}); }
  static void* nil(const redisReadTask* task) { return place(task, {Type::nil, 0, 0}); }
  static void release(void*) {}
};

namespace {

// Not const only because the parser's signature asks for that; it never writes there.
constinit redisReplyObjectFunctions functions{RedisReaderCallbacks::text, RedisReaderCallbacks::array,
                                              RedisReaderCallbacks::integer, RedisReaderCallbacks::nil,
                                              RedisReaderCallbacks::release};

// Larger pieces make the parser move the rest of the piece after every reply.
constexpr std::size_t kPiece = std::size_t{64} << 10;

}  // namespace

RedisReply::Type RedisReply::type() const noexcept {
  return reader_ == nullptr ? Type::none : reader_->nodes_[node_].type;
}

std::string_view RedisReply::text() const noexcept {
  const Type kind = type();
  if (kind != Type::text && kind != Type::status && kind != Type::error) {
    return {};
  }
  const auto& node = reader_->nodes_[node_];
  return std::string_view(reader_->text_).substr(static_cast<std::size_t>(node.value), node.size);
}

std::int64_t RedisReply::integer() const noexcept { return is(Type::integer) ? reader_->nodes_[node_].value : 0; }

std::size_t RedisReply::size() const noexcept { return is(Type::array) ? reader_->nodes_[node_].size : 0; }

RedisReply RedisReply::operator[](std::size_t index) const noexcept {
  if (index >= size()) {
    return {};
  }
  return {reader_, static_cast<std::uint32_t>(static_cast<std::size_t>(reader_->nodes_[node_].value) + index)};
}

void RedisReader::Free::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

RedisReader::RedisReader(RedisLimits limits) : limits_(limits) { clear(); }
RedisReader::~RedisReader() = default;

void RedisReader::clear() {
  nodes_.clear();
  replies_.clear();
  text_.clear();
  fed_ = 0;
  too_large_ = false;
  if (parser_ && parser_->err == 0 && parser_->ridx == -1 && parser_->pos == parser_->len) {
    return;  // between two replies: its buffer is worth keeping
  }
  parser_.reset(redisReaderCreateWithFunctions(&functions));
  if (!parser_) {
    throw std::bad_alloc();
  }
  parser_->maxbuf = 0;  // never give the buffer back
  parser_->privdata = this;
}

std::string_view RedisReader::feed(std::string_view bytes) {
  fed_ += bytes.size();
  if (fed_ > limits_.bytes) {
    return "the reply is too large";
  }
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    if (redisReaderFeed(parser_.get(), piece.data(), piece.size()) != REDIS_OK) {
      return "out of memory";
    }
    for (;;) {
      void* object = nullptr;
      if (redisReaderGetReply(parser_.get(), &object) != REDIS_OK) {
        return too_large_ ? "the reply is too large" : "what came is not a Redis reply";
      }
      if (object == nullptr) {
        break;
      }
      replies_.push_back(RedisReaderCallbacks::number(object));
    }
  }
  return {};
}

RedisReply RedisReader::operator[](std::size_t index) const noexcept {
  return index < replies_.size() ? RedisReply(this, replies_[index]) : RedisReply();
}

void append_redis_command(std::string& out, const std::string_view* words, std::size_t count) {
  constexpr std::size_t kMaxWords = 32;
  std::array<const char*, kMaxWords> texts{};
  std::array<std::size_t, kMaxWords> sizes{};
  count = std::min(count, kMaxWords);
  for (std::size_t i = 0; i < count; ++i) {
    texts.at(i) = words[i].data();
    sizes.at(i) = words[i].size();
  }
  char* command = nullptr;
  const int size = redisFormatCommandArgv(&command, static_cast<int>(count), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  out.append(command, static_cast<std::size_t>(size));
  redisFreeCommand(command);
}

}  // namespace platform
