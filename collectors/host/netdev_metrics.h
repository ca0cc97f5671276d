// The metrics of the netdev collector and what each is made of.
#pragma once
#include "exporter/metric.h"
#include "platform/link_dump.h"

namespace exporter::host::netdev {

using platform::LinkStat;

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_network_receive_bytes_total", "Octets received by the device.", {"device"}},
    {MetricType::counter, "node_network_receive_packets_total", "Packets received by the device.", {"device"}},
    {MetricType::counter, "node_network_receive_errs_total", "Bad packets received.", {"device"}},
    {MetricType::counter,
     "node_network_receive_drop_total",
     "Received packets dropped, missed ones included.",
     {"device"}},
    {MetricType::counter, "node_network_receive_fifo_total", "Receive FIFO overruns.", {"device"}},
    {MetricType::counter,
     "node_network_receive_frame_total",
     "Length, ring overflow, CRC and framing errors of received packets.",
     {"device"}},
    {MetricType::counter, "node_network_receive_compressed_total", "Compressed packets received.", {"device"}},
    {MetricType::counter, "node_network_receive_multicast_total", "Multicast packets received.", {"device"}},
    {MetricType::counter,
     "node_network_receive_nohandler_total",
     "Received packets without a protocol handler.",
     {"device"}},
    {MetricType::counter, "node_network_transmit_bytes_total", "Octets sent by the device.", {"device"}},
    {MetricType::counter, "node_network_transmit_packets_total", "Packets sent by the device.", {"device"}},
    {MetricType::counter, "node_network_transmit_errs_total", "Packets that could not be sent.", {"device"}},
    {MetricType::counter, "node_network_transmit_drop_total", "Packets dropped before they were sent.", {"device"}},
    {MetricType::counter, "node_network_transmit_fifo_total", "Transmit FIFO underruns.", {"device"}},
    {MetricType::counter, "node_network_transmit_colls_total", "Collisions while sending.", {"device"}},
    {MetricType::counter,
     "node_network_transmit_carrier_total",
     "Carrier, abort, heartbeat and window errors while sending.",
     {"device"}},
    {MetricType::counter, "node_network_transmit_compressed_total", "Compressed packets sent.", {"device"}},
    // The kernel's own split, with --collector.netdev.enable-detailed-metrics.
    {MetricType::counter, "node_network_receive_errors_total", "Bad packets received (rx_errors).", {"device"}},
    {MetricType::counter,
     "node_network_transmit_errors_total",
     "Packets that could not be sent (tx_errors).",
     {"device"}},
    {MetricType::counter, "node_network_receive_dropped_total", "Received packets dropped (rx_dropped).", {"device"}},
    {MetricType::counter,
     "node_network_transmit_dropped_total",
     "Packets dropped before sending (tx_dropped).",
     {"device"}},
    {MetricType::counter, "node_network_multicast_total", "Multicast packets received.", {"device"}},
    {MetricType::counter, "node_network_collisions_total", "Collisions while sending.", {"device"}},
    {MetricType::counter,
     "node_network_receive_length_errors_total",
     "Received packets of a wrong length.",
     {"device"}},
    {MetricType::counter, "node_network_receive_over_errors_total", "Receiver ring overflows.", {"device"}},
    {MetricType::counter,
     "node_network_receive_crc_errors_total",
     "Received packets with a wrong checksum.",
     {"device"}},
    {MetricType::counter,
     "node_network_receive_frame_errors_total",
     "Received packets with framing errors.",
     {"device"}},
    {MetricType::counter, "node_network_receive_fifo_errors_total", "Receive FIFO overruns.", {"device"}},
    {MetricType::counter,
     "node_network_receive_missed_errors_total",
     "Packets the device missed for lack of buffers.",
     {"device"}},
    {MetricType::counter, "node_network_transmit_aborted_errors_total", "Transmissions given up.", {"device"}},
    {MetricType::counter, "node_network_transmit_carrier_errors_total", "Carrier losses while sending.", {"device"}},
    {MetricType::counter, "node_network_transmit_fifo_errors_total", "Transmit FIFO underruns.", {"device"}},
    {MetricType::counter,
     "node_network_transmit_heartbeat_errors_total",
     "Heartbeat errors while sending.",
     {"device"}},
    {MetricType::counter, "node_network_transmit_window_errors_total", "Late collisions while sending.", {"device"}},
    {MetricType::gauge,
     "node_network_address_info",
     "An address of a network device; the value is 1.",
     {"address", "device", "netmask", "scope"}},
};
inline constexpr const MetricDesc& kAddressInfo = kMetrics[std::size(kMetrics) - 1];

// What a metric is made of: a set of counters, added up.
struct Row {
  const MetricDesc* metric;
  std::uint32_t counters;
};

constexpr std::uint32_t bit(LinkStat stat) { return 1U << static_cast<unsigned>(stat); }

consteval Row row(std::string_view name, auto... stats) {
  constexpr std::string_view kPrefix = "node_network_";
  constexpr std::string_view kSuffix = "_total";
  for (const auto& metric : kMetrics) {
    std::string_view text = metric.name;
    text.remove_prefix(kPrefix.size());
    if (text.ends_with(kSuffix) && text.substr(0, text.size() - kSuffix.size()) == name) {
      return {&metric, (bit(stats) | ...)};
    }
  }
  throw "no such metric";
}

