// What TLS is made of, for clients and for servers: OpenSSL's objects with an owner, and certificates, keys and
// authorities from PEM files that others replace while the program runs.
//
// libssl is linked, not loaded when needed as libpq is: the library behind the scrape port has it in the process
// anyway. It allocates nothing before the first context is made. Functions return an empty text, or one line that names
// the file and the remedy. Any thread.
#pragma once
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>

#include "platform/file_stamp.h"

namespace platform {

struct TlsFree {
  void operator()(SSL* connection) const noexcept { ::SSL_free(connection); }
  void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { ::SSL_SESSION_free(session); }
  void operator()(X509* certificate) const noexcept { ::X509_free(certificate); }
  void operator()(EVP_PKEY* key) const noexcept { ::EVP_PKEY_free(key); }
  void operator()(BIO* bytes) const noexcept { ::BIO_free(bytes); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsFree>;

// Paths, or PEM text itself, which begins with "-----BEGIN".
struct TlsFiles {
  std::string certificate;  // our own, its chain behind it; empty: none
  std::string key;          // of that certificate, without passphrase
  std::string authorities;  // whom to trust; empty: whom the system trusts
};

// A context for `method` that speaks TLS 1.2 and later, with our own certificate in it when there is one.
std::string make_tls_context(const SSL_METHOD* method, const TlsFiles& files, TlsContext& context);
// Whom `context` trusts.
std::string trust(SSL_CTX* context, const TlsFiles& files);

// The name of a file in messages: its path, or `what` of one that is given as text.
std::string tls_file_name(const std::string& file, const std::string& what);

// OpenSSL's words for the first error of this thread, without file and line; all errors are forgotten.
std::string take_tls_error();

// Whether any of these files was replaced or changed. One thread at a time.
class TlsFileStamps {
 public:
  // Costs a stat for each file that is named. True the first time.
  bool changed(const TlsFiles& files);

 private:
  std::array<FileStamp, 3> stamps_{};
  bool asked_ = false;
};

}  // namespace platform
