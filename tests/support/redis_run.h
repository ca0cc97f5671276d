// One redis::Command over replies that are given as bytes: no server, no connection.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/command.h"
#include "platform/host.h"
#include "platform/redis_reply.h"

namespace tests {

// "$5\r\nhello\r\n"
std::string bulk(std::string_view text);

// Answers further questions with the replies that are left over.
class LeftReplies final : public exporter::redis::Dialogue {
 public:
  explicit LeftReplies(const platform::RedisReader& reader) : reader_(reader) {}
  void begin(std::size_t used) {
    next_ = used;
    asked_.clear();
  }
  bool exchange(const exporter::redis::Questions& questions) override;
  exporter::redis::Reply reply(std::size_t index) const noexcept override { return reader_[first_ + index]; }
  std::chrono::steady_clock::time_point deadline() const noexcept override {
    return std::chrono::steady_clock::time_point::max();
  }
  int database() const noexcept override { return 0; }
  std::unique_ptr<platform::RedisConnection> another() const override { return nullptr; }
  std::size_t used() const { return next_; }
  // All commands, their words separated by blanks, one a line.
  const std::string& asked() const { return asked_; }

 private:
  const platform::RedisReader& reader_;
  std::size_t first_ = 0;
  std::size_t next_ = 0;
  std::string asked_;
};

class RedisRun {
 public:
  // The collector of list.inc with this name; `flags` as in a fixture's file: one name=value a line.
  explicit RedisRun(std::string_view name, std::string_view flags = {});
  // What INFO said at an earlier scrape.
  void learn(std::string_view info) { server_.learn(info); }
  // One scrape: `bytes` are the replies to the commands it asks for, in their order. An INFO among them counts as known
  // when the commands are chosen. Bytes that end too early leave replies out.
  exporter::Outcome read(std::string_view bytes);
  std::string page() const;
  exporter::Sink& sink() { return sink_; }
  // Commands that the last read() would have sent.
  const exporter::redis::Requests& requests() const { return requests_; }
  // Why the bytes could not be read to their end.
  const std::string& stream_error() const { return stream_error_; }
  std::size_t replies() const { return reader_.size(); }
  // Replies that were asked for, further questions counted.
  std::size_t used() const { return left_.used(); }
  const LeftReplies& further() const { return left_; }
  exporter::redis::ServerInfo& server() { return server_; }

 private:
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  exporter::Environment environment_;
  exporter::redis::ServerInfo server_;
  exporter::redis::Requests requests_;
  std::unique_ptr<exporter::redis::Command> command_;
  platform::RedisReader reader_;
  LeftReplies left_{reader_};
  std::vector<exporter::redis::Reply> given_;
  exporter::Sink sink_;
  std::string stream_error_;
};

}  // namespace tests
