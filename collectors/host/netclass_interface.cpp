#include "collectors/host/netclass_interface.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>

#include <algorithm>

#include "collectors/host/attribute_samples.h"
#include "platform/text.h"

namespace exporter::host::netclass {
namespace {

constexpr std::array<std::string_view, 7> kStates = {"unknown", "notpresent", "down", "lowerlayerdown",
                                                     "testing", "dormant",    "up"};

// Decimal, or hexadecimal with 0x (flags, dev_id).
std::optional<std::int64_t> parse(std::string_view text) {
  return text.starts_with("0x") ? platform::hex_number<std::int64_t>(text) : platform::number<std::int64_t>(text);
}

std::optional<std::int64_t> read_number(platform::Attributes& attributes, std::size_t index,
                                        platform::ReadBuffer& buffer, Sink& sink) {
  const auto text = attribute_text(attributes, index, buffer, sink);
  const auto value = parse(text);
  if (!text.empty() && !value) {
    sink.problem(Problem::parse, attributes.name(index));
  }
  return value;
}

std::string_view admin_state(const std::optional<std::int64_t>& flags) {
  return !flags ? "unknown" : (*flags & IFF_UP) != 0 ? "up" : "down";
}

// The flags as a program set them, without what dev_get_flags() of the kernel mixes into messages.
std::int64_t own_flags(const platform::Link& link) {
  std::int64_t flags = link.flags;
  flags &= ~static_cast<std::int64_t>(IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT);
  const auto correct = [&](const std::optional<std::uint32_t>& count, std::int64_t bit) {
    if (count) {
      flags = *count != 0 ? flags | bit : flags & ~bit;
    }
  };
  correct(link.promiscuous, IFF_PROMISC);
  correct(link.all_multicast, IFF_ALLMULTI);
  return flags;
}

}  // namespace

Interface::Interface(std::string_view name, bool ignored)
    : name_(name), ignored_(ignored), labels_(kMetrics[0], {name}) {}

bool Interface::set(Text text, std::string_view value) {
  if (at(text) == value) {
    return false;
  }
  at(text) = value;
  info_valid_ = false;
  return true;
}

// "02:00:00:00:00:05"
bool Interface::set_octets(Text text, std::string_view octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 96> out{};  // three for each of MAX_ADDR_LEN octets
  std::size_t size = 0;
  for (const char c : octets.substr(0, 32)) {
    const auto octet = static_cast<unsigned char>(c);
    out[size++] = kDigits[octet >> 4U];
    out[size++] = kDigits[octet & 0xfU];
    out[size++] = ':';
  }
  return set(text, {out.data(), size == 0 ? 0 : size - 1});
}

bool Interface::read_files(platform::Attributes& attributes, platform::ReadBuffer& buffer, Sink& sink) {
  bool any = false;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    numbers_[i] = read_number(attributes, i, buffer, sink);
    any = any || numbers_[i];
  }
  for (std::size_t i = 0; i < kTexts; ++i) {
    const auto text = attribute_text(attributes, kNumbers + i, buffer, sink);
    set(static_cast<Text>(i), text);
    any = any || !text.empty();
  }
  return any;
}

