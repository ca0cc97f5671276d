#include "tests/support/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>

#include <array>

namespace tests {
namespace {

constexpr long kDay = 86400;

template <class Write>
std::string pem(Write write) {
  BIO* const bio = ::BIO_new(::BIO_s_mem());
  write(bio);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string result(text, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  return result;
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* bio) { ::PEM_write_bio_X509(bio, certificate); });
}

X509* make(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, const std::string& extension,
           const std::string& value, int days) {
  static std::atomic<long> serial{1};
  X509* const made = ::X509_new();
  ::X509_set_version(made, X509_VERSION_3);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(made), serial++);
  ::X509_gmtime_adj(::X509_getm_notBefore(made), (days < 0 ? days - 1 : -1) * kDay);
  ::X509_gmtime_adj(::X509_getm_notAfter(made), days * kDay);
  ::X509_set_pubkey(made, key);
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  ::X509_set_issuer_name(made, ::X509_get_subject_name(issuer == nullptr ? made : issuer));
  if (!value.empty()) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    ::X509V3_set_ctx(&context, issuer == nullptr ? made : issuer, made, nullptr, nullptr, 0);
    X509_EXTENSION* const one = ::X509V3_EXT_conf(nullptr, &context, extension.c_str(), value.c_str());
    ::X509_add_ext(made, one, -1);
    ::X509_EXTENSION_free(one);
  }
  ::X509_sign(made, issuer_key, ::EVP_sha256());
  return made;
}

}  // namespace

std::string locked(const std::string& key) {
  BIO* const from = ::BIO_new_mem_buf(key.data(), static_cast<int>(key.size()));
  EVP_PKEY* const read = ::PEM_read_bio_PrivateKey(from, nullptr, nullptr, nullptr);
  ::BIO_free(from);
  auto text = pem([&](BIO* bio) {
    ::PEM_write_bio_PKCS8PrivateKey(bio, read, ::EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
  });
  ::EVP_PKEY_free(read);
  return text;
}

Authority::Authority(const std::string& name)
    : key_(::EVP_EC_gen("P-256")),
      own_(make(name, key_, nullptr, key_, "basicConstraints", "critical,CA:TRUE", 1)),
      certificate_(pem_of(own_)) {}

Authority::~Authority() {
  ::X509_free(own_);
  ::EVP_PKEY_free(key_);
}

Certificate Authority::sign(const std::string& names, int days) const {
  EVP_PKEY* const key = ::EVP_EC_gen("P-256");
  X509* const made = make("someone", key, own_, key_, "subjectAltName", names, days);
  Certificate result{pem_of(made), pem([&](BIO* bio) {
                       ::PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
                     })};
  ::X509_free(made);
  ::EVP_PKEY_free(key);
  return result;
}

FakeTlsRedis::FakeTlsRedis(const Certificate& own, const std::string& authority, std::string answer)
    : context_(::SSL_CTX_new(::TLS_server_method()), &::SSL_CTX_free),
      answer_(std::move(answer)),
      server_([this](int fd, int) { serve(fd); }) {
  const TextFolder folder;
  ::SSL_CTX_use_certificate_chain_file(context_.get(), folder.write("c", own.certificate).c_str());
  ::SSL_CTX_use_PrivateKey_file(context_.get(), folder.write("k", own.key).c_str(), SSL_FILETYPE_PEM);
  constexpr unsigned char kContext = 1;
  ::SSL_CTX_set_session_id_context(context_.get(), &kContext, sizeof kContext);
  if (!authority.empty()) {
    ::SSL_CTX_load_verify_file(context_.get(), folder.write("a", authority).c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
}

platform::RedisAddress FakeTlsRedis::address() const {
  auto address = server_.address();
  address.tls = true;
  return address;
}

void FakeTlsRedis::serve(int fd) {
  ++connections_;
  sigset_t pipe;  // OpenSSL writes to clients that hung up
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const std::unique_ptr<SSL, decltype(&::SSL_free)> ssl(::SSL_new(context_.get()), &::SSL_free);
  ::SSL_set_fd(ssl.get(), fd);
  if (::SSL_accept(ssl.get()) != 1) {
    return;
  }
  resumed_ += ::SSL_session_reused(ssl.get());
  std::array<char, 65536> buffer;
  while (::SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size())) > 0) {
    ::SSL_write(ssl.get(), answer_.data(), static_cast<int>(answer_.size()));
  }
}

}  // namespace tests
