#include "exporter/web_gate.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "platform/ascii.h"
#include "platform/base64.h"
#include "platform/dir.h"
#include "platform/password_hash.h"
#include "platform/settings_file.h"
#include "platform/sha256.h"
#include "platform/text.h"
#include "platform/yaml.h"

namespace exporter {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "resource_exporter_config_last_reload_successful",
     "1 when --web.config.file was good the last time it was read."},
    {MetricType::gauge, "resource_exporter_config_last_reload_success_timestamp_seconds",
     "When --web.config.file was read well the last time."},
    {MetricType::counter,
     "resource_exporter_http_refused_requests_total",
     "Requests that the scrape port did not let through.",
     {"reason"}},
};
constexpr std::string_view kReasonNames[] = {"unauthorized", "forbidden", "rate", "busy"};

constexpr std::size_t kMostKnown = 100;  // digests, of right and of wrong ones
constexpr std::size_t kLongest = 1024;   // of name and password
constexpr int kMostWaiting = 8;          // requests for a hash
constexpr std::chrono::seconds kPatience{5};

const HttpHeader kChallenge[] = {{"WWW-Authenticate", "Basic realm=\"resource_exporter\", charset=\"UTF-8\""}};
const HttpHeader kLater[] = {{"Retry-After", "1"}};

std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? std::string() : slash == 0 ? "/" : file.substr(0, slash);
}

std::string random_salt() {
  std::array<unsigned char, 16> bytes{};
  ::RAND_bytes(bytes.data(), bytes.size());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// "name:password" of "Basic bmFtZTpwYXNzd29yZA=="; empty for what is none.
std::string credentials_of(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() < kScheme.size() || platform::lower(header.substr(0, kScheme.size())) != kScheme) {
    return {};
  }
  const auto coded = platform::trim(header.substr(kScheme.size()));
  return coded.size() > kLongest ? std::string() : platform::base64_decoded(coded).value_or("");
}

void keep(std::deque<std::string>& known, const std::string& digest) {
  if (known.size() >= kMostKnown) {
    known.pop_front();
  }
  known.push_back(digest);
}

bool has(const std::deque<std::string>& known, const std::string& digest) {
  return std::find(known.begin(), known.end(), digest) != known.end();
}

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

WebGate::WebGate(std::string file, const Log& log)
    : file_(std::move(file)), folder_(folder_of(file_)), log_(log), salt_(file_.empty() ? "" : random_salt()) {
  if (file_.empty()) {
    current_ = std::make_shared<Current>();
    return;
  }
  changed();
  if (const auto wrong = take_over(); !wrong.empty()) {
    throw OptionError("option web.config.file: " + wrong);
  }
}

std::shared_ptr<const WebGate::Current> WebGate::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<const HttpTls> WebGate::tls() const { return current()->tls; }

std::string WebGate::read(std::shared_ptr<Current>& made) const {
  platform::ReadBuffer buffer;
  platform::FileStamp stamp;
  if (const auto wrong = platform::read_settings_file(file_, platform::kYamlMaxBytes, buffer, stamp); !wrong.empty()) {
    return file_ + ": " + wrong;
  }
  auto next = std::make_shared<Current>();
  if (auto wrong = read_web_config(file_, buffer.text(), folder_, next->config); !wrong.empty()) {
    return wrong;
  }
  if (next->config.tls) {
    next->certificates.changed(next->config.tls->files);  // before they are read
    auto tls = std::make_shared<HttpTls>();
    if (auto wrong = platform::make_tls_server(*next->config.tls, tls->context); !wrong.empty()) {
      return file_ + ": tls_server_config: " + wrong;
    }
    tls->client_names = next->config.tls->client_names;
    next->tls = std::move(tls);
  }
  for (const auto& user : next->config.users) {
    // Costs are two digits at the same place.
    if (next->hopeless.empty() || user.hash.substr(4, 2) > next->hopeless.substr(4, 2)) {
      next->hopeless = platform::hopeless_bcrypt(user.hash);
    }
  }
  made = std::move(next);
  return {};
}

std::string WebGate::take_over() {
  std::shared_ptr<Current> made;
  std::string wrong = read(made);
  const std::lock_guard lock(mutex_);
  if (wrong.empty() && current_ && (made->tls == nullptr) != (current_->tls == nullptr)) {
    wrong = file_ + ": tls_server_config came or went; that takes a restart";
  }
  trouble_ = wrong;
  if (wrong.empty()) {
    if (made->config.http2 && !current_) {
      log_.warn("HTTP/2 is not served, HTTP/1.1 is", {{"file", file_}});
    }
    current_ = std::move(made);
    success_seconds_ = unix_now();
  }
  return wrong;
}

