// /proc/net/rpc/nfsd: what the NFS server of this machine did (fs/nfsd/stats.c, nfsd_show):
//   rc 0 6 18622
//   fh 0 0 0 0 0
//   io 157286400 72864
//   th 8 0 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000
//   net 18628 0 18628 6
//   rpc 18628 0 0 0 0
//   proc4ops 40 0 0 0 1098 2 ...
#include "collectors/host/rpc_statistics.h"
#include "exporter/collector.h"
#include "platform/host.h"

namespace exporter::host::nfsd {
namespace {

enum Metric : std::size_t {
  hits,
  misses,
  uncached,
  stale,
  bytes_read,
  bytes_written,
  threads,
  read_ahead_size,
  read_ahead_missed,
  connections,
  rpcs,
  packets,
  rpc_errors,
  requests
};

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_nfsd_reply_cache_hits_total",
     "Calls answered from the reply cache: the answer was lost."},
    {MetricType::counter, "node_nfsd_reply_cache_misses_total", "Calls whose answer was put into the reply cache."},
    {MetricType::counter, "node_nfsd_reply_cache_nocache_total",
     "Calls whose answer needs no place in the reply cache."},
    {MetricType::counter, "node_nfsd_file_handles_stale_total", "File handles that were stale."},
    {MetricType::counter, "node_nfsd_disk_bytes_read_total", "Bytes read for clients."},
    {MetricType::counter, "node_nfsd_disk_bytes_written_total", "Bytes written for clients."},
    {MetricType::gauge, "node_nfsd_server_threads", "Threads of the server."},
    {MetricType::gauge, "node_nfsd_read_ahead_cache_size_blocks", "Size of the read-ahead cache; 0 on newer kernels."},
    {MetricType::counter, "node_nfsd_read_ahead_cache_not_found_total",
     "Reads that the read-ahead cache did not know."},
    {MetricType::counter, "node_nfsd_connections_total", "TCP connections accepted."},
    {MetricType::counter, "node_nfsd_server_rpcs_total", "Remote procedure calls received."},
    {MetricType::counter, "node_nfsd_packets_total", "Packets of the server by transport protocol.", {"proto"}},
    {MetricType::counter, "node_nfsd_rpc_errors_total", "Remote procedure calls refused, by cause.", {"error"}},
    {MetricType::counter,
     "node_nfsd_requests_total",
     "NFS procedures and operations served, by protocol version.",
     {"method", "proto"}},
};

constexpr RpcCounter kCounters[] = {
    {"rc", 0, &kMetrics[hits]},
    {"rc", 1, &kMetrics[misses]},
    {"rc", 2, &kMetrics[uncached]},
    {"fh", 0, &kMetrics[stale]},
    {"io", 0, &kMetrics[bytes_read]},
    {"io", 1, &kMetrics[bytes_written]},
    {"th", 0, &kMetrics[threads]},
    {"ra", 0, &kMetrics[read_ahead_size]},
    {"ra", 11, &kMetrics[read_ahead_missed]},  // behind ten classes of hits by depth
    {"net", 1, &kMetrics[packets], "udp"},
    {"net", 2, &kMetrics[packets], "tcp"},
    {"net", 3, &kMetrics[connections]},
    {"rpc", 0, &kMetrics[rpcs]},
    {"rpc", 2, &kMetrics[rpc_errors], "fmt"},
    {"rpc", 3, &kMetrics[rpc_errors], "auth"},
    {"rpc", 4, &kMetrics[rpc_errors], "cInt"},
};

// The null procedure, a ping, is not shown here.
template <std::size_t count>
constexpr std::array<std::string_view, count> without_null(std::array<std::string_view, count> methods) {
  methods[0] = {};
  return methods;
}
constexpr auto kVersion2 = without_null(kNfs2Methods);
constexpr auto kVersion3 = without_null(kNfs3Methods);

// Operations by their number in RFC 7530, which begin with 3. Those that set the current file handle to a well-known
// one (23, 24) are not shown.
constexpr std::array<std::string_view, 40> kVersion4{"",
                                                     "",
                                                     "",
                                                     "Access",
                                                     "Close",
                                                     "Commit",
                                                     "Create",
                                                     "DelegPurge",
                                                     "DelegReturn",
                                                     "GetAttr",
                                                     "GetFH",
                                                     "Link",
                                                     "Lock",
                                                     "Lockt",
                                                     "Locku",
                                                     "Lookup",
                                                     "LookupRoot",
                                                     "Nverify",
                                                     "Open",
                                                     "OpenAttr",
                                                     "OpenConfirm",
                                                     "OpenDgrd",
                                                     "PutFH",
                                                     "",
                                                     "",
                                                     "Read",
                                                     "ReadDir",
                                                     "ReadLink",
                                                     "Remove",
                                                     "Rename",
                                                     "Renew",
                                                     "RestoreFH",
                                                     "SaveFH",
                                                     "SecInfo",
                                                     "SetAttr",
                                                     "SetClientID",
                                                     "SetClientIDConfirm",
                                                     "Verify",
                                                     "Write",
                                                     "RelLockOwner"};
constexpr std::array<std::string_view, 1> kConflicts{"WdelegGetattr"};

constexpr RpcProcedures kProcedures[] = {
    {"proc2", "2", kVersion2},
    {"proc3", "3", kVersion3},
    {"proc4ops", "4", kVersion4},
    {"wdeleg_getattr", "4", kConflicts, false},
};

class Nfsd final : public Collector {
 public:
  explicit Nfsd(const Environment& environment)
      : statistics_(environment.host.proc, "net/rpc/nfsd", kCounters, kMetrics[requests], kProcedures) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override { return statistics_.collect(scrape, sink); }

 private:
  RpcStatistics statistics_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Nfsd>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "nfsd",
    .summary = "work of the NFS server from /proc/net/rpc/nfsd",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::nfsd
