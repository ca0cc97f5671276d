// What netclass knows of one network device, and its samples.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/attributes.h"
#include "platform/link_dump.h"

namespace exporter::host::netclass {

// Metrics whose value is the number in a file of /sys/class/net/<device>.
enum class Number : std::uint8_t {
  address_assign_type,
  carrier,
  device_id,
  dormant,
  flags,
  iface_id,
  iface_link,
  iface_link_mode,
  mtu,
  name_assign_type,
  group,
  queue_length,
  protocol_type,
  carrier_changes,
  carrier_ups,
  carrier_downs,
  speed,  // Mbit/s
};
inline constexpr std::size_t kNumbers = 17;

// Labels of node_network_info.
enum class Text : std::uint8_t { address, broadcast, duplex, operstate, alias };
inline constexpr std::size_t kTexts = 5;

// Their files: the numbers, then the texts.
inline constexpr std::array<const char*, kNumbers + kTexts> kFiles = {
    "addr_assign_type",
    "carrier",
    "dev_id",
    "dormant",
    "flags",
    "ifindex",
    "iflink",
    "link_mode",
    "mtu",
    "name_assign_type",
    "netdev_group",
    "tx_queue_len",
    "type",
    "carrier_changes",
    "carrier_up_count",
    "carrier_down_count",
    "speed",
    "address",
    "broadcast",
    "duplex",
    "operstate",
    "ifalias",
};

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_network_address_assign_type", "Where the hardware address comes from.", {"device"}},
    {MetricType::gauge, "node_network_carrier", "1 when the device has a link, as the driver sees it.", {"device"}},
    {MetricType::gauge, "node_network_device_id", "Number of the device among those of one adapter.", {"device"}},
    {MetricType::gauge, "node_network_dormant", "1 when the link waits for something, such as 802.1X.", {"device"}},
    {MetricType::gauge, "node_network_flags", "Flags of the device, as a number.", {"device"}},
    {MetricType::gauge, "node_network_iface_id", "Index of the device.", {"device"}},
    {MetricType::gauge, "node_network_iface_link", "Index of the device below it, or its own.", {"device"}},
    {MetricType::gauge, "node_network_iface_link_mode", "How the operational state follows the link.", {"device"}},
    {MetricType::gauge, "node_network_mtu_bytes", "Largest packet that the device sends.", {"device"}},
    {MetricType::gauge, "node_network_name_assign_type", "Where the name of the device comes from.", {"device"}},
    {MetricType::gauge, "node_network_net_dev_group", "Group of devices that it belongs to.", {"device"}},
    {MetricType::gauge, "node_network_transmit_queue_length", "Length of the transmit queue in packets.", {"device"}},
    {MetricType::gauge, "node_network_protocol_type", "Hardware type of the device, ARPHRD_*.", {"device"}},
    {MetricType::counter, "node_network_carrier_changes_total", "Times that the link came or went.", {"device"}},
    {MetricType::counter, "node_network_carrier_up_changes_total", "Times that the link came.", {"device"}},
    {MetricType::counter, "node_network_carrier_down_changes_total", "Times that the link went.", {"device"}},
    {MetricType::gauge, "node_network_speed_bytes", "Speed of the link in bytes per second.", {"device"}},
    {MetricType::gauge, "node_network_up", "1 when the operational state is up.", {"device"}},
    {MetricType::gauge,
     "node_network_info",
     "1, with what is not a number about the device.",
     {"address", "adminstate", "broadcast", "device", "duplex", "ifalias", "operstate"}},
    {MetricType::gauge, "node_network_altnames_info", "1 for each further name of the device.", {"altname", "device"}},
};
inline constexpr const MetricDesc& kUp = kMetrics[kNumbers];
inline constexpr const MetricDesc& kInfo = kMetrics[kNumbers + 1];
inline constexpr const MetricDesc& kAltName = kMetrics[kNumbers + 2];

// How a link message is told. `sysfs`: with the values of the files. `message`: with its own, as users of
// --collector.netclass.netlink know them: no adminstate, the flags with the state of the link, a carrier and dormant
// also of a device that is down, duplex with a capital.
enum class Style : std::uint8_t { sysfs, message };

class Interface {
 public:
  Interface(std::string_view name, bool ignored);

  bool ignored() const noexcept { return ignored_; }
  const std::string& name() const noexcept { return name_; }
  const LabelBlock& labels() const noexcept { return labels_; }

  // All of the files of `attributes`, which has the names kFiles. False when the device vanished meanwhile.
  bool read_files(platform::Attributes& attributes, platform::ReadBuffer& buffer, Sink& sink);

  // What a link message has. True when something changed that may mean other contents of the files that it lacks.
  bool take(const platform::Link& link, Style style);
  // Those files, by Attributes with the names kLacking; all but speed and duplex once after a change only, since they
  // belong to the name and the address. Reading speed and duplex of a device that is up takes the rtnl
  // lock and asks its driver; Style::message leaves these two to take_mode().
  void read_lacking(platform::Attributes& attributes, platform::ReadBuffer& buffer, Sink& sink, Style style);
  // Speed (Mbit/s) and DUPLEX_* as the kernel's ethtool interface tells them; nothing for a device without.
  void take_mode(std::optional<std::uint32_t> speed, std::optional<std::uint8_t> duplex);

  // The samples. `ignore_invalid_speed`: none for an unknown speed, which is -1.
  void write(Sink& sink, Style style, bool ignore_invalid_speed);

 private:
  // What speed, duplex and the rest depend on.
  struct State {
    int index = 0;
    unsigned flags = 0;
    std::uint32_t carrier_changes = 0;
    std::uint8_t state = 0;
    bool operator==(const State&) const = default;
  };

  std::optional<std::int64_t>& at(Number number) noexcept { return numbers_[static_cast<std::size_t>(number)]; }
  std::string& at(Text text) noexcept { return texts_[static_cast<std::size_t>(text)]; }
  // True when the text is another one than before.
  bool set(Text text, std::string_view value);
  bool set_octets(Text text, std::string_view octets);
  bool may_have_speed() const noexcept;

  std::string name_;
  bool ignored_;
  LabelBlock labels_;
  LabelBlock info_;
  bool info_valid_ = false;
  std::string_view admin_state_;
  std::array<std::optional<std::int64_t>, kNumbers> numbers_;
  std::array<std::string, kTexts> texts_;
  bool lasting_known_ = false;  // what comes with the name and the address has been read
  State state_;
  std::string alternatives_;             // the attributes as they came
  std::vector<LabelBlock> alternative_;  // one for each further name
};

// The files that a link message lacks.
inline constexpr std::array<const char*, 5> kLacking = {"addr_assign_type", "dev_id", "name_assign_type", "speed",
                                                        "duplex"};

}  // namespace exporter::host::netclass
