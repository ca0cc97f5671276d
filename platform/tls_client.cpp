#include "platform/tls_client.h"

#include "platform/tls_stream.h"

namespace platform {
namespace {

// A host as certificates have it: without the scope of an address, or the dot that may end a name.
std::string plain_name(std::string_view host) {
  host = host.substr(0, host.find('%'));
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return std::string(host);
}

}  // namespace

TlsClient::Ready TlsClient::ready() {
  const std::lock_guard lock(mutex_);
  if (!stamps_.changed(settings_.files)) {
    return ready_;
  }
  TlsContext made;
  std::string wrong = make_tls_context(::TLS_client_method(), settings_.files, made);
  if (wrong.empty() && settings_.verify) {
    wrong = trust(made.get(), settings_.files);
  }
  ready_.trouble = wrong;
  if (wrong.empty()) {
    if (settings_.verify) {
      ::SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, TlsStream::verify);
    }
    ::SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(made.get(), TlsStream::keep_session);
    ready_.context = std::shared_ptr<SSL_CTX>(std::move(made));
    ++ready_.generation;
  }
  return ready_;
}

std::string TlsClient::look() { return ready().trouble; }

Connected TlsClient::wrap(std::unique_ptr<ByteStream> socket, const std::string& host, const std::string& server_name,
                          TlsSession& session, const Deadline& deadline) {
  Connected result;
  const Ready with = ready();
  if (!with.context) {
    result.fault = Fault::tls;
    result.reason = with.trouble;
    return result;
  }
  if (session.generation_ != with.generation) {
    session.forget();  // whom it was made with is not trusted any more, or was not asked for what is wanted now
    session.generation_ = with.generation;
  }
  std::string name = server_name.empty() ? settings_.server_name : server_name;
  name = plain_name(name.empty() ? host : name);
  auto stream = std::make_unique<TlsStream>(with.context.get(), std::move(socket), session);
  // A plain Redis waits for the end of what it takes for a line. Half of the time is enough to know, and leaves some to
  // say so on this very page.
  const auto now = std::chrono::steady_clock::now();
  const Deadline half{.at = now + (deadline.at - now) / 2, .stop_fd = deadline.stop_fd};
  result.error = stream->handshake(name, settings_.verify, half);
  if (result.error == 0) {
    result.stream = std::move(stream);
    return result;
  }
  session.forget();
  result.fault = stream->failed().fault;
  result.reason = stream->failed().reason;
  if (!with.trouble.empty()) {
    result.reason += "; older certificates are in use, since " + with.trouble;
  }
  return result;
}

}  // namespace platform
