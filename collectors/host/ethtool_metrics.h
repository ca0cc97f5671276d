// The families of the ethtool collector, and how a driver's name for a counter becomes the name of a family.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/metric.h"
#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter::host::ethtool {

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::untyped, "node_ethtool_received_bytes_total", "Bytes received, as the driver counts.", {"device"}},
    {MetricType::untyped,
     "node_ethtool_received_dropped_total",
     "Received packets dropped, as the driver counts.",
     {"device"}},
    {MetricType::untyped, "node_ethtool_received_errors_total", "Errors of receipt the driver counts.", {"device"}},
    {MetricType::untyped, "node_ethtool_received_packets_total", "Packets received, as the driver counts.", {"device"}},
    {MetricType::untyped, "node_ethtool_transmitted_bytes_total", "Bytes sent, as the driver counts.", {"device"}},
    {MetricType::untyped, "node_ethtool_transmitted_errors_total", "Errors of sending the driver counts.", {"device"}},
    {MetricType::untyped, "node_ethtool_transmitted_packets_total", "Packets sent, as the driver counts.", {"device"}},
    {MetricType::gauge,
     "node_ethtool_info",
     "The driver of the device; always 1.",
     {"bus_info", "device", "driver", "expansion_rom_version", "firmware_version", "version"}},
    {MetricType::gauge, "node_network_supported_port_info", "A kind of port the device has; 1.", {"device", "type"}},
    {MetricType::gauge,
     "node_network_supported_speed_bytes",
     "A speed the device is capable of, in bytes per second.",
     {"device", "duplex", "mode"}},
    {MetricType::gauge,
     "node_network_advertised_speed_bytes",
     "A speed the device offers to the link partner, in bytes per second.",
     {"device", "duplex", "mode"}},
    {MetricType::gauge, "node_network_autonegotiate_supported", "1 if the device can negotiate.", {"device"}},
    {MetricType::gauge, "node_network_autonegotiate_advertised", "1 if the device offers to negotiate.", {"device"}},
    {MetricType::gauge, "node_network_pause_supported", "1 if the device is capable of pause frames.", {"device"}},
    {MetricType::gauge, "node_network_pause_advertised", "1 if the device offers pause frames.", {"device"}},
    {MetricType::gauge,
     "node_network_asymmetricpause_supported",
     "1 if the device is capable of pause frames in one direction.",
     {"device"}},
    {MetricType::gauge,
     "node_network_asymmetricpause_advertised",
     "1 if the device offers pause frames in one direction.",
     {"device"}},
    {MetricType::gauge, "node_network_autonegotiate", "1 if the link's speed is negotiated.", {"device"}},
};
enum Index : std::size_t {
  kInfo = 7,
  kPortInfo,
  kSupportedSpeed,
  kAdvertisedSpeed,
  kAutonegotiateSupported,
  kAutonegotiateAdvertised,
  kPauseSupported,
  kPauseAdvertised,
  kAsymmetricSupported,
  kAsymmetricAdvertised,
  kAutonegotiate,
};

// Counters that have a family of their own, in the order of the metrics.
inline constexpr std::string_view kDeclared[] = {"rx_bytes", "rx_dropped", "rx_errors", "rx_packets",
                                                 "tx_bytes", "tx_errors",  "tx_packets"};
static_assert(std::size(kDeclared) == kInfo);

inline bool word_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// "port.rx_dropped" -> "port_rx_dropped": what is no letter, digit or '_' becomes one '_' together with the '_' around.
inline std::string cleaned(std::string_view name) {
  std::string result;
  while (!name.empty()) {
    const std::size_t low = std::min(name.find_first_not_of('_'), name.size());
    std::size_t end = low;
    while (end < name.size() && !word_character(name[end])) {
      ++end;
    }
    if (end > low) {
      name.remove_prefix(end);
      name.remove_prefix(std::min(name.find_first_not_of('_'), name.size()));
      result += '_';
    } else {
      const std::size_t plain = std::max<std::size_t>(low, 1);
      result += name.substr(0, plain);
      name.remove_prefix(plain);
    }
  }
  return result;
}

// Replaces `from` where it is a whole word between '_'; of two that follow each other the first only.
inline std::string with_word(std::string_view name, std::string_view from, std::string_view to) {
  std::string result;
  bool replaced = false;
  for (bool last = false; !last;) {
    last = name.find('_') == std::string_view::npos;
    const auto word = platform::take(name, '_');
    replaced = word == from && !replaced;
    result += replaced ? to : word;
    result += last ? "" : "_";
  }
  return result;
}

// The name of the family without its prefix: "rx_queue_0_drops" -> "received_queue_0_drops".
inline std::string family_name(std::string name) {
  name.erase(0, name.find_first_not_of('_'));
  for (char& c : name) {
    c = platform::lower(c);
  }
  return with_word(with_word(name, "rx", "received"), "tx", "transmitted");
}

}  // namespace exporter::host::ethtool
