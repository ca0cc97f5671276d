#include "platform/tls_server.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

namespace platform {
namespace {

constexpr std::pair<std::string_view, int> kVersions[] = {
    {"TLS10", TLS1_VERSION}, {"TLS11", TLS1_1_VERSION}, {"TLS12", TLS1_2_VERSION}, {"TLS13", TLS1_3_VERSION}};
constexpr std::pair<std::string_view, std::string_view> kCurves[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};

std::string set_ciphers(SSL_CTX* context, const std::vector<std::string>& names) {
  // All that there are, to look their names up; without a seclevel, which would hide the old ones.
  ::SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL");
  const STACK_OF(SSL_CIPHER)* const all = ::SSL_CTX_get_ciphers(context);
  std::string list;
  for (const std::string& name : names) {
    const char* ours = nullptr;
    for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
      const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(all, i);
      const char* const standard = ::SSL_CIPHER_standard_name(cipher);
      // Go leaves the hash of these out of the name.
      const bool same = standard != nullptr && (name == standard || name + "_SHA256" == standard);
      ours = same ? ::SSL_CIPHER_get_name(cipher) : ours;
    }
    if (ours == nullptr) {
      return "unknown cipher suite '" + name + "'";
    }
    if (!name.starts_with("TLS_AES_") &&
        !name.starts_with("TLS_CHACHA20_POLY1305_SHA256")) {  // those of TLS 1.3 are on
      list.append(list.empty() ? "" : ":").append(ours);
    }
  }
  if (list.empty()) {
    list = "DEFAULT";
  }
  return ::SSL_CTX_set_cipher_list(context, list.c_str()) == 1 ? std::string()
                                                               : "the cipher suites are of no use: " + take_tls_error();
}

std::string set_curves(SSL_CTX* context, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    const auto known =
        std::find_if(std::begin(kCurves), std::end(kCurves), [&](const auto& c) { return c.first == name; });
    if (known == std::end(kCurves)) {
      return "unknown curve '" + name + "': use CurveP256, CurveP384, CurveP521 or X25519";
    }
    list.append(list.empty() ? "" : ":").append(known->second);
  }
  return ::SSL_CTX_set1_groups_list(context, list.c_str()) == 1 ? std::string()
                                                                : "the curves are of no use: " + take_tls_error();
}

std::string not_now(SSL_CTX* context, const std::string& file) {
  const X509* const own = ::SSL_CTX_get0_certificate(context);
  if (::X509_cmp_current_time(::X509_get0_notAfter(own)) < 0) {
    return file + ": the certificate has expired; give a new one (openssl x509 -noout -enddate -in FILE)";
  }
  if (::X509_cmp_current_time(::X509_get0_notBefore(own)) > 0) {
    return file + ": the certificate is not valid yet; is this machine's clock right?";
  }
  return {};
}

std::string readable_by_all(const std::string& key) {
  struct stat status {};
  return ::stat(key.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0
             ? key + ": everybody on this machine may read the key (chmod o-r FILE)"
             : std::string();
}

// Any certificate passes the handshake, where it is looked at later or not at all.
int take_any(int /*good*/, X509_STORE_CTX* /*chain*/) { return 1; }

std::string set_clients(SSL_CTX* context, const TlsServerSettings& settings) {
  const bool verified = settings.clients == TlsClients::verified || settings.clients == TlsClients::verified_if_given;
  if (settings.clients == TlsClients::nothing) {
    return settings.files.authorities.empty() && settings.client_names.empty()
               ? std::string()
               : "client_ca_file and client_allowed_sans need client_auth_type: RequireAndVerifyClientCert";
  }
  if (verified && settings.files.authorities.empty()) {
    return "client_ca_file is missing: who signs the clients' certificates?";
  }
  if (!settings.client_names.empty() && !verified) {
    return "client_allowed_sans need client_auth_type: RequireAndVerifyClientCert, else anybody may claim a name";
  }
  const bool must = settings.clients == TlsClients::any || settings.clients == TlsClients::verified;
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (must ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       verified ? nullptr : take_any);
  static constexpr unsigned char kSessions[] = "resource_exporter";
  ::SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  if (settings.files.authorities.empty()) {
    return {};
  }
  if (auto wrong = trust(context, settings.files); !wrong.empty()) {
    return wrong;
  }
  // So that a client that has several certificates knows which.
  if (!settings.files.authorities.starts_with("-----BEGIN")) {
    ::SSL_CTX_set_client_CA_list(context, ::SSL_load_client_CA_file(settings.files.authorities.c_str()));
  }
  return {};
}

// HTTP/1.1 is what we speak, whatever else the client would.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int size, void* /*unused*/) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (::SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(::ASN1_STRING_length(text))};
}

