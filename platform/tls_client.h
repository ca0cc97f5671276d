// TLS towards a server, over any ByteStream: the same deadline and stop descriptor end each of its waits.
//
// The certificate's names are compared with the host as it was given, an IP address too. Files of certificates are read
// again when they changed, at the next handshake; if they are no good then, those that were read before stay in use.
#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "platform/byte_stream.h"
#include "platform/tls.h"

namespace platform {

struct TlsClientSettings {
  TlsFiles files;
  std::string server_name;  // to send and to verify; empty: the host that is connected to
  bool verify = true;
};

// What a server gave us to make the next handshake short. Belongs to whoever connects, for one server; one thread at a
// time. Outlives the streams that were made with it.
class TlsSession {
 public:
  void forget() noexcept { kept_.reset(); }

 private:
  friend class TlsClient;
  friend class TlsStream;
  std::unique_ptr<SSL_SESSION, TlsFree> kept_;
  std::uint64_t generation_ = 0;  // of the certificates that it was made under
};

// Any thread.
class TlsClient {
 public:
  explicit TlsClient(TlsClientSettings settings) : settings_(std::move(settings)) {}
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Reads the files when they changed. Empty, or what is wrong with them.
  std::string look();
  // Makes the handshake over `socket`. `server_name` empty: that of the settings, else `host`. On failure the result
  // has no stream, but a reason.
  Connected wrap(std::unique_ptr<ByteStream> socket, const std::string& host, const std::string& server_name,
                 TlsSession& session, const Deadline& deadline);

 private:
  struct Ready {
    std::shared_ptr<SSL_CTX> context;
    std::uint64_t generation = 0;
    std::string trouble;  // why changed files are not in use
  };
  Ready ready();

  const TlsClientSettings settings_;
  std::mutex mutex_;
  TlsFileStamps stamps_;
  Ready ready_;
};

}  // namespace platform
