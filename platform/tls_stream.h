// One connection of a TlsClient. For tls_*.cpp only.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "platform/tls_client.h"

namespace platform {

class TlsStream final : public ByteStream {
 public:
  TlsStream(SSL_CTX* context, std::unique_ptr<ByteStream> below, TlsSession& session);
  ~TlsStream() override;

  // `verify`: the certificate must be for `name`, a host's name or address. Returns 0, or an error with failed().
  int handshake(const std::string& name, bool verify, const Deadline& deadline);

  int descriptor() const noexcept override { return below_->descriptor(); }
  int send(std::string_view bytes, const Deadline& deadline) override;
  int receive(std::span<char> into, std::size_t& got, const Deadline& deadline) override;
  const Failed& failed() const noexcept override { return failed_; }

  // OpenSSL's way to us.
  static int verify(int good, X509_STORE_CTX* chain);
  static int keep_session(SSL* connection, SSL_SESSION* session);

 private:
  struct Bio;
  void begin(const Deadline& deadline);
  int fail(bool in_handshake);
  void note(X509_STORE_CTX* chain);
  Failed refused_certificate() const;

  std::unique_ptr<ByteStream> below_;
  TlsSession& session_;
  std::unique_ptr<SSL, TlsFree> ssl_;
  const Deadline* deadline_ = nullptr;  // of the call under way
  int error_ = 0;                       // of the stream below in this call
  bool ended_ = false;                  // the stream below came to its end
  std::string name_;
  int verify_error_ = 0;           // X509_V_*
  std::string certificate_names_;  // of a certificate that was refused
  Failed failed_;
};

}  // namespace platform
