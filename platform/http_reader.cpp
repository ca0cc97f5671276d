#include "platform/http_reader.h"

#include <algorithm>

#include "platform/ascii.h"
#include "platform/http_text.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kMostChunkLine = 256;  // size and extensions

bool digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether a list such as "keep-alive, TE" has `word`.
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (equal_ignoring_case(trim(take(list, ',')), word)) {
      return true;
    }
  }
  return false;
}

}  // namespace

void HttpReader::begin() {
  state_ = State::status;
  line_.clear();
  head_ = left_ = 0;
  started_ = sized_ = chunked_ = keep_alive_ = too_large_ = false;
  status_ = 0;
  content_type_.clear();
  content_encoding_.clear();
  body_.clear();
  error_.clear();
}

void HttpReader::fail(std::string_view why) {
  state_ = State::failed;
  error_ = why;
}

void HttpReader::refuse_size() {
  too_large_ = true;
  fail("a body of more than " + std::to_string(most_body_) + " bytes");
}

std::size_t HttpReader::feed(std::string_view bytes) {
  const std::size_t all = bytes.size();
  started_ = started_ || all != 0;
  while (!bytes.empty() && !done() && !failed()) {
    if (state_ == State::sized || state_ == State::chunk || state_ == State::to_the_end) {
      take_body(bytes);
    } else {
      take_line(bytes);
    }
  }
  return all - bytes.size();
}

void HttpReader::end() {
  if (state_ == State::to_the_end) {
    state_ = State::done;
  } else if (!done() && !failed()) {
    fail(started_ ? "the connection ended in the middle of a reply" : "the connection was closed without a reply");
  }
}

void HttpReader::take_body(std::string_view& bytes) {
  const std::size_t size = state_ == State::to_the_end ? bytes.size() : std::min(left_, bytes.size());
  if (size > most_body_ - body_.size()) {
    refuse_size();
    return;
  }
  body_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  if (state_ == State::to_the_end) {
    return;
  }
  left_ -= size;
  if (left_ == 0) {
    state_ = state_ == State::sized ? State::done : State::chunk_end;
  }
}

void HttpReader::take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  const auto part = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
  const bool in_chunks = state_ == State::chunk_size || state_ == State::chunk_end;
  head_ += in_chunks ? 0 : part.size();
  if (head_ > kMostHead || (in_chunks && line_.size() + part.size() > kMostChunkLine)) {
    fail(in_chunks ? "a chunk's size that is no such line" : "a head of more than 16 KiB");
    return;
  }
  line_.append(part);
  bytes.remove_prefix(part.size());
  if (end == std::string_view::npos) {
    return;
  }
  std::string_view line = line_;
  line.remove_suffix(1);
  if (!line.ends_with('\r')) {
    fail("a line that does not end as those of HTTP do");
    return;
  }
  line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
    fail("a line with a control character");
    return;
  }
  on_line(line);
  line_.clear();
}

void HttpReader::on_line(std::string_view line) {
  switch (state_) {
    case State::status:
      on_status(line);
      break;
    case State::field:
      if (line.empty()) {
        on_head_end();
      } else {
        on_field(line);
      }
      break;
    case State::chunk_size:
      on_chunk_size(line);
      break;
    case State::chunk_end:
      if (line.empty()) {
        state_ = State::chunk_size;
      } else {
        fail("a chunk that is longer than its size says");
      }
      break;
    default:  // trailers, which say nothing that we want to know
      if (line.empty()) {
        state_ = State::done;
      }
      break;
  }
}

void HttpReader::on_status(std::string_view line) {
  const auto version = take(line, ' ');
  const auto code = take(line, ' ');
  const auto status = number<int>(code);
  if ((version != "HTTP/1.1" && version != "HTTP/1.0") || code.size() != 3 || !digits(code) || *status < 100) {
    fail("what answers does not speak HTTP/1");
    return;
  }
  status_ = *status;
  keep_alive_ = version == "HTTP/1.1";
  state_ = State::field;
}

void HttpReader::on_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !http_token(line.substr(0, colon))) {
    fail("a field of the head that is none");
    return;
  }
  const auto name = line.substr(0, colon);
  const auto value = trim(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-length")) {
    const auto length = digits(value) ? number<std::size_t>(value) : std::nullopt;
    if ((!length && !digits(value)) || sized_) {
      fail("a Content-Length that is no number, or two of them");
    } else if (!length || *length > most_body_) {
      refuse_size();
    } else {
      sized_ = true;
      left_ = *length;
    }
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    if (chunked_ || !equal_ignoring_case(value, "chunked")) {
      fail("a Transfer-Encoding other than chunked");
    }
    chunked_ = true;
  } else if (equal_ignoring_case(name, "connection")) {
    keep_alive_ = (keep_alive_ || lists(value, "keep-alive")) && !lists(value, "close");
  } else if (equal_ignoring_case(name, "content-type")) {
    content_type_ = value;
  } else if (equal_ignoring_case(name, "content-encoding")) {
    content_encoding_ = value;
  }
}

void HttpReader::on_head_end() {
  if (sized_ && chunked_) {
    fail("both Content-Length and Transfer-Encoding");
  } else if (status_ == 101) {
    fail("a change of protocols that nobody asked for");
  } else if (status_ < 200) {  // the reply proper follows
    const auto head = head_;
    begin();
    started_ = true;
    head_ = head;
  } else if (status_ == 204 || status_ == 304 || (sized_ && left_ == 0)) {
    state_ = State::done;
  } else if (chunked_) {
    state_ = State::chunk_size;
  } else if (sized_) {
    state_ = State::sized;
  } else {
    keep_alive_ = false;
    state_ = State::to_the_end;
  }
}

void HttpReader::on_chunk_size(std::string_view line) {
  const auto size = trim(line.substr(0, line.find(';')));
  const bool good = !size.empty() && std::all_of(size.begin(), size.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!good) {
    fail("a chunk's size that is no such line");
    return;
  }
  const auto octets = hex_number<std::size_t>(size);
  if (!octets || *octets > most_body_ - body_.size()) {
    refuse_size();
    return;
  }
  left_ = *octets;
  state_ = left_ == 0 ? State::trailer : State::chunk;
}

}  // namespace platform
