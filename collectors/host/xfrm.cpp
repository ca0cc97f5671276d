// /proc/net/xfrm_stat: what went wrong in IPsec, a counter a line (Documentation/networking/xfrm_proc.rst):
//   XfrmInNoStates                  3
#include <array>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::xfrm {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_xfrm_in_error_packets_total",
     "Received packets refused for a reason that no other counter names."},
    {MetricType::counter, "node_xfrm_in_buffer_error_packets_total", "Received packets for which there was no buffer."},
    {MetricType::counter, "node_xfrm_in_hdr_error_packets_total", "Received packets with a bad header."},
    {MetricType::counter, "node_xfrm_in_no_states_packets_total",
     "Received packets without a state: wrong SPI, address or protocol."},
    {MetricType::counter, "node_xfrm_in_state_proto_error_packets_total",
     "Received packets that the transformation protocol refused, as with a wrong key."},
    {MetricType::counter, "node_xfrm_in_state_mode_error_packets_total",
     "Received packets that the transformation mode refused."},
    {MetricType::counter, "node_xfrm_in_state_seq_error_packets_total",
     "Received packets with a sequence number outside the window."},
    {MetricType::counter, "node_xfrm_in_state_expired_packets_total", "Received packets whose state had expired."},
    {MetricType::counter, "node_xfrm_in_state_mismatch_packets_total",
     "Received packets whose state has other options, such as the UDP encapsulation."},
    {MetricType::counter, "node_xfrm_in_state_invalid_packets_total", "Received packets whose state is not valid."},
    {MetricType::counter, "node_xfrm_in_tmpl_mismatch_packets_total",
     "Received packets whose states fit no template of the policy."},
    {MetricType::counter, "node_xfrm_in_no_pols_packets_total", "Received packets with states but without a policy."},
    {MetricType::counter, "node_xfrm_in_pol_block_packets_total", "Received packets that a policy discards."},
    {MetricType::counter, "node_xfrm_in_pol_error_packets_total", "Received packets lost to an error in a policy."},
    {MetricType::counter, "node_xfrm_out_error_packets_total",
     "Sent packets refused for a reason that no other counter names."},
    {MetricType::counter, "node_xfrm_out_bundle_gen_error_packets_total",
     "Sent packets for which no bundle could be made."},
    {MetricType::counter, "node_xfrm_out_bundle_check_error_packets_total",
     "Sent packets whose bundle did not pass its check."},
    {MetricType::counter, "node_xfrm_out_no_states_packets_total", "Sent packets without a state."},
    {MetricType::counter, "node_xfrm_out_state_proto_error_packets_total",
     "Sent packets that the transformation protocol refused."},
    {MetricType::counter, "node_xfrm_out_state_mode_error_packets_total",
     "Sent packets that the transformation mode refused."},
    {MetricType::counter, "node_xfrm_out_state_seq_error_packets_total",
     "Sent packets for which the sequence numbers ran out."},
    {MetricType::counter, "node_xfrm_out_state_expired_packets_total", "Sent packets whose state had expired."},
    {MetricType::counter, "node_xfrm_out_pol_block_packets_total", "Sent packets that a policy discards."},
    {MetricType::counter, "node_xfrm_out_pol_dead_packets_total", "Sent packets whose policy is about to go."},
    {MetricType::counter, "node_xfrm_out_pol_error_packets_total", "Sent packets lost to an error in a policy."},
    {MetricType::counter, "node_xfrm_fwd_hdr_error_packets_total", "Packets that may not be forwarded."},
    {MetricType::counter, "node_xfrm_out_state_invalid_packets_total", "Sent packets whose state is not valid."},
    {MetricType::counter, "node_xfrm_acquire_error_packets_total", "Packets whose state was not complete yet."},
};

// The row of each metric.
constexpr std::array<std::string_view, std::size(kMetrics)> kRows{"XfrmInError",
                                                                  "XfrmInBufferError",
                                                                  "XfrmInHdrError",
                                                                  "XfrmInNoStates",
                                                                  "XfrmInStateProtoError",
                                                                  "XfrmInStateModeError",
                                                                  "XfrmInStateSeqError",
                                                                  "XfrmInStateExpired",
                                                                  "XfrmInStateMismatch",
                                                                  "XfrmInStateInvalid",
                                                                  "XfrmInTmplMismatch",
                                                                  "XfrmInNoPols",
                                                                  "XfrmInPolBlock",
                                                                  "XfrmInPolError",
                                                                  "XfrmOutError",
                                                                  "XfrmOutBundleGenError",
                                                                  "XfrmOutBundleCheckError",
                                                                  "XfrmOutNoStates",
                                                                  "XfrmOutStateProtoError",
                                                                  "XfrmOutStateModeError",
                                                                  "XfrmOutStateSeqError",
                                                                  "XfrmOutStateExpired",
                                                                  "XfrmOutPolBlock",
                                                                  "XfrmOutPolDead",
                                                                  "XfrmOutPolError",
                                                                  "XfrmFwdHdrError",
                                                                  "XfrmOutStateInvalid",
                                                                  "XfrmAcquireError"};

class Xfrm final : public Collector {
 public:
  explicit Xfrm(const Environment& environment) : file_(environment.host.proc, "net/xfrm_stat") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read_once(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    // An error that an older kernel has no row for did not happen there.
    std::array<std::optional<std::uint64_t>, kRows.size()> values;
    values.fill(0);
    std::size_t next = 0;
    for (std::string_view rest = scrape.buffer.text(); !rest.empty();) {
      std::string_view line = platform::take(rest, '\n');
      const auto row = find(platform::word(line), next);
      if (row == kRows.size()) {  // of a newer kernel
        continue;
      }
      values[row] = platform::number<std::uint64_t>(platform::word(line));
      next = row + 1;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i]) {
        sink.add(kMetrics[i], *values[i]);
      } else {
        sink.problem(Problem::parse, kMetrics[i].name);
      }
    }
    return Outcome::ok;
  }

 private:
  // The number of the row `name`, which is nearly always `next`; kRows.size() when there is none.
  static std::size_t find(std::string_view name, std::size_t next) noexcept {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
      const std::size_t row = (next + i) % kRows.size();
      if (kRows[row] == name) {
        return row;
      }
    }
    return kRows.size();
  }

  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Xfrm>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "xfrm",
    .summary = "errors of IPsec from /proc/net/xfrm_stat",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::xfrm
