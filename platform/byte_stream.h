// A connected byte stream that never blocks past a deadline: TCP and unix sockets here, TLS as another ByteStream.
//
// Errors are errno values: ETIMEDOUT when the deadline passed, ECANCELED when the program ends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "platform/deadline.h"
#include "platform/fault.h"

namespace platform {

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;
  // The socket, to ask the kernel about; -1 when there is none.
  virtual int descriptor() const noexcept { return -1; }
  // Sends all of `bytes`. Returns 0 or an error.
  virtual int send(std::string_view bytes, const Deadline& deadline) = 0;
  // Waits for input and takes what is there; `got` is 0 at the end of the stream. Returns 0 or an error.
  virtual int receive(std::span<char> into, std::size_t& got, const Deadline& deadline) = 0;
  // What went wrong in the last call, where that is more than its errno says; else none.
  virtual const Failed& failed() const noexcept;
};

// Where a server listens: the unix socket at `path` when that is not empty, else `host` and `port`.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string path;
};

struct Connected {
  std::unique_ptr<ByteStream> stream;  // null on failure
  int error = 0;                       // errno of the failure; 0 when there is none
  Fault fault = Fault::none;
  std::string reason;  // one stable line, without the address; empty on success
};

// Connects. A host that is not a numeric address is looked up with getaddrinfo, which blocks as long as the system's
// resolver is set to wait, whatever the deadline says; its addresses are tried in turn, each with a fair share of the
// time left.
Connected connect_to(const Endpoint& endpoint, const Deadline& deadline);

// "connection refused" and the like for an errno value.
std::string error_text(int error);
Fault fault_of(int error) noexcept;

}  // namespace platform
