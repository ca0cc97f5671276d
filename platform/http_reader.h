// Takes the reply to a GET of HTTP/1.1 apart as it comes (RFC 9112), strictly: whatever could be read in two ways is
// refused, and nothing a server sends makes it hold more than its limits. No redirects, no upgrades.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace platform {

class HttpReader {
 public:
  static constexpr std::size_t kMostHead = std::size_t{16} << 10;  // status line and fields, trailers too

  // Refuses a body of more than `most_body` octets, as soon as it is announced.
  explicit HttpReader(std::size_t most_body) : most_body_(most_body) {}

  // For the next reply. The memory stays.
  void begin();
  // Takes what is part of this reply and returns how much that was.
  std::size_t feed(std::string_view bytes);
  // The stream has come to its end.
  void end();

  bool started() const noexcept { return started_; }  // there was at least one octet
  bool done() const noexcept { return state_ == State::done; }
  bool failed() const noexcept { return state_ == State::failed; }
  bool too_large() const noexcept { return too_large_; }        // why it failed
  const std::string& error() const noexcept { return error_; }  // of a failure: one stable line

  // Once it is done. Texts are as the server wrote them, without blanks around.
  int status() const noexcept { return status_; }
  bool chunked() const noexcept { return chunked_; }
  bool keeps_alive() const noexcept { return keep_alive_; }
  const std::string& content_type() const noexcept { return content_type_; }
  const std::string& content_encoding() const noexcept { return content_encoding_; }
  const std::string& body() const noexcept { return body_; }

 private:
  enum class State : std::uint8_t {
    status,
    field,
    sized,       // a body of left_ octets
    to_the_end,  // a body that ends with the connection
    chunk_size,
    chunk,
    chunk_end,
    trailer,
    done,
    failed
  };
  void take_line(std::string_view& bytes);
  void take_body(std::string_view& bytes);
  void on_line(std::string_view line);
  void on_status(std::string_view line);
  void on_field(std::string_view line);
  void on_head_end();
  void on_chunk_size(std::string_view line);
  void fail(std::string_view why);
  void refuse_size();

  const std::size_t most_body_;
  State state_ = State::status;
  std::string line_;      // the part of a line that came so far
  std::size_t head_ = 0;  // octets of lines so far
  std::size_t left_ = 0;  // of a body or chunk
  bool started_ = false;
  bool sized_ = false;
  bool chunked_ = false;
  bool keep_alive_ = false;
  bool too_large_ = false;
  int status_ = 0;
  std::string content_type_;
  std::string content_encoding_;
  std::string body_;
  std::string error_;
};

}  // namespace platform
