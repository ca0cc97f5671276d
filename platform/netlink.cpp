#include "platform/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace platform::netlink {
namespace {

constexpr std::size_t kBuffer = 32768;            // what the kernel fills at most in one part of a dump
constexpr unsigned kQuestionsWithoutAsking = 60;  // an hour of minutes, or a quarter of one at a scrape each 15 s

// The descriptor goes back to its owner only when the answer was read to its end: what is left in the queue of a socket
// must not answer the next question, and a dump that was not read to its end refuses the next one.
class Borrowed {
 public:
  explicit Borrowed(Fd& owner) noexcept : owner_(&owner), fd_(std::move(owner)) {}
  int get() const noexcept { return fd_.get(); }
  void give_back() noexcept { *owner_ = std::move(fd_); }

 private:
  Fd* owner_;
  Fd fd_;
};

}  // namespace

Request::Request(std::uint16_t type, std::uint16_t flags) noexcept {
  nlmsghdr* const head = mnl_nlmsg_put_header(bytes_.data());
  head->nlmsg_type = type;
  head->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void* Request::extra(std::size_t size) noexcept { return mnl_nlmsg_put_extra_header(message(), size); }

Request& Request::put(std::uint16_t type, std::span<const char> payload) noexcept {
  overflow_ = overflow_ || !mnl_attr_put_check(message(), kRoom, type, payload.size(), payload.data());
  return *this;
}

Request& Request::put_text(std::uint16_t type, std::string_view text) noexcept {
  std::array<char, kRoom / 2> terminated{};
  if (text.size() >= terminated.size()) {
    overflow_ = true;
    return *this;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  return put(type, std::span<const char>(terminated).first(text.size() + 1));
}

Request& Request::begin(std::uint16_t type) noexcept {
  nest_ = overflow_ ? nullptr : mnl_attr_nest_start_check(message(), kRoom, type);
  overflow_ = nest_ == nullptr;
  return *this;
}

Request& Request::end() noexcept {
  if (nest_ != nullptr) {
    mnl_attr_nest_end(message(), nest_);
    nest_ = nullptr;
  }
  return *this;
}

int Socket::open() {
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(kBuffer);
  }
  if (!socket_) {
    socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol_));
    if (!socket_) {
      return errno;
    }
    // Errors with a reason in words, and without our own question repeated. Older kernels refuse: no matter.
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    ::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  }
  return 0;
}

int Socket::open_in(const Fd& file, const Fd& home) {
  close();
  // Whether we may come back is known before we go.
  if (::setns(home.get(), CLONE_NEWNET) != 0 || ::setns(file.get(), CLONE_NEWNET) != 0) {
    return errno;
  }
  const int error = open();
  if (::setns(home.get(), CLONE_NEWNET) != 0) {
    std::abort();
  }
  return error;
}

int Socket::exchange(Request& request, std::uint16_t flags, void* to, Visitor visit, const Deadline* deadline) {
  error_text_[0] = '\0';
  if (request.overflow_) {
    return EMSGSIZE;
  }
  if (const int error = open()) {
    return error;
  }
  Borrowed fd(socket_);
  nlmsghdr* const head = request.message();
  head->nlmsg_seq = ++sequence_;
  head->nlmsg_flags = static_cast<std::uint16_t>((head->nlmsg_flags & ~(NLM_F_DUMP | NLM_F_ACK)) | flags);
  int error = ::send(fd.get(), head, head->nlmsg_len, 0) < 0 ? errno : 0;
  bool ended = false;
  if (error == 0) {
    error = receive(fd.get(), sequence_, to, visit, deadline, ended);
  }
  if (ended) {
    fd.give_back();
  }
  // A family that was unloaded and loaded again has another number.
  if (error == ENOENT && head->nlmsg_type > GENL_ID_CTRL) {
    std::erase_if(families_, [](const Family& family) { return family.id != 0; });
  }
  return error;
}

