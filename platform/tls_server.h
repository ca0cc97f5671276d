// TLS for those who connect to us: what a server offers, and one connection that never waits.
//
// Names are those of Go's crypto/tls, as configuration files of exporters have them. Functions return an empty text, or
// one line that names the file or the setting and the remedy.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/tls.h"

namespace platform {

// What is asked of a client's certificate.
enum class TlsClients : std::uint8_t { nothing, asked, any, verified_if_given, verified };

struct TlsServerSettings {
  TlsFiles files;  // authorities: those of clients; empty: none
  TlsClients clients = TlsClients::nothing;
  std::vector<std::string> client_names;  // one of them must be in a client's certificate; empty: any will do
  int oldest = TLS1_2_VERSION;
  int newest = 0;                    // 0: the newest there is
  std::vector<std::string> ciphers;  // "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; of TLS 1.2 and before; empty: the usual
  std::vector<std::string> curves;   // "X25519", "CurveP256"; empty: the usual
  bool own_order = true;             // of ciphers, instead of the client's
};

// Also refuses a certificate that is not valid now, and a key that everybody may read.
std::string make_tls_server(const TlsServerSettings& settings, TlsContext& context);

// "TLS12" as a number of OpenSSL's; 0 for what is none.
int tls_version(std::string_view name) noexcept;

// One connection over a non-blocking socket. One thread at a time.
class TlsConnection {
 public:
  // done: all that was asked for; reads, writes: call again when the socket is ready for that; ended: closed, or
  // broken.
  enum class Step : std::uint8_t { done, reads, writes, ended };

  // `context` was made by make_tls_server() with `client_names`; both, and the socket, outlive this.
  TlsConnection(SSL_CTX* context, int socket, const std::vector<std::string>& client_names);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // The handshake, as far as it goes; done at once when it is behind us.
  Step handshake();
  bool established() const noexcept { return established_; }
  // The client spoke HTTP without TLS.
  bool plain_http() const noexcept { return plain_http_; }

  Step read(char* into, std::size_t size, std::size_t& got);
  // True when input is here that the socket does not show any more.
  bool pending() const noexcept;
  // May send less than asked for.
  Step write(std::string_view bytes, std::size_t& sent);
  // Tells the client that nothing follows.
  void close() noexcept;

 private:
  Step step_of(int result);
  bool client_is_welcome() const;

  std::unique_ptr<SSL, TlsFree> ssl_;
  const std::vector<std::string>& client_names_;
  bool established_ = false;
  bool plain_http_ = false;
};

}  // namespace platform
