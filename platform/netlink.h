// Questions to the kernel over netlink (netlink(7)): rtnetlink(7), sock_diag(7) and generic netlink alike.
//
// In short, for a dump (here of the neighbours of IPv4):
//
//   netlink::Socket socket(NETLINK_ROUTE);                        // kept; opened at the first question
//   ndmsg of_ipv4{};
//   of_ipv4.ndm_family = AF_INET;
//   netlink::Request request(RTM_GETNEIGH, of_ipv4);
//   int error = socket.dump(request, [&] { count = 0; },          // before each attempt: forget what came so far
//                           [&](const netlink::Message& message) {
//     const auto header = message.header<ndmsg>();                // nothing when the message is too short
//     if (message.type == RTM_NEWNEIGH && header) {
//       netlink::each_attribute(message.behind(sizeof(ndmsg)), [&](const netlink::Attribute& attribute) { ... });
//     }
//   });
//
// and for generic netlink, whose families get their number at run time:
//
//   std::uint16_t family = 0;                                     // remembered by the socket
//   if (const int error = socket.family("nl80211", family, deadline)) { ... ENOENT: the kernel has none ... }
//   netlink::Request request(family, genlmsghdr{.cmd = NL80211_CMD_GET_INTERFACE, .version = 1, .reserved = 0});
//   ... message.behind(sizeof(genlmsghdr)) holds the attributes ...
//
// Shows the network namespace of this process, whatever --path.procfs says, unless open_in() names another. Functions
// return 0 or an errno value. The kernel answers while the question is being sent: that is when a call takes as long as
// the kernel holds the lock of what is asked for (the rtnl lock), or as a driver takes. Afterwards the answer is ready
// and reading never waits.
#pragma once
#include <linux/netlink.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/deadline.h"
#include "platform/dir.h"