int Socket::receive(int fd, std::uint32_t sequence, void* to, Visitor visit, const Deadline* deadline, bool& ended) {
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof(from);
    const ssize_t got = ::recvfrom(fd, buffer_.get(), kBuffer, MSG_DONTWAIT | MSG_TRUNC,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN && deadline != nullptr) {
      const auto waited = deadline->wait(fd, POLLIN);
      if (waited == Deadline::Wait::ready) {
        continue;
      }
      return waited == Deadline::Wait::expired ? ETIMEDOUT : waited == Deadline::Wait::stopped ? ECANCELED : EIO;
    }
    if (got <= 0 || static_cast<std::size_t>(got) > kBuffer) {
      return got < 0 ? errno : EMSGSIZE;
    }
    if (from.nl_pid != 0) {
      continue;  // not the kernel
    }
    const Answer answer = take(static_cast<std::size_t>(got), sequence, to, visit);
    if (answer.ended) {
      ended = true;
      return answer.error;
    }
  }
}

Socket::Answer Socket::take(std::size_t size, std::uint32_t sequence, void* to, Visitor visit) {
  int left = static_cast<int>(size);
  for (const auto* part = reinterpret_cast<const nlmsghdr*>(buffer_.get()); mnl_nlmsg_ok(part, left);
       part = mnl_nlmsg_next(part, &left)) {
    if (part->nlmsg_seq != sequence) {
      continue;
    }
    const std::span<const char> payload(static_cast<const char*>(mnl_nlmsg_get_payload(part)),
                                        mnl_nlmsg_get_payload_len(part));
    interrupted_ = interrupted_ || (part->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (part->nlmsg_type == NLMSG_ERROR) {
      return failed(payload, part->nlmsg_flags);
    }
    if (part->nlmsg_type == NLMSG_DONE) {
      // A dump that failed on its way says so here; the number is not sent by all kernels.
      return {true, -std::min(read<int>(payload).value_or(0), 0)};
    }
    if (part->nlmsg_type >= NLMSG_MIN_TYPE) {
      visit(to, {part->nlmsg_type, payload});
    }
  }
  return {};
}

// nlmsgerr: the error (0 for an acknowledgement), the header of our question or all of it, attributes.
Socket::Answer Socket::failed(std::span<const char> payload, std::uint16_t flags) {
  const auto head = read<nlmsgerr>(payload);
  if (!head) {
    return {true, EBADMSG};
  }
  if (head->error != 0 && (flags & NLM_F_ACK_TLVS) != 0) {
    const bool capped = (flags & NLM_F_CAPPED) != 0;
    const std::size_t question = capped ? sizeof(nlmsghdr) : NLMSG_ALIGN(std::size_t{head->msg.nlmsg_len});
    const std::size_t start = std::min(sizeof(head->error) + question, payload.size());
    each_attribute(payload.subspan(start), [&](const Attribute& attribute) {
      if (attribute.type == NLMSGERR_ATTR_MSG) {
        const auto said = attribute.text().substr(0, error_text_.size() - 1);
        *std::copy(said.begin(), said.end(), error_text_.begin()) = '\0';
      }
    });
  }
  return {true, -head->error};
}

int Socket::family(std::string_view name, std::uint16_t& id, const Deadline* deadline) {
  auto known = std::find_if(families_.begin(), families_.end(), [&](const Family& f) { return f.name == name; });
  if (known != families_.end()) {
    if (known->id != 0) {
      id = known->id;
      return 0;
    }
    if (++known->questions < kQuestionsWithoutAsking) {
      return ENOENT;
    }
    families_.erase(known);
  }
  Request request(GENL_ID_CTRL, genlmsghdr{CTRL_CMD_GETFAMILY, 1, 0});
  request.put_text(CTRL_ATTR_FAMILY_NAME, name);
  std::uint16_t found = 0;
  const auto visit = [&](const Message& message) {
    each_attribute(message.behind(sizeof(genlmsghdr)), [&](const Attribute& attribute) {
      if (attribute.type == CTRL_ATTR_FAMILY_ID) {
        found = attribute.as<std::uint16_t>().value_or(0);
      }
    });
  };
  const int error = ask(request, visit, deadline);
  if (error == ENOENT || (error == 0 && found == 0)) {
    families_.push_back({std::string(name), 0, 0});
    return ENOENT;
  }
  if (error == 0) {
    families_.push_back({std::string(name), found, 0});
    id = found;
  }
  return error;
}

}  // namespace platform::netlink
