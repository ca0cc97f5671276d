// /proc/net/rpc/nfs: what this machine asked of NFS servers (net/sunrpc/stats.c, rpc_proc_show):
//   net 0 0 0 0
//   rpc 1218785755 374636 1218815394
//   proc3 22 0 1061909262 48906 4077635 117661341 5 29391916 2570425 2993289 590 0 0 7815 15 1130 0 3983 92385 13332 2
//   1 9
#include "collectors/host/rpc_statistics.h"
#include "exporter/collector.h"
#include "platform/host.h"

namespace exporter::host::nfs {
namespace {

enum Metric : std::size_t { packets, connections, rpcs, retransmissions, refreshes, requests };

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_nfs_packets_total", "Packets of the NFS client by transport protocol.", {"protocol"}},
    {MetricType::counter, "node_nfs_connections_total", "TCP connections of the NFS client."},
    {MetricType::counter, "node_nfs_rpcs_total", "Remote procedure calls made."},
    {MetricType::counter, "node_nfs_rpc_retransmissions_total", "Remote procedure calls sent once more."},
    {MetricType::counter, "node_nfs_rpc_authentication_refreshes_total", "Renewals of RPC credentials."},
    {MetricType::counter,
     "node_nfs_requests_total",
     "NFS procedures called, by protocol version.",
     {"method", "proto"}},
};

constexpr RpcCounter kCounters[] = {
    {"net", 1, &kMetrics[packets], "udp"}, {"net", 2, &kMetrics[packets], "tcp"},  {"net", 3, &kMetrics[connections]},
    {"rpc", 0, &kMetrics[rpcs]},           {"rpc", 1, &kMetrics[retransmissions]}, {"rpc", 2, &kMetrics[refreshes]},
};

// The client's own order (fs/nfs/nfs4xdr.c, nfs4_procedures).
constexpr std::array<std::string_view, 59> kNfs4Methods{"Null",
                                                        "Read",
                                                        "Write",
                                                        "Commit",
                                                        "Open",
                                                        "OpenConfirm",
                                                        "OpenNoattr",
                                                        "OpenDowngrade",
                                                        "Close",
                                                        "Setattr",
                                                        "FsInfo",
                                                        "Renew",
                                                        "SetClientID",
                                                        "SetClientIDConfirm",
                                                        "Lock",
                                                        "Lockt",
                                                        "Locku",
                                                        "Access",
                                                        "Getattr",
                                                        "Lookup",
                                                        "LookupRoot",
                                                        "Remove",
                                                        "Rename",
                                                        "Link",
                                                        "Symlink",
                                                        "Create",
                                                        "Pathconf",
                                                        "StatFs",
                                                        "ReadLink",
                                                        "ReadDir",
                                                        "ServerCaps",
                                                        "DelegReturn",
                                                        "GetACL",
                                                        "SetACL",
                                                        "FsLocations",
                                                        "ReleaseLockowner",
                                                        "Secinfo",
                                                        "FsidPresent",
                                                        "ExchangeID",
                                                        "CreateSession",
                                                        "DestroySession",
                                                        "Sequence",
                                                        "GetLeaseTime",
                                                        "ReclaimComplete",
                                                        "GetDeviceInfo",
                                                        "LayoutGet",
                                                        "LayoutCommit",
                                                        "LayoutReturn",
                                                        "SecinfoNoName",
                                                        "TestStateID",
                                                        "FreeStateID",
                                                        "GetDeviceList",
                                                        "BindConnToSession",
                                                        "DestroyClientID",
                                                        "Seek",
                                                        "Allocate",
                                                        "DeAllocate",
                                                        "LayoutStats",
                                                        "Clone"};

constexpr RpcProcedures kProcedures[] = {
    {"proc2", "2", kNfs2Methods},
    {"proc3", "3", kNfs3Methods},
    {"proc4", "4", kNfs4Methods},
};

class Nfs final : public Collector {
 public:
  explicit Nfs(const Environment& environment)
      : statistics_(environment.host.proc, "net/rpc/nfs", kCounters, kMetrics[requests], kProcedures) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override { return statistics_.collect(scrape, sink); }

 private:
  RpcStatistics statistics_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Nfs>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "nfs",
    .summary = "calls of the NFS client from /proc/net/rpc/nfs",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::nfs