bool Interface::take(const platform::Link& link, Style style) {
  const bool files = style == Style::sysfs;
  const bool up = (link.flags & IFF_UP) != 0;
  const State state{link.index, link.flags, link.carrier_changes.value_or(0), link.state.value_or(0)};
  set(Text::operstate, kStates[state.state < kStates.size() ? state.state : 0]);
  const bool moved = set_octets(Text::address, link.address);
  const bool changed = moved || state != state_;
  lasting_known_ = lasting_known_ && !changed;
  state_ = state;
  set_octets(Text::broadcast, link.broadcast);
  set(Text::alias, platform::trim(link.alias));
  // The kernel has no carrier and dormant file to read of a device that is down.
  at(Number::carrier) = up || !files ? link.carrier : std::nullopt;
  at(Number::dormant).reset();
  if (up || !files) {
    at(Number::dormant) = up && (link.flags & IFF_DORMANT) != 0 ? 1 : 0;
  }
  at(Number::flags) = files ? own_flags(link) : link.flags;
  at(Number::iface_id) = link.index;
  at(Number::iface_link) = link.lower ? std::int64_t{*link.lower} : std::int64_t{link.index};
  at(Number::iface_link_mode) = link.mode;
  at(Number::mtu) = link.mtu;
  at(Number::group) = link.group;
  at(Number::queue_length) = link.queue;
  at(Number::protocol_type) = link.type;
  at(Number::carrier_changes) = link.carrier_changes;
  at(Number::carrier_ups) = link.carrier_ups;
  at(Number::carrier_downs) = link.carrier_downs;
  if (std::string_view(link.alternatives.data(), link.alternatives.size()) != alternatives_) {
    alternatives_.assign(link.alternatives.data(), link.alternatives.size());
    alternative_.clear();
    platform::netlink::each_attribute(link.alternatives, [&](const platform::netlink::Attribute& attribute) {
      if (attribute.type == IFLA_ALT_IFNAME) {
        alternative_.emplace_back(kAltName, std::initializer_list<std::string_view>{attribute.text(), name_});
      }
    });
  }
  return changed;
}

// The kernel answers EINVAL at once for a device that is down; the loopback has no link that could have a speed.
bool Interface::may_have_speed() const noexcept {
  const auto& type = numbers_[static_cast<std::size_t>(Number::protocol_type)];
  return (state_.flags & IFF_UP) != 0 && type != ARPHRD_LOOPBACK;
}

void Interface::read_lacking(platform::Attributes& attributes, platform::ReadBuffer& buffer, Sink& sink, Style style) {
  if (!lasting_known_) {
    lasting_known_ = true;
    at(Number::address_assign_type) = read_number(attributes, 0, buffer, sink);
    at(Number::device_id) = read_number(attributes, 1, buffer, sink);
    at(Number::name_assign_type) = read_number(attributes, 2, buffer, sink);
  }
  if (style == Style::message) {
    return;
  }
  at(Number::speed).reset();
  if (may_have_speed()) {
    at(Number::speed) = read_number(attributes, 3, buffer, sink);
    set(Text::duplex, attribute_text(attributes, 4, buffer, sink));
  } else {
    set(Text::duplex, {});
  }
}

void Interface::take_mode(std::optional<std::uint32_t> speed, std::optional<std::uint8_t> duplex) {
  at(Number::speed).reset();
  if (speed) {
    // As the file has it: -1 for SPEED_UNKNOWN.
    at(Number::speed) = *speed == UINT32_MAX ? -1 : static_cast<std::int64_t>(*speed);
  }
  set(Text::duplex, !duplex ? "" : *duplex == DUPLEX_HALF ? "Half" : *duplex == DUPLEX_FULL ? "Full" : "Unknown");
}

void Interface::write(Sink& sink, Style style, bool ignore_invalid_speed) {
  const auto admin = admin_state(at(Number::flags));
  if (!info_valid_ || admin != admin_state_) {
    info_valid_ = true;
    admin_state_ = admin;
    info_.clear();
    info_.append("address", at(Text::address));
    if (style == Style::sysfs) {
      info_.append("adminstate", admin);
    }
    info_.append("broadcast", at(Text::broadcast));
    info_.append("device", name_);
    info_.append("duplex", at(Text::duplex));
    info_.append("ifalias", at(Text::alias));
    info_.append("operstate", at(Text::operstate));
  }
  sink.add(kInfo, 1, info_);
  sink.add(kUp, at(Text::operstate) == "up" ? 1 : 0, labels_);
  for (std::size_t i = 0; i < kNumbers; ++i) {
    if (!numbers_[i]) {
      continue;
    }
    if (i != static_cast<std::size_t>(Number::speed)) {
      sink.add(kMetrics[i], *numbers_[i], labels_);
    } else if (*numbers_[i] >= 0 || !ignore_invalid_speed) {
      sink.add(kMetrics[i], static_cast<double>(*numbers_[i]) * 125000, labels_);  // Mbit/s
    }
  }
  if (style == Style::message) {
    for (const auto& labels : alternative_) {
      sink.add(kAltName, 1, labels);
    }
  }
}

}  // namespace exporter::host::netclass
