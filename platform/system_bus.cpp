#include "platform/system_bus.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/sd_bus.h"

namespace platform {
namespace {

// Calls under way at a time. Bus daemons allow 128 for each connection; systemd answers them one after the other.
constexpr std::size_t kWindow = 64;
// Containers within containers that a reply may have; D-Bus itself allows 64.
constexpr unsigned kDeepest = 16;
// How long a run waits for the replies that an earlier one did not get.
constexpr std::chrono::seconds kCatchUp{1};

// Everything but letters, digits and a few signs is written as %XX in an address.
std::string address_of(const std::string& path) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "unix:path=";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '_' || c == '-' || c == '.';
    const auto octet = static_cast<unsigned char>(c);
    if (plain) {
      text += c;
    } else {
      text.append({'%', kDigits[octet >> 4U], kDigits[octet & 0xfU]});
    }
  }
  return text;
}

}  // namespace

SystemBus::SystemBus(std::vector<BusAddress> addresses) : addresses_(std::move(addresses)) {}

SystemBus::~SystemBus() { disconnect(); }

bool SystemBus::absent() const noexcept {
  return bus_ == nullptr && std::none_of(addresses_.begin(), addresses_.end(), [](const BusAddress& address) {
           return ::access(address.path.c_str(), F_OK) == 0;
         });
}

int SystemBus::run(std::span<const BusCall> calls, const Deadline& deadline, const Receive& receive) {
  reason_.clear();
  for (Pending& old : pending_) {
    old.call = kAbandoned;
  }
  if (bus_ != nullptr) {
    const int error = catch_up(deadline);
    if (error == ETIMEDOUT || error == ECANCELED) {
      reason_ = error == ETIMEDOUT ? "earlier calls are not answered yet" : "";
      return error;
    }
  }
  if (bus_ == nullptr) {
    if (const int error = connect()) {
      return error;
    }
  }
  const int error = run_connected(calls, deadline, receive);
  if (direct_ && pending_.empty()) {
    disconnect();
  }
  return error;
}

int SystemBus::connect() {
  if (!sd_bus_) {
    auto library = std::make_unique<SdBus>();
    reason_ = library->load();
    if (!reason_.empty()) {
      return ENOPKG;
    }
    sd_bus_ = std::move(library);
  }
  int result = ENOENT;
  for (const BusAddress& address : addresses_) {
    const int error = open(address);
    if (error == 0) {
      reason_.clear();
      return 0;
    }
    // A socket that refuses says more than one that is not there.
    if (result == ENOENT || reason_.empty()) {
      result = error;
      reason_ = "cannot connect to " + address.path;
    }
  }
  return result;
}

int SystemBus::open(const BusAddress& address) {
  int error = sd_bus_->make(&bus_);
  if (error >= 0) {
    error = sd_bus_->set_address(bus_, address_of(address.path).c_str());
  }
  if (error >= 0 && !address.direct) {
    error = sd_bus_->set_bus_client(bus_, 1);
  }
  if (error >= 0) {
    error = sd_bus_->start(bus_);
  }
  if (error < 0) {
    disconnect();
    return -error;
  }
  direct_ = address.direct;
  return 0;
}

void SystemBus::disconnect() {
  if (bus_ != nullptr) {
    sd_bus_->close(bus_);  // does not wait for what was not sent
    sd_bus_->unref(bus_);
    bus_ = nullptr;
  }
  pending_.clear();
}

// Brings a kept connection up to date. One that has ended meanwhile is dropped, which is no error yet.
int SystemBus::catch_up(const Deadline& deadline) {
  const Deadline soon{std::min(deadline.at, std::chrono::steady_clock::now() + kCatchUp), deadline.stop_fd};
  int error = 0;
  while (error == 0 && bus_ != nullptr && !pending_.empty()) {
    error = step(soon, nullptr);
  }
  if (error == 0 && bus_ != nullptr) {
    bool any = false;  // nothing is awaited; this is how the end of a connection is noticed
    error = take_messages(soon, nullptr, any);
  }
  return error;
}

int SystemBus::run_connected(std::span<const BusCall> calls, const Deadline& deadline, const Receive& receive) {
  std::size_t sent = 0;
  while (sent < calls.size() || !pending_.empty()) {
    while (sent < calls.size() && pending_.size() < kWindow) {
      if (const int error = send(calls[sent], sent)) {
        disconnect();
        return error;
      }
      ++sent;
    }
    if (const int error = step(deadline, &receive)) {
      return error;
    }
  }
  return 0;
}

