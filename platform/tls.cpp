#include "platform/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>

#include "platform/byte_stream.h"

namespace platform {
namespace {

// Without it OpenSSL would ask for the passphrase on the terminal. `asked`: a bool.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string unreadable(const std::string& file) {
  return ::access(file.c_str(), R_OK) == 0 ? std::string() : file + ": " + error_text(errno);
}

std::string own_certificate(SSL_CTX* context, const TlsFiles& files) {
  for (const std::string& file : {files.certificate, files.key}) {
    if (auto wrong = unreadable(file); !wrong.empty()) {
      return wrong;
    }
  }
  if (::SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return files.certificate + ": no certificate in PEM form (" + take_tls_error() + ")";
  }
  bool locked = false;
  ::SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  ::SSL_CTX_set_default_passwd_cb_userdata(context, &locked);
  const bool good = ::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  ::SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (good) {
    return {};
  }
  const auto error = ::ERR_peek_error();
  const bool other = ERR_GET_LIB(error) == ERR_LIB_X509 && (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                                                            ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
  const std::string words = take_tls_error();
  if (other) {
    return files.key + ": the key does not match the certificate in " + files.certificate;
  }
  return locked ? files.key + ": the key has a passphrase; give one without (openssl pkey -in FILE -out FILE)"
                : files.key + ": no private key in PEM form (" + words + ")";
}

}  // namespace

std::string take_tls_error() {
  const auto error = ::ERR_get_error();
  ::ERR_clear_error();
  const char* const words = ::ERR_reason_error_string(error);
  return words == nullptr ? "unknown error" : words;
}

std::string make_tls_context(const SSL_METHOD* method, const TlsFiles& files, TlsContext& context) {
  ::ERR_clear_error();
  TlsContext made(::SSL_CTX_new(method));
  if (!made || ::SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION) != 1) {
    return "OpenSSL cannot be set up: " + take_tls_error();
  }
  // One system call for a record instead of two.
  ::SSL_CTX_set_read_ahead(made.get(), 1);
  if (files.certificate.empty() != files.key.empty()) {
    return files.certificate + files.key + ": a certificate and its key come together, and one of them is not given";
  }
  if (!files.certificate.empty()) {
    if (auto wrong = own_certificate(made.get(), files); !wrong.empty()) {
      return wrong;
    }
  }
  context = std::move(made);
  return {};
}

std::string trust(SSL_CTX* context, const TlsFiles& files) {
  ::ERR_clear_error();
  if (files.authorities.empty()) {
    return ::SSL_CTX_set_default_verify_paths(context) == 1
               ? std::string()
               : "the system's authorities cannot be read: " + take_tls_error();
  }
  if (auto wrong = unreadable(files.authorities); !wrong.empty()) {
    return wrong;
  }
  return ::SSL_CTX_load_verify_file(context, files.authorities.c_str()) == 1
             ? std::string()
             : files.authorities + ": no certificate in PEM form (" + take_tls_error() + ")";
}

bool TlsFileStamps::changed(const TlsFiles& files) {
  bool changed = !asked_;
  asked_ = true;
  std::size_t next = 0;
  for (const std::string* file : {&files.certificate, &files.key, &files.authorities}) {
    FileStamp now;
    if (!file->empty()) {
      stamp_of(*file, now);
    }
    changed = changed || now != stamps_.at(next);
    stamps_.at(next++) = now;
  }
  return changed;
}

}  // namespace platform
