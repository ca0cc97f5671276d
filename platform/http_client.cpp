#include "platform/http_client.h"

#include <array>
#include <cerrno>

#include "platform/ascii.h"

namespace platform {
namespace {

// Packing costs the server more than sending to its own machine does.
bool on_this_machine(const Endpoint& endpoint) {
  return !endpoint.path.empty() || endpoint.host == "localhost" || endpoint.host == "::1" ||
         endpoint.host.starts_with("127.");
}

}  // namespace

HttpClient::HttpClient(HttpTarget target, std::string_view accept, std::size_t most, TlsClient* tls)
    : target_(std::move(target)), most_(most), tls_(tls), reader_(most) {
  request_.append("GET ").append(target_.path).append(" HTTP/1.1\r\nHost: ").append(target_.host);
  request_.append("\r\nUser-Agent: resource_exporter\r\nAccept: ").append(accept);
  request_.append("\r\nAccept-Encoding: ").append(on_this_machine(target_.endpoint) ? "identity" : "gzip");
  if (!target_.authorization.empty()) {
    request_.append("\r\nAuthorization: ").append(target_.authorization);
  }
  request_.append("\r\n\r\n");
}

void HttpClient::fail(Fault fault, std::string_view reason) {
  failed_.fault = fault;
  failed_.reason = reason;
  stream_ = nullptr;
}

void HttpClient::fail(int error) {
  const Failed more = stream_->failed();
  if (more.fault != Fault::none) {
    fail(more.fault, more.reason);
  } else {
    fail(fault_of(error), error_text(error));
  }
}

bool HttpClient::connect(const Deadline& deadline) {
  auto connected = connect_to(target_.endpoint, deadline);
  if (connected.stream && target_.tls) {
    connected = tls_->wrap(std::move(connected.stream), target_.endpoint.host, {}, session_, deadline);
  }
  stream_ = std::move(connected.stream);
  if (!stream_) {
    fail(connected.fault, connected.reason);
  }
  return stream_ != nullptr;
}

HttpClient::Went HttpClient::exchange(const Deadline& deadline) {
  reader_.begin();
  if (const int error = stream_->send(request_, deadline)) {
    fail(error);
    return failed_.fault == Fault::network ? Went::stale : Went::wrong;
  }
  std::array<char, 16384> part;  // not initialised
  while (!reader_.done() && !reader_.failed()) {
    std::size_t got = 0;
    if (const int error = stream_->receive(part, got, deadline)) {
      fail(error);
      return failed_.fault == Fault::network && !reader_.started() ? Went::stale : Went::wrong;
    }
    if (got == 0) {
      reader_.end();
    } else if (reader_.feed({part.data(), got}) != got) {
      stream_ = nullptr;  // more than a reply: what follows it cannot be trusted
    }
    if (stream_ == nullptr) {
      break;
    }
  }
  if (reader_.failed()) {
    fail(Fault::protocol, reader_.error());
    return reader_.started() ? Went::wrong : Went::stale;
  }
  if (!reader_.keeps_alive()) {
    stream_ = nullptr;
  }
  return Went::well;
}

bool HttpClient::unpack() {
  const std::string_view encoding = reader_.content_encoding();
  unpacked_ = equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip");
  if (!unpacked_) {
    if (encoding.empty() || equal_ignoring_case(encoding, "identity")) {
      return true;
    }
    fail(Fault::protocol, "a Content-Encoding that was not asked for");
    return false;
  }
  switch (gunzip_.unpack(reader_.body(), most_, text_)) {
    case Gunzip::Result::ok:
      return true;
    case Gunzip::Result::too_large:
      fail(Fault::protocol, "a body of more than " + std::to_string(most_) + " bytes once it is unpacked");
      return false;
    case Gunzip::Result::broken:
      break;
  }
  fail(Fault::protocol, "a body that says it is gzip and is none");
  return false;
}

bool HttpClient::get(const Deadline& deadline) {
  failed_.fault = Fault::none;
  failed_.reason.clear();
  unpacked_ = false;
  const bool kept = stream_ != nullptr;
  if (!kept && !connect(deadline)) {
    return false;
  }
  Went went = exchange(deadline);
  if (went == Went::stale && kept) {
    failed_.fault = Fault::none;
    failed_.reason.clear();
    if (!connect(deadline)) {
      return false;
    }
    went = exchange(deadline);
  }
  return went == Went::well && unpack();
}

}  // namespace platform