int SystemBus::send(const BusCall& call, std::size_t index) {
  SdBus::Message message(*sd_bus_);
  int error = sd_bus_->new_call(bus_, &message.message, call.destination, call.path, call.interface, call.member);
  if (error >= 0) {
    error = sd_bus_->set_auto_start(message.message, 0);
  }
  for (const char* const argument : {call.first, call.second}) {
    if (error >= 0 && argument != nullptr) {
      error = sd_bus_->append(message.message, SD_BUS_TYPE_STRING, argument);
    }
  }
  std::uint64_t cookie = 0;
  if (error >= 0) {
    error = sd_bus_->send(bus_, message.message, &cookie);
  }
  if (error < 0) {
    return -error;
  }
  pending_.push_back({cookie, index});
  return 0;
}

int SystemBus::take_messages(const Deadline& deadline, const Receive* receive, bool& any) {
  for (any = false;; any = true) {
    // Looked at before every message: a peer that sends without end must not keep us past the deadline.
    if (any && deadline.expired()) {
      return ETIMEDOUT;
    }
    SdBus::Message message(*sd_bus_);
    const int result = sd_bus_->process(bus_, &message.message);
    if (result < 0) {
      disconnect();
      return -result;
    }
    if (result == 0) {
      return 0;
    }
    if (message.message != nullptr) {
      take_reply(message.message, receive);
    }
  }
}

int SystemBus::step(const Deadline& deadline, const Receive* receive) {
  bool any = false;
  if (const int error = take_messages(deadline, receive, any); error != 0 || any) {
    return error;
  }
  const int error = wait(deadline);
  if (error != 0 && error != ETIMEDOUT && error != ECANCELED) {
    disconnect();
  }
  return error;
}

int SystemBus::wait(const Deadline& deadline) const {
  const int events = sd_bus_->get_events(bus_);
  std::uint64_t until = 0;
  if (const int result = sd_bus_->get_timeout(bus_, &until); events < 0 || result < 0) {
    return events < 0 ? -events : -result;
  }
  // sd-bus has deadlines of its own while it logs in, on the same clock; 0 means that there is work already.
  Deadline soon = deadline;
  if (until != UINT64_MAX) {
    const std::chrono::steady_clock::time_point own{std::chrono::microseconds(static_cast<std::int64_t>(until))};
    soon.at = std::min(soon.at, own);
  }
  switch (soon.wait(sd_bus_->get_fd(bus_), static_cast<short>(events))) {
    case Deadline::Wait::ready:
      return 0;
    case Deadline::Wait::expired:
      return deadline.expired() ? ETIMEDOUT : 0;
    case Deadline::Wait::stopped:
      return ECANCELED;
    case Deadline::Wait::error:
      break;
  }
  return EIO;
}

void SystemBus::take_reply(sd_bus_message* message, const Receive* receive) {
  std::uint64_t cookie = 0;
  if (sd_bus_->reply_cookie(message, &cookie) < 0) {
    return;  // a signal, such as NameAcquired
  }
  const auto found =
      std::find_if(pending_.begin(), pending_.end(), [&](const auto& one) { return one.cookie == cookie; });
  if (found == pending_.end()) {
    return;
  }
  const std::size_t call = found->call;
  pending_.erase(found);
  if (call == kAbandoned || receive == nullptr) {
    return;
  }
  values_.clear();
  BusReply reply;
  const sd_bus_error* const error = sd_bus_->error(message);
  if (error != nullptr && error->name != nullptr) {
    reply.error = error->name;
  } else if (!read_values(message, 0, false)) {
    reply.error = "org.freedesktop.DBus.Error.InconsistentMessage";
  } else {
    reply.values = values_;
  }
  (*receive)(call, reply);
}

// Appends the values up to the end of the container that is open. False when the message cannot be read.
bool SystemBus::read_values(sd_bus_message* message, unsigned depth, bool only_first) {
  const std::size_t before = values_.size();
  for (;;) {
    char type = 0;
    const char* contents = nullptr;
    const int more = sd_bus_->peek(message, &type, &contents);
    if (more < 0) {
      return false;
    }
    if (more == 0) {
      break;
    }
    if (is_container(type)) {
      if (depth == kDeepest || sd_bus_->enter(message, type, contents) <= 0 ||
          !read_values(message, depth + 1, type == SD_BUS_TYPE_VARIANT) || sd_bus_->leave(message) < 0) {
        return false;
      }
      continue;
    }
    SdBusBasic basic{};
    if (sd_bus_->read(message, type, &basic) <= 0) {
      return false;
    }
    values_.push_back(value_of(type, basic));
  }
  if (only_first) {
    values_.resize(before + 1);
  }
  return true;
}

}  // namespace platform
