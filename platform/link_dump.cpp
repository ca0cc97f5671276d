#include "platform/link_dump.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace platform {
namespace {

constexpr std::size_t kBuffer = 32768;  // what the kernel fills at most in one part of a dump

std::string_view content(const nlattr& attribute) noexcept {
  return {static_cast<const char*>(mnl_attr_get_payload(&attribute)), mnl_attr_get_payload_len(&attribute)};
}

std::string_view text(const nlattr& attribute) noexcept {
  const auto whole = content(attribute);
  return whole.substr(0, whole.find('\0'));
}

// Calls visit for each attribute behind the fixed header. False when lengths do not add up.
template <class Visit>
bool each_attribute(std::span<const char> payload, std::size_t header, Visit visit) noexcept {
  std::size_t at = MNL_ALIGN(header);
  while (at + sizeof(nlattr) <= payload.size()) {
    const auto* const attribute = reinterpret_cast<const nlattr*>(payload.data() + at);
    if (attribute->nla_len < sizeof(nlattr) || attribute->nla_len > payload.size() - at) {
      return false;
    }
    visit(*attribute);
    at += MNL_ALIGN(attribute->nla_len);
  }
  return true;
}

}  // namespace

std::optional<Link> parse_link(std::span<const char> payload) noexcept {
  ifinfomsg header;
  if (payload.size() < sizeof(header)) {
    return std::nullopt;
  }
  std::memcpy(&header, payload.data(), sizeof(header));
  Link link;
  link.index = header.ifi_index;
  const bool whole = each_attribute(payload, sizeof(header), [&](const nlattr& attribute) {
    switch (mnl_attr_get_type(&attribute)) {
      case IFLA_IFNAME:
        link.name = text(attribute);
        break;
      case IFLA_IFALIAS:
        link.alias = text(attribute);
        break;
      case IFLA_STATS64: {
        const auto from = content(attribute);
        // Attributes are aligned to four octets only: copy.
        std::memcpy(link.stats.data(), from.data(), std::min(from.size(), sizeof(link.stats)));
        link.has_stats = true;
        break;
      }
      default:
        break;
    }
  });
  if (!whole || link.name.empty()) {
    return std::nullopt;
  }
  return link;
}

std::optional<Address> parse_address(std::span<const char> payload) noexcept {
  ifaddrmsg header;
  if (payload.size() < sizeof(header)) {
    return std::nullopt;
  }
  std::memcpy(&header, payload.data(), sizeof(header));
  const std::size_t length = header.ifa_family == AF_INET ? 4 : header.ifa_family == AF_INET6 ? 16 : 0;
  Address address{static_cast<int>(header.ifa_index), header.ifa_prefixlen, {}};
  bool local = false;
  const bool whole = each_attribute(payload, sizeof(header), [&](const nlattr& attribute) {
    const auto type = mnl_attr_get_type(&attribute);
    // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL, where given, is always ours.
    if ((type == IFA_LOCAL || (type == IFA_ADDRESS && !local)) && content(attribute).size() == length) {
      address.octets = content(attribute);
      local = local || type == IFA_LOCAL;
    }
  });
  if (!whole || length == 0 || address.octets.empty()) {
    return std::nullopt;
  }
  return address;
}

std::string_view scope_of(const Address& address) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(address.octets[i]); };
  if (address.octets.size() == 4) {
    const bool link_local_group = octet(0) == 224 && octet(1) == 0 && octet(2) == 0;
    if (octet(0) == 127 || (octet(0) == 169 && octet(1) == 254) || link_local_group) {
      return "link-local";
    }
    const bool any = std::all_of(address.octets.begin(), address.octets.end(), [](char c) { return c == 0; });
    const bool broadcast =
        std::all_of(address.octets.begin(), address.octets.end(), [](char c) { return c == '\xff'; });
    return any || broadcast || (octet(0) & 0xf0U) == 0xe0 ? "" : "global";
  }
  if (address.octets.size() != 16) {
    return "";
  }
  const bool zeros = std::all_of(address.octets.begin(), address.octets.end() - 1, [](char c) { return c == 0; });
  if (octet(0) == 0xff) {
    const unsigned scope = octet(1) & 0x0fU;
    return scope == 1 ? "interface-local" : scope == 2 ? "link-local" : "";
  }
  if ((zeros && octet(15) == 1) || (octet(0) == 0xfe && (octet(1) & 0xc0U) == 0x80)) {
    return "link-local";
  }
  return zeros && octet(15) == 0 ? "" : "global";
}

int LinkDump::dump(Kind kind, void* to, Message message) {
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(kBuffer);
  }
  int error = ask(kind);
  if (error == 0) {
    error = receive(kind, to, message);
  }
  if (error != 0) {
    socket_.reset();  // what is left in its queue must not answer the next question
  }
  return error;
}

int LinkDump::ask(Kind kind) {
  if (!socket_) {
    socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket_) {
      return errno;
    }
  }
  nlmsghdr* const request = mnl_nlmsg_put_header(buffer_.get());
  request->nlmsg_type = kind == Kind::links ? RTM_GETLINK : RTM_GETADDR;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = ++sequence_;
  if (kind == Kind::links) {
    mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg));
    // Leaves out the per-device IPv6 counters, half of the dump; the device's own counters stay.
    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  } else {
    mnl_nlmsg_put_extra_header(request, sizeof(ifaddrmsg));
  }
  return ::send(socket_.get(), request, request->nlmsg_len, 0) < 0 ? errno : 0;
}

int LinkDump::receive(Kind kind, void* to, Message message) {
  const std::uint16_t wanted = kind == Kind::links ? RTM_NEWLINK : RTM_NEWADDR;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), buffer_.get(), kBuffer, MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0 || static_cast<std::size_t>(got) > kBuffer) {
      return got < 0 ? errno : EMSGSIZE;
    }
    int left = static_cast<int>(got);
    for (const auto* part = reinterpret_cast<const nlmsghdr*>(buffer_.get()); mnl_nlmsg_ok(part, left);
         part = mnl_nlmsg_next(part, &left)) {
      if (part->nlmsg_seq != sequence_) {
        continue;
      }
      if (part->nlmsg_type == NLMSG_DONE) {
        return 0;
      }
      if (part->nlmsg_type == NLMSG_ERROR) {
        const bool complete = part->nlmsg_len >= NLMSG_LENGTH(sizeof(nlmsgerr));
        return complete ? -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(part))->error : EBADMSG;
      }
      if (part->nlmsg_type == wanted) {
        message(to, {static_cast<const char*>(mnl_nlmsg_get_payload(part)), mnl_nlmsg_get_payload_len(part)});
      }
    }
  }
}

}  // namespace platform
