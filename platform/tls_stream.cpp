#include "platform/tls_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>

namespace platform {
namespace {

constexpr std::size_t kMostNames = 120;  // characters of a certificate's names in a reason

bool numeric(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

void append_name(std::string& names, std::string_view name) {
  names.append(names.empty() ? "" : ", ");
  for (const char c : name) {
    names += c > ' ' && c <= '~' ? c : '?';
  }
}

void append_address(std::string& names, const ASN1_OCTET_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ::ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET || ::ASN1_STRING_length(bytes) == 16) {
    append_name(names, ::inet_ntop(family, ::ASN1_STRING_get0_data(bytes), text.data(), text.size()));
  }
}

// The names that a certificate is for; what its holder wrote, so only printable and cut.
std::string names_of(const X509* certificate) {
  std::string names;
  auto* const all =
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all) && names.size() < kMostNames; ++i) {
    const GENERAL_NAME* const one = sk_GENERAL_NAME_value(all, i);
    if (one->type == GEN_DNS) {
      const auto* const text = reinterpret_cast<const char*>(::ASN1_STRING_get0_data(one->d.dNSName));
      append_name(names, {text, static_cast<std::size_t>(::ASN1_STRING_length(one->d.dNSName))});
    } else if (one->type == GEN_IPADD) {
      append_address(names, one->d.iPAddress);
    }
  }
  ::GENERAL_NAMES_free(all);
  std::array<char, 256> common{};
  if (names.empty() && ::X509_NAME_get_text_by_NID(::X509_get_subject_name(certificate), NID_commonName, common.data(),
                                                   static_cast<int>(common.size())) > 0) {
    append_name(names, common.data());
  }
  return names.substr(0, kMostNames);
}

// What a reason of OpenSSL's, which its words name, comes from.
Failed explain(int reason, const std::string& words) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
      return {Fault::tls_absent, "what answers is no TLS server"};
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
      return {Fault::tls_own_certificate, "the server wants a client certificate"};
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return {Fault::tls_own_certificate, "the server does not take our client certificate (" + words + ")"};
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      // Before TLS 1.3 also the answer to a client without certificate.
      return {Fault::tls_own_certificate, "the server refused the TLS handshake: it may want a client certificate"};
    default:
      return {Fault::tls, "TLS: " + words};
  }
}

}  // namespace

// The socket as OpenSSL sees it. It waits within, by the deadline of the call under way, so that OpenSSL never has to
// be called again for the same thing.
struct TlsStream::Bio {
  static TlsStream& stream(BIO* bio) { return *static_cast<TlsStream*>(::BIO_get_data(bio)); }
  static int write(BIO* bio, const char* bytes, int size) {
    TlsStream& self = stream(bio);
    self.error_ = self.below_->send({bytes, static_cast<std::size_t>(size)}, *self.deadline_);
    return self.error_ == 0 ? size : -1;
  }
  static int read(BIO* bio, char* into, int size) {
    TlsStream& self = stream(bio);
    std::size_t got = 0;
    self.error_ = self.below_->receive({into, static_cast<std::size_t>(size)}, got, *self.deadline_);
    self.ended_ = self.error_ == 0 && got == 0;
    return self.error_ == 0 ? static_cast<int>(got) : -1;
  }
  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const one = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
      ::BIO_meth_set_write(one, write);
      ::BIO_meth_set_read(one, read);
      ::BIO_meth_set_ctrl(one, control);
      return one;
    }();
    return made;
  }
};

TlsStream::TlsStream(SSL_CTX* context, std::unique_ptr<ByteStream> below, TlsSession& session)
    : below_(std::move(below)), session_(session), ssl_(::SSL_new(context)) {
  BIO* const bio = ::BIO_new(Bio::method());
  if (!ssl_ || bio == nullptr) {
    ssl_.reset();
    ::BIO_free(bio);
    return;
  }
  ::BIO_set_data(bio, this);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
}

