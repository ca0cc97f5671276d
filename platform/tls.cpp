#include "platform/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
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

constexpr std::string_view kPem = "-----BEGIN";

bool is_text(const std::string& file) { return file.starts_with(kPem); }

std::string unreadable(const std::string& file) {
  return is_text(file) || ::access(file.c_str(), R_OK) == 0 ? std::string() : file + ": " + error_text(errno);
}

std::unique_ptr<BIO, TlsFree> open_pem(const std::string& file) {
  return std::unique_ptr<BIO, TlsFree>(is_text(file) ? ::BIO_new_mem_buf(file.data(), static_cast<int>(file.size()))
                                                     : ::BIO_new_file(file.c_str(), "r"));
}

// A certificate and those that lead from it to an authority.
bool use_chain(SSL_CTX* context, const std::string& file) {
  const auto bytes = open_pem(file);
  const std::unique_ptr<X509, TlsFree> own(bytes ? ::PEM_read_bio_X509_AUX(bytes.get(), nullptr, nullptr, nullptr)
                                                 : nullptr);
  if (!own || ::SSL_CTX_use_certificate(context, own.get()) != 1) {
    return false;
  }
  while (X509* const next = ::PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)) {
    if (::SSL_CTX_add0_chain_cert(context, next) != 1) {
      ::X509_free(next);
      return false;
    }
  }
  ::ERR_clear_error();  // the end of the file is one
  return true;
}

std::string own_certificate(SSL_CTX* context, const TlsFiles& files) {
  for (const std::string& file : {files.certificate, files.key}) {
    if (auto wrong = unreadable(file); !wrong.empty()) {
      return wrong;
    }
  }
  const std::string certificate = tls_file_name(files.certificate, "the certificate");
  const std::string key_file = tls_file_name(files.key, "the key");
  if (!use_chain(context, files.certificate)) {
    return certificate + ": no certificate in PEM form (" + take_tls_error() + ")";
  }
  bool locked = false;
  const auto bytes = open_pem(files.key);
  const std::unique_ptr<EVP_PKEY, TlsFree> key(
      bytes ? ::PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_passphrase, &locked) : nullptr);
  if (key && ::SSL_CTX_use_PrivateKey(context, key.get()) == 1) {
    return {};
  }
  const std::string words = take_tls_error();
  if (key) {
    return key_file + ": the key does not match the certificate in " + certificate;
  }
  return locked ? key_file + ": the key has a passphrase; give one without (openssl pkey -in FILE -out FILE)"
                : key_file + ": no private key in PEM form (" + words + ")";
}

bool trust_text(SSL_CTX* context, const std::string& text) {
  const auto bytes = open_pem(text);
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
  bool any = false;
  while (const std::unique_ptr<X509, TlsFree> one{::PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)}) {
    any = ::X509_STORE_add_cert(store, one.get()) == 1 || any;
  }
  return any;
}

}  // namespace

std::string tls_file_name(const std::string& file, const std::string& what) { return is_text(file) ? what : file; }

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
  const bool good = is_text(files.authorities) ? trust_text(context, files.authorities)
                                               : ::SSL_CTX_load_verify_file(context, files.authorities.c_str()) == 1;
  return good ? std::string()
              : tls_file_name(files.authorities, "the authorities") + ": no certificate in PEM form (" +
                    take_tls_error() + ")";
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
