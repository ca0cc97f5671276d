// GET of one address, again and again, over one kept connection of HTTP/1.1: TCP, a unix socket or TLS. Each call ends
// by its deadline whatever the server does. Redirects are not followed; gzip is unpacked.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "platform/byte_stream.h"
#include "platform/gunzip.h"
#include "platform/http_post.h"
#include "platform/http_reader.h"
#include "platform/tls_client.h"

namespace platform {

// One thread at a time.
class HttpClient {
 public:
  // `accept` is the value of that header; no more than `most` octets of a body are taken, packed or not. `tls` is for
  // targets that want it and outlives this.
  HttpClient(HttpTarget target, std::string_view accept, std::size_t most, TlsClient* tls);

  // True when a whole reply came, whatever its status. A kept connection that the server has closed meanwhile is made
  // anew, once. Allocates nothing when warm.
  bool get(const Deadline& deadline);

  // Of a reply, until the next call.
  int status() const noexcept { return reader_.status(); }
  const std::string& content_type() const noexcept { return reader_.content_type(); }
  std::string_view body() const noexcept { return unpacked_ ? std::string_view(text_) : reader_.body(); }

  // Why there is none.
  Fault fault() const noexcept { return failed_.fault; }
  const std::string& reason() const noexcept { return failed_.reason; }

 private:
  enum class Went : std::uint8_t { well, wrong, stale };
  bool connect(const Deadline& deadline);
  Went exchange(const Deadline& deadline);
  bool unpack();
  void fail(Fault fault, std::string_view reason);
  void fail(int error);

  const HttpTarget target_;
  const std::size_t most_;
  TlsClient* const tls_;
  std::string request_;
  TlsSession session_;
  std::unique_ptr<ByteStream> stream_;
  HttpReader reader_;
  Gunzip gunzip_;
  std::string text_;
  bool unpacked_ = false;
  Failed failed_;
};

}  // namespace platform