std::string shown_address(const ASN1_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ::ASN1_STRING_length(bytes);
  const int family = size == 4 ? AF_INET : AF_INET6;
  if ((size != 4 && size != 16) ||
      ::inet_ntop(family, ::ASN1_STRING_get0_data(bytes), text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

std::string shown_name(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_DNS:
      return text_of(name->d.dNSName);
    case GEN_EMAIL:
      return text_of(name->d.rfc822Name);
    case GEN_URI:
      return text_of(name->d.uniformResourceIdentifier);
    case GEN_IPADD:
      return shown_address(name->d.iPAddress);
    default:
      return {};
  }
}

}  // namespace

int tls_version(std::string_view name) noexcept {
  const auto known =
      std::find_if(std::begin(kVersions), std::end(kVersions), [&](const auto& one) { return one.first == name; });
  return known == std::end(kVersions) ? 0 : known->second;
}

std::string make_tls_server(const TlsServerSettings& settings, TlsContext& context) {
  TlsContext made;
  if (auto wrong = make_tls_context(::TLS_server_method(), settings.files, made); !wrong.empty()) {
    return wrong;
  }
  SSL_CTX* const raw = made.get();
  if (auto wrong = readable_by_all(settings.files.key); !wrong.empty()) {
    return wrong;
  }
  if (auto wrong = not_now(raw, tls_file_name(settings.files.certificate, "the certificate")); !wrong.empty()) {
    return wrong;
  }
  if (auto wrong = set_clients(raw, settings); !wrong.empty()) {
    return wrong;
  }
  if (settings.newest != 0 && settings.newest < settings.oldest) {
    return "max_version is older than min_version";
  }
  ::SSL_CTX_set_min_proto_version(raw, settings.oldest);
  ::SSL_CTX_set_max_proto_version(raw, settings.newest);
  if (settings.oldest < TLS1_2_VERSION) {
    ::SSL_CTX_set_security_level(raw, 0);  // their hashes are not good enough for the usual level
  }
  if (!settings.ciphers.empty()) {
    if (auto wrong = set_ciphers(raw, settings.ciphers); !wrong.empty()) {
      return wrong;
    }
  }
  if (!settings.curves.empty()) {
    if (auto wrong = set_curves(raw, settings.curves); !wrong.empty()) {
      return wrong;
    }
  }
  ::SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 (settings.own_order ? SSL_OP_CIPHER_SERVER_PREFERENCE : std::uint64_t{0}));
  // What is read ahead would be memory of each idle connection.
  ::SSL_CTX_set_read_ahead(raw, 0);
  ::SSL_CTX_set_mode(raw,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets are kept by the clients
  ::SSL_CTX_set_num_tickets(raw, 1);
  ::SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  ::ERR_clear_error();
  context = std::move(made);
  return {};
}

TlsConnection::TlsConnection(SSL_CTX* context, int socket, const std::vector<std::string>& client_names)
    : ssl_(::SSL_new(context)), client_names_(client_names) {
  if (ssl_) {
    ::SSL_set_fd(ssl_.get(), socket);
    ::SSL_set_accept_state(ssl_.get());
  }
}

TlsConnection::~TlsConnection() { ::ERR_clear_error(); }

TlsConnection::Step TlsConnection::step_of(int result) {
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::done;
    case SSL_ERROR_WANT_READ:
      return Step::reads;
    case SSL_ERROR_WANT_WRITE:
      return Step::writes;
    default:
      break;
  }
  const auto error = ::ERR_peek_error();
  plain_http_ = !established_ && ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
  ::ERR_clear_error();
  return Step::ended;
}

TlsConnection::Step TlsConnection::handshake() {
  if (established_) {
    return Step::done;
  }
  if (!ssl_) {
    return Step::ended;
  }
  ::ERR_clear_error();
  const Step step = step_of(::SSL_accept(ssl_.get()));
  if (step == Step::done) {
    established_ = client_is_welcome();
    return established_ ? Step::done : Step::ended;
  }
  return step;
}

bool TlsConnection::client_is_welcome() const {
  const X509* const own = ::SSL_get0_peer_certificate(ssl_.get());
  if (client_names_.empty() || own == nullptr) {
    return true;
  }
  auto* const names = static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(own, NID_subject_alt_name, nullptr, nullptr));
  bool welcome = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const std::string name = shown_name(sk_GENERAL_NAME_value(names, i));
    welcome = welcome ||
              (!name.empty() && std::find(client_names_.begin(), client_names_.end(), name) != client_names_.end());
  }
  ::GENERAL_NAMES_free(names);
  return welcome;
}

TlsConnection::Step TlsConnection::read(char* into, std::size_t size, std::size_t& got) {
  got = 0;
  ::ERR_clear_error();
  return step_of(::SSL_read_ex(ssl_.get(), into, size, &got));
}

bool TlsConnection::pending() const noexcept { return ::SSL_pending(ssl_.get()) > 0; }

TlsConnection::Step TlsConnection::write(std::string_view bytes, std::size_t& sent) {
  sent = 0;
  ::ERR_clear_error();
  return step_of(::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent));
}

void TlsConnection::close() noexcept {
  if (established_) {
    ::SSL_shutdown(ssl_.get());
    ::ERR_clear_error();
  }
}

}  // namespace platform
