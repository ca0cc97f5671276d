// The counters of an InfiniBand port: one file each, and the metric it becomes.
#pragma once
#include <string_view>

#include "exporter/metric.h"

namespace exporter::host::infiniband {

struct PortCounter {
  const char* file;  // under ports/<n>
  MetricDesc metric;
  double scale;
};

consteval PortCounter counter(const char* file, std::string_view name, std::string_view help, double scale = 1) {
  return {file, MetricDesc(MetricType::counter, name, help, {"device", "port"}), scale};
}

// The ports count words of 32 bits, whatever the width of the link.
inline constexpr double kWord = 4;

inline constexpr PortCounter kPortCounters[] = {
    // Before Linux 4.5 the 64-bit counters had a folder of their own.
    counter("counters_ext/port_multicast_rcv_packets", "node_infiniband_legacy_multicast_packets_received_total",
            "Multicast packets received (old 64-bit counter)."),
    counter("counters_ext/port_multicast_xmit_packets", "node_infiniband_legacy_multicast_packets_transmitted_total",
            "Multicast packets sent (old 64-bit counter)."),
    counter("counters_ext/port_rcv_data_64", "node_infiniband_legacy_data_received_bytes_total",
            "Bytes received (old 64-bit counter).", kWord),
    counter("counters_ext/port_rcv_packets_64", "node_infiniband_legacy_packets_received_total",
            "Packets received (old 64-bit counter)."),
    counter("counters_ext/port_unicast_rcv_packets", "node_infiniband_legacy_unicast_packets_received_total",
            "Unicast packets received (old 64-bit counter)."),
    counter("counters_ext/port_unicast_xmit_packets", "node_infiniband_legacy_unicast_packets_transmitted_total",
            "Unicast packets sent (old 64-bit counter)."),
    counter("counters_ext/port_xmit_data_64", "node_infiniband_legacy_data_transmitted_bytes_total",
            "Bytes sent (old 64-bit counter).", kWord),
    counter("counters_ext/port_xmit_packets_64", "node_infiniband_legacy_packets_transmitted_total",
            "Packets sent (old 64-bit counter)."),

    counter("counters/excessive_buffer_overrun_errors", "node_infiniband_excessive_buffer_overrun_errors_total",
            "Buffer overruns in more flow control periods in a row than the port tolerates."),
    counter("counters/link_downed", "node_infiniband_link_downed_total", "Links lost because recovery failed."),
    counter("counters/link_error_recovery", "node_infiniband_link_error_recovery_total",
            "Link errors that recovery mended."),
    counter("counters/local_link_integrity_errors", "node_infiniband_local_link_integrity_errors_total",
            "Times that physical errors of the link came over the port's threshold."),
    counter("counters/multicast_rcv_packets", "node_infiniband_multicast_packets_received_total",
            "Multicast packets received, bad ones included."),
    counter("counters/multicast_xmit_packets", "node_infiniband_multicast_packets_transmitted_total",
            "Multicast packets sent, bad ones included."),
    counter("counters/port_rcv_constraint_errors", "node_infiniband_port_constraint_errors_received_total",
            "Received packets dropped by a constraint of the switch port."),
    counter("counters/port_xmit_constraint_errors", "node_infiniband_port_constraint_errors_transmitted_total",
            "Packets not sent because of a constraint of the switch port."),
    counter("counters/port_rcv_data", "node_infiniband_port_data_received_bytes_total", "Bytes received.", kWord),
    counter("counters/port_xmit_data", "node_infiniband_port_data_transmitted_bytes_total", "Bytes sent.", kWord),
    counter("counters/port_rcv_discards", "node_infiniband_port_discards_received_total",
            "Received packets dropped because the port was down or full."),
    counter("counters/port_xmit_discards", "node_infiniband_port_discards_transmitted_total",
            "Packets not sent because the port was down or full."),
    counter("counters/port_rcv_errors", "node_infiniband_port_errors_received_total",
            "Received packets with an error."),
    counter("counters/port_rcv_packets", "node_infiniband_port_packets_received_total", "Packets received."),
    counter("counters/port_xmit_packets", "node_infiniband_port_packets_transmitted_total", "Packets sent."),
    counter("counters/port_xmit_wait", "node_infiniband_port_transmit_wait_total",
            "Ticks in which data waited because the port could not send it."),
    counter("counters/unicast_rcv_packets", "node_infiniband_unicast_packets_received_total",
            "Unicast packets received, bad ones included."),
    counter("counters/unicast_xmit_packets", "node_infiniband_unicast_packets_transmitted_total",
            "Unicast packets sent, bad ones included."),
    counter("counters/port_rcv_remote_physical_errors", "node_infiniband_port_receive_remote_physical_errors_total",
            "Received packets that the sender marked as bad."),
    counter("counters/port_rcv_switch_relay_errors", "node_infiniband_port_receive_switch_relay_errors_total",
            "Received packets that the switch could not pass on."),
    counter("counters/symbol_error", "node_infiniband_symbol_error_total", "Small link errors seen on a lane."),
    counter("counters/VL15_dropped", "node_infiniband_vl15_dropped_total",
            "Management packets (virtual lane 15) dropped for lack of room."),

    counter("hw_counters/duplicate_request", "node_infiniband_duplicate_requests_packets_total",
            "Requests received that had been carried out before."),
    counter("hw_counters/implied_nak_seq_err", "node_infiniband_implied_nak_seq_errors_total",
            "Acknowledgements with a later number than the request that waited for them."),
    counter("hw_counters/local_ack_timeout_err", "node_infiniband_local_ack_timeout_errors_total",
            "Acknowledgements that the sender waited for too long."),
    counter("hw_counters/np_cnp_sent", "node_infiniband_np_cnp_packets_sent_total",
            "Congestion notifications sent by the notification point."),
    counter("hw_counters/np_ecn_marked_roce_packets", "node_infiniband_np_ecn_marked_roce_packets_received_total",
            "RoCE packets received with a congestion mark."),
    counter("hw_counters/out_of_buffer", "node_infiniband_out_of_buffer_drops_total",
            "Packets dropped for lack of receive work requests."),
    counter("hw_counters/out_of_sequence", "node_infiniband_out_of_sequence_packets_received_total",
            "Packets received out of sequence."),
    counter("hw_counters/packet_seq_err", "node_infiniband_packet_sequence_errors_total",
            "Sequence errors reported by the receiver."),
    counter("hw_counters/req_cqe_error", "node_infiniband_req_cqes_errors_total",
            "Requests that completed with an error."),
    counter("hw_counters/req_cqe_flush_error", "node_infiniband_req_cqes_flush_errors_total",
            "Requests that completed with a flush error."),
    counter("hw_counters/req_remote_access_errors", "node_infiniband_req_remote_access_errors_total",
            "Remote access errors seen by the requester."),
    counter("hw_counters/req_remote_invalid_request", "node_infiniband_req_remote_invalid_request_errors_total",
            "Requests that the other side called invalid."),
    counter("hw_counters/resp_cqe_error", "node_infiniband_resp_cqes_errors_total",
            "Responses that completed with an error."),
    counter("hw_counters/resp_cqe_flush_error", "node_infiniband_resp_cqes_flush_errors_total",
            "Responses that completed with a flush error."),
    counter("hw_counters/resp_local_length_error", "node_infiniband_resp_local_length_errors_total",
            "Local length errors seen by the responder."),
    counter("hw_counters/resp_remote_access_errors", "node_infiniband_resp_remote_access_errors_total",
            "Remote access errors seen by the responder."),
    counter("hw_counters/rnr_nak_retry_err", "node_infiniband_rnr_nak_retry_packets_received_total",
            "Answers received that the other side was not ready."),
    counter("hw_counters/roce_adp_retrans", "node_infiniband_roce_adp_retransmits_total",
            "Adaptive retransmissions of RoCE."),
    counter("hw_counters/roce_adp_retrans_to", "node_infiniband_roce_adp_retransmits_timeout_total",
            "Adaptive retransmissions of RoCE that timed out."),
    counter("hw_counters/roce_slow_restart", "node_infiniband_roce_slow_restart_used_total", "Slow restarts of RoCE."),
    counter("hw_counters/roce_slow_restart_cnps", "node_infiniband_roce_slow_restart_cnps_total",
            "Congestion notifications made by slow restarts of RoCE."),
    counter("hw_counters/roce_slow_restart_trans", "node_infiniband_roce_slow_restart_total",
            "Changes to the slow restart state of RoCE."),
    counter("hw_counters/rp_cnp_handled", "node_infiniband_rp_cnp_packets_handled_total",
            "Congestion notifications by which the reaction point slowed down."),
    counter("hw_counters/rp_cnp_ignored", "node_infiniband_rp_cnp_ignored_packets_received_total",
            "Congestion notifications that the reaction point ignored."),
    counter("hw_counters/rx_atomic_requests", "node_infiniband_rx_atomic_requests_total", "Atomic requests received."),
    counter("hw_counters/rx_dct_connect", "node_infiniband_rx_dct_connect_requests_total",
            "Connection requests received for dynamically connected transports."),
    counter("hw_counters/rx_read_requests", "node_infiniband_rx_read_requests_total", "Read requests received."),
    counter("hw_counters/rx_write_requests", "node_infiniband_rx_write_requests_total", "Write requests received."),
    counter("hw_counters/rx_icrc_encapsulated", "node_infiniband_rx_icrc_encapsulated_errors_total",
            "RoCE packets received with a wrong invariant checksum."),
};

}  // namespace exporter::host::infiniband