namespace platform::netlink {

// The first octets of `bytes` as a T; nothing when there are fewer. Attributes are aligned to four octets only, hence
// a copy. A longer structure is that of a newer kernel: its beginning is what an older one had.
template <class T>
std::optional<T> read(std::span<const char> bytes) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  if (bytes.size() < sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

struct Attribute {
  std::uint16_t type = 0;         // without the flag bits NLA_F_NESTED and NLA_F_NET_BYTEORDER
  std::span<const char> payload;  // of a nested attribute: its attributes, for each_attribute()

  // The payload as a number or structure in the host's byte order; nothing when it is too short.
  template <class T>
  std::optional<T> as() const noexcept {
    return read<T>(payload);
  }
  std::string_view bytes() const noexcept { return {payload.data(), payload.size()}; }
  // Up to the first NUL.
  std::string_view text() const noexcept { return bytes().substr(0, bytes().find('\0')); }
};

// Calls visit(const Attribute&) for each attribute in `bytes`. False when the lengths do not add up: what stood before
// was visited.
template <class Visit>
bool each_attribute(std::span<const char> bytes, Visit&& visit) {
  while (bytes.size() >= NLA_HDRLEN) {
    nlattr head;
    std::memcpy(&head, bytes.data(), sizeof(head));
    if (head.nla_len < NLA_HDRLEN || head.nla_len > bytes.size()) {
      return false;
    }
    visit(Attribute{static_cast<std::uint16_t>(head.nla_type & NLA_TYPE_MASK),
                    bytes.subspan(NLA_HDRLEN, head.nla_len - NLA_HDRLEN)});
    const std::size_t step = NLA_ALIGN(static_cast<std::size_t>(head.nla_len));
    bytes = bytes.subspan(step < bytes.size() ? step : bytes.size());
  }
  return true;
}

// One message of an answer; valid during the visit only.
struct Message {
  std::uint16_t type = 0;         // RTM_NEWLINK, SOCK_DIAG_BY_FAMILY, the id of a generic family
  std::span<const char> payload;  // what stands behind the nlmsghdr: a fixed structure, then attributes

  template <class Header>
  std::optional<Header> header() const noexcept {
    return read<Header>(payload);
  }
  // What stands behind a fixed structure of `size` octets; empty when the message ends before.
  std::span<const char> behind(std::size_t size) const noexcept {
    const std::size_t start = NLMSG_ALIGN(size);
    return payload.subspan(start < payload.size() ? start : payload.size());
  }
};

// A question: its type, the fixed structure that belongs to the type, attributes. Made once and asked again at will.
class Request {
 public:
  static constexpr std::size_t kRoom = 1024;  // octets; what does not fit makes the request fail with EMSGSIZE

  template <class Header>
  Request(std::uint16_t type, const Header& header, std::uint16_t flags = 0) : Request(type, flags) {
    static_assert(std::is_trivially_copyable_v<Header>);
    static_assert(sizeof(Header) < kRoom / 2);
    std::memcpy(extra(sizeof(Header)), &header, sizeof(Header));
  }
  Request(const Request&) = delete;  // nest_ points into the object
  Request& operator=(const Request&) = delete;
  ~Request() = default;

  // Attributes in the host's byte order; text with its NUL.
  Request& put(std::uint16_t type, std::span<const char> payload) noexcept;
  Request& put_text(std::uint16_t type, std::string_view text) noexcept;
  template <class T>
  Request& put_number(std::uint16_t type, T number) noexcept {
    static_assert(std::is_integral_v<T>);
    std::array<char, sizeof(T)> octets;
    std::memcpy(octets.data(), &number, sizeof(T));
    return put(type, octets);
  }
  // Attributes put between the two are inside the nested attribute `type`. One level at a time.
  Request& begin(std::uint16_t type) noexcept;
  Request& end() noexcept;

 private:
  friend class Socket;
  Request(std::uint16_t type, std::uint16_t flags) noexcept;
  void* extra(std::size_t size) noexcept;
  nlmsghdr* message() noexcept { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  alignas(nlmsghdr) std::array<char, kRoom> bytes_{};
  nlattr* nest_ = nullptr;
  bool overflow_ = false;
};

// One kept socket of one protocol; closed when an answer was not read to its end, and opened anew at the next question.
// For one thread at a time. A question allocates at the first use only.
class Socket {
 public:
  // NETLINK_ROUTE, NETLINK_GENERIC or NETLINK_SOCK_DIAG.
  explicit Socket(int protocol) noexcept : protocol_(protocol) {}

  // Asks for all objects of a kind: NLM_F_DUMP is set here. start() is called before the first message, and once more
  // when the kernel says that the set changed meanwhile (NLM_F_DUMP_INTR) and it is dumped again: forget then what was
  // visited. A second dump that is interrupted as well stands as it is: objects may lack or come twice.
  // `deadline`: how long to wait for an answer that is not ready (EAGAIN without one, ETIMEDOUT, ECANCELED at the end
  // of the program); no kernel dump of today needs it.
  template <class Start, class Visit>
  int dump(Request& request, Start&& start, Visit&& visit, const Deadline* deadline = nullptr) {
    interrupted_ = false;
    for (int attempt = 0; attempt < 2; ++attempt) {
      start();
      const int error =
          exchange(request, NLM_F_DUMP, address_of(visit), &call<std::remove_reference_t<Visit>>, deadline);
      if (error != 0 || !interrupted_) {
        return error;
      }
      interrupted_ = attempt == 1;
    }
    return 0;
  }

  // Asks for one object; the answer ends with the kernel's acknowledgement (NLM_F_ACK is set here).
  template <class Visit>
  int ask(Request& request, Visit&& visit, const Deadline* deadline = nullptr) {
    return exchange(request, NLM_F_ACK, address_of(visit), &call<std::remove_reference_t<Visit>>, deadline);
  }

  // The id of a generic-netlink family: asked for once, then remembered until a question fails with ENOENT. The result
  // ENOENT: this kernel has none of the name; that is remembered too for a while, since asking makes the kernel look
  // for a module to load, which takes milliseconds.
  int family(std::string_view name, std::uint16_t& id, const Deadline* deadline = nullptr);

  // Opens the socket in the network namespace of `file` (/proc/PID/ns/net), where it stays until close(): it keeps that
  // namespace alive meanwhile. `home` is the calling thread's own namespace: it is in the other one only within the
  // call. A thread that could not go back would show a wrong machine from then on, so that ends the program. Needs
  // CAP_SYS_ADMIN.
  int open_in(const Fd& file, const Fd& home);
  void close() noexcept { socket_.reset(); }

  // True when the last dump was interrupted twice.
  bool interrupted() const noexcept { return interrupted_; }
  // What the kernel said about the last error (its extended acknowledgement); often empty.
  std::string_view error_text() const noexcept { return error_text_.data(); }

 private:
  struct Family {
    std::string name;
    std::uint16_t id = 0;    // 0: the kernel has none
    unsigned questions = 0;  // since it was found to have none
  };
  using Visitor = void (*)(void* to, const Message& message);
  template <class Visit>
  static void* address_of(Visit& visit) noexcept {
    return const_cast<void*>(static_cast<const void*>(&visit));
  }
  template <class Visit>
  static void call(void* to, const Message& message) {
    (*static_cast<Visit*>(to))(message);
  }
  // What one buffer of answers said.
  struct Answer {
    bool ended = false;
    int error = 0;
  };

  int open();
  int exchange(Request& request, std::uint16_t flags, void* to, Visitor visit, const Deadline* deadline);
  int receive(int fd, std::uint32_t sequence, void* to, Visitor visit, const Deadline* deadline, bool& ended);
  Answer take(std::size_t size, std::uint32_t sequence, void* to, Visitor visit);
  Answer failed(std::span<const char> payload, std::uint16_t flags);

  int protocol_;
  Fd socket_;
  std::uint32_t sequence_ = 0;
  bool interrupted_ = false;
  std::unique_ptr<char[]> buffer_;
  std::array<char, 120> error_text_{};
  std::vector<Family> families_;
};

}  // namespace platform::netlink