TlsStream::~TlsStream() {
  if (ssl_) {
    // Else OpenSSL takes the session for a bad one. Nothing is sent: the server sees the end of the stream.
    ::SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
}

int TlsStream::verify(int good, X509_STORE_CTX* chain) {
  if (good == 0) {
    auto* const ssl = static_cast<SSL*>(::X509_STORE_CTX_get_ex_data(chain, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
    static_cast<TlsStream*>(SSL_get_app_data(ssl))->note(chain);
  }
  return good;
}

int TlsStream::keep_session(SSL* connection, SSL_SESSION* session) {
  static_cast<TlsStream*>(SSL_get_app_data(connection))->session_.kept_.reset(session);
  return 1;  // it is ours now
}

void TlsStream::note(X509_STORE_CTX* chain) {
  verify_error_ = ::X509_STORE_CTX_get_error(chain);
  if (const X509* const certificate = ::X509_STORE_CTX_get0_cert(chain)) {
    certificate_names_ = names_of(certificate);
  }
}

void TlsStream::begin(const Deadline& deadline) {
  deadline_ = &deadline;
  error_ = 0;
  ended_ = false;
  failed_ = {};
  ::ERR_clear_error();
}

int TlsStream::handshake(const std::string& name, bool verify, const Deadline& deadline) {
  begin(deadline);
  if (!ssl_) {
    failed_ = {Fault::tls, "OpenSSL has no memory for a connection"};
    return ENOMEM;
  }
  name_ = name;
  X509_VERIFY_PARAM* const expected = ::SSL_get0_param(ssl_.get());
  int set = 1;
  if (numeric(name)) {
    set = verify ? ::X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) : 1;
  } else {
    set = static_cast<int>(SSL_set_tlsext_host_name(ssl_.get(), name.c_str()));
    if (verify && set == 1) {
      ::X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      set = ::X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size());
    }
  }
  if (set != 1) {
    failed_ = {Fault::tls_name, "the name to verify is no host's name"};
    return EINVAL;
  }
  if (session_.kept_) {
    ::SSL_set_session(ssl_.get(), session_.kept_.get());
  }
  return ::SSL_connect(ssl_.get()) == 1 ? 0 : fail(true);
}

int TlsStream::send(std::string_view bytes, const Deadline& deadline) {
  begin(deadline);
  std::size_t sent = 0;
  return bytes.empty() || ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1 ? 0 : fail(false);
}

int TlsStream::receive(std::span<char> into, std::size_t& got, const Deadline& deadline) {
  begin(deadline);
  got = 0;
  if (::SSL_read_ex(ssl_.get(), into.data(), into.size(), &got) == 1) {
    return 0;
  }
  // The end, said or not: what it means is for who knows whether more was to come.
  if (ended_ || ::SSL_get_error(ssl_.get(), 0) == SSL_ERROR_ZERO_RETURN) {
    return 0;
  }
  return fail(false);
}

// Makes a reason of what OpenSSL and the stream below say. Returns an errno value.
int TlsStream::fail(bool in_handshake) {
  if (verify_error_ != X509_V_OK) {
    failed_ = refused_certificate();
    return EPROTO;
  }
  if (error_ == ECANCELED || (error_ != 0 && !in_handshake)) {
    failed_ = {fault_of(error_), error_text(error_)};
    return error_;
  }
  if (error_ != 0 || ended_) {
    const std::string how = error_ != 0 ? error_text(error_) : "the server hung up";
    failed_ = {error_ == ETIMEDOUT ? Fault::timeout : Fault::tls_absent,
               how + " in the TLS handshake: the port may be one without TLS"};
    return error_ != 0 ? error_ : EPROTO;
  }
  const int reason = ERR_GET_REASON(::ERR_peek_error());
  failed_ = explain(reason, take_tls_error());
  return EPROTO;
}

Failed TlsStream::refused_certificate() const {
  switch (verify_error_) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {Fault::tls_name, "the server's certificate is for " +
                                   (certificate_names_.empty() ? "no name" : certificate_names_) + " and not for " +
                                   name_};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Fault::tls_expired, "the server's certificate has expired, or one that it was signed with"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Fault::tls_expired, "the server's certificate is not valid yet: compare the clocks"};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {Fault::tls_untrusted, "the server's certificate is signed by nobody whom we trust"};
    default:
      return {Fault::tls, std::string("the server's certificate cannot be verified: ") +
                              ::X509_verify_cert_error_string(verify_error_)};
  }
}

}  // namespace platform