// True when a file is another than at the last call.
bool WebGate::changed() {
  const std::lock_guard lock(mutex_);
  platform::FileStamp now;
  platform::stamp_of(file_, now);
  const bool other = std::exchange(stamp_, now) != now;
  const bool certificates =
      current_ && current_->config.tls && current_->certificates.changed(current_->config.tls->files);
  return other || certificates;
}

void WebGate::look() {
  if (file_.empty() || !changed()) {
    return;
  }
  if (const auto wrong = take_over(); !wrong.empty()) {
    log_.warn("not read again, what was in force stays", {{"reason", wrong}});
  } else {
    log_.info("settings of the scrape port are read again", {{"file", file_}});
  }
}

std::string WebGate::reload() {
  if (file_.empty()) {
    return {};
  }
  changed();
  return take_over();
}

HttpReply WebGate::say(Refused why, int status, std::string text) {
  ++refused_[why];
  return HttpReply::text(status, std::move(text));
}

std::optional<HttpReply> WebGate::refuse(const Current& now, const HttpRequest& request, Door door) {
  if (!within_rate(now.config)) {
    HttpReply reply = say(rate, 429, "Too many requests: rate_limit of --web.config.file.\n");
    reply.headers = kLater;
    return reply;
  }
  if (now.config.users.empty()) {
    return std::nullopt;
  }
  std::string user = credentials_of(request.authorization);
  const auto colon = user.find(':');
  const std::string password = colon == std::string::npos ? std::string() : user.substr(colon + 1);
  user.resize(std::min(colon, user.size()));
  const auto good = colon == std::string::npos ? std::optional(false) : right(now, user, password);
  if (!good) {
    HttpReply reply = say(busy, 503, "Other passwords are being checked, try again later.\n");
    reply.headers = kLater;
    return reply;
  }
  if (!*good) {
    HttpReply reply = say(unauthorized, 401, "Unauthorized\n");
    reply.headers = kChallenge;
    return reply;
  }
  if (!now.config.may(user, door)) {
    return say(forbidden, 403, "This user may not ask for this path: access of --web.config.file.\n");
  }
  return std::nullopt;
}

bool WebGate::within_rate(const WebConfig& config) {
  if (config.rate_interval <= 0) {
    return true;
  }
  const std::lock_guard lock(rate_mutex_);
  const auto now = Clock::now();
  const double passed = std::chrono::duration<double>(now - tokens_at_).count();
  tokens_ = tokens_at_ == Clock::time_point{}
                ? config.rate_burst
                : std::min<double>(config.rate_burst, tokens_ + passed / config.rate_interval);
  tokens_at_ = now;
  if (tokens_ < 1) {
    return false;
  }
  tokens_ -= 1;
  return true;
}

std::optional<bool> WebGate::known(const std::string& digest) {
  const std::lock_guard lock(known_mutex_);
  return has(right_, digest) ? std::optional(true) : has(wrong_, digest) ? std::optional(false) : std::nullopt;
}

std::optional<bool> WebGate::right(const Current& now, const std::string& user, const std::string& password) {
  const auto found = std::find_if(now.config.users.begin(), now.config.users.end(),
                                  [&](const WebConfig::User& one) { return one.name == user; });
  const bool exists = found != now.config.users.end();
  const std::string& hash = exists ? found->hash : now.hopeless;
  const std::string digest = platform::sha256_hex(salt_ + hash + std::to_string(user.size()) + ":" + user + password);
  if (const auto before = known(digest)) {
    return before;
  }
  const platform::Counted waiting(waiting_);
  if (waiting.number > kMostWaiting || !hashing_.try_lock_until(Clock::now() + kPatience)) {
    return std::nullopt;
  }
  const std::lock_guard hashing(hashing_, std::adopt_lock);
  if (const auto meanwhile = known(digest)) {
    return meanwhile;
  }
  const bool good = platform::matches_bcrypt(password, hash) && exists;
  const std::lock_guard keeping(known_mutex_);
  keep(good ? right_ : wrong_, digest);
  return good;
}

std::span<const MetricDesc> WebGate::metrics() noexcept { return kMetrics; }

void WebGate::write(Sink& sink) const {
  if (file_.empty()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    sink.add(kMetrics[0], trouble_.empty() ? 1 : 0);
    sink.add(kMetrics[1], success_seconds_);
  }
  for (std::size_t i = 0; i < kReasons; ++i) {
    sink.add(kMetrics[2], refused_[i].load(), {kReasonNames[i]});
  }
}

}  // namespace exporter