// The names of /proc/net/dev and the sums its text shows (net/core/net-procfs.c).
inline constexpr Row kSums[] = {
    row("receive_nohandler", LinkStat::rx_nohandler),  // first: /proc/net/dev has all but this one
    row("receive_bytes", LinkStat::rx_bytes),
    row("receive_packets", LinkStat::rx_packets),
    row("receive_errs", LinkStat::rx_errors),
    row("receive_drop", LinkStat::rx_dropped, LinkStat::rx_missed_errors),
    row("receive_fifo", LinkStat::rx_fifo_errors),
    row("receive_frame", LinkStat::rx_length_errors, LinkStat::rx_over_errors, LinkStat::rx_crc_errors,
        LinkStat::rx_frame_errors),
    row("receive_compressed", LinkStat::rx_compressed),
    row("receive_multicast", LinkStat::multicast),
    row("transmit_bytes", LinkStat::tx_bytes),
    row("transmit_packets", LinkStat::tx_packets),
    row("transmit_errs", LinkStat::tx_errors),
    row("transmit_drop", LinkStat::tx_dropped),
    row("transmit_fifo", LinkStat::tx_fifo_errors),
    row("transmit_colls", LinkStat::collisions),
    row("transmit_carrier", LinkStat::tx_carrier_errors, LinkStat::tx_aborted_errors, LinkStat::tx_window_errors,
        LinkStat::tx_heartbeat_errors),
    row("transmit_compressed", LinkStat::tx_compressed),
};

inline constexpr Row kDetails[] = {
    row("receive_packets", LinkStat::rx_packets),
    row("transmit_packets", LinkStat::tx_packets),
    row("receive_bytes", LinkStat::rx_bytes),
    row("transmit_bytes", LinkStat::tx_bytes),
    row("receive_errors", LinkStat::rx_errors),
    row("transmit_errors", LinkStat::tx_errors),
    row("receive_dropped", LinkStat::rx_dropped),
    row("transmit_dropped", LinkStat::tx_dropped),
    row("multicast", LinkStat::multicast),
    row("collisions", LinkStat::collisions),
    row("receive_length_errors", LinkStat::rx_length_errors),
    row("receive_over_errors", LinkStat::rx_over_errors),
    row("receive_crc_errors", LinkStat::rx_crc_errors),
    row("receive_frame_errors", LinkStat::rx_frame_errors),
    row("receive_fifo_errors", LinkStat::rx_fifo_errors),
    row("receive_missed_errors", LinkStat::rx_missed_errors),
    row("transmit_aborted_errors", LinkStat::tx_aborted_errors),
    row("transmit_carrier_errors", LinkStat::tx_carrier_errors),
    row("transmit_fifo_errors", LinkStat::tx_fifo_errors),
    row("transmit_heartbeat_errors", LinkStat::tx_heartbeat_errors),
    row("transmit_window_errors", LinkStat::tx_window_errors),
    row("receive_compressed", LinkStat::rx_compressed),
    row("transmit_compressed", LinkStat::tx_compressed),
    row("receive_nohandler", LinkStat::rx_nohandler),
};

// Where each column of /proc/net/dev goes, in its order. Its sums are kept in one of their counters.
inline constexpr LinkStat kColumns[] = {
    LinkStat::rx_bytes,       LinkStat::rx_packets,      LinkStat::rx_errors,         LinkStat::rx_dropped,
    LinkStat::rx_fifo_errors, LinkStat::rx_frame_errors, LinkStat::rx_compressed,     LinkStat::multicast,
    LinkStat::tx_bytes,       LinkStat::tx_packets,      LinkStat::tx_errors,         LinkStat::tx_dropped,
    LinkStat::tx_fifo_errors, LinkStat::collisions,      LinkStat::tx_carrier_errors, LinkStat::tx_compressed,
};

// The detailed names as far as /proc/net/dev can give them.
inline constexpr Row kDetailsOfText[] = {
    row("receive_bytes", LinkStat::rx_bytes),
    row("receive_packets", LinkStat::rx_packets),
    row("receive_errors", LinkStat::rx_errors),
    row("receive_dropped", LinkStat::rx_dropped),
    row("receive_fifo", LinkStat::rx_fifo_errors),
    row("receive_frame", LinkStat::rx_frame_errors),
    row("receive_compressed", LinkStat::rx_compressed),
    row("receive_multicast", LinkStat::multicast),
    row("transmit_bytes", LinkStat::tx_bytes),
    row("transmit_packets", LinkStat::tx_packets),
    row("transmit_errors", LinkStat::tx_errors),
    row("transmit_dropped", LinkStat::tx_dropped),
    row("transmit_fifo", LinkStat::tx_fifo_errors),
    row("transmit_colls", LinkStat::collisions),
    row("transmit_carrier", LinkStat::tx_carrier_errors),
    row("transmit_compressed", LinkStat::tx_compressed),
};

}  // namespace exporter::host::netdev
