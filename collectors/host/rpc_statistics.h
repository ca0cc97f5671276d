// What /proc/net/rpc/nfs and /proc/net/rpc/nfsd have in common (net/sunrpc/stats.c, fs/nfsd/stats.c): lines of a
// keyword and counters, and a line per protocol version that counts its procedures, their number first:
//   net 70 20 50 4
//   proc2 18 2 69 0 0 4410 0 0 0 0 0 0 0 0 0 0 0 99 2
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "platform/dir.h"

namespace exporter::host {

// A counter that stands alone: value `column`, from 0, of the line `keyword`. `label` is empty or the value of the
// metric's only label.
struct RpcCounter {
  std::string_view keyword;
  std::size_t column;
  const MetricDesc* metric;
  std::string_view label = {};
};

// The counters of a protocol version's procedures, by method name in the order of the line; those without a name are
// not shown. `counted`: the line says first how many there are.
struct RpcProcedures {
  std::string_view keyword;
  std::string_view version;
  std::span<const std::string_view> methods;
  bool counted = true;
};

// RFC 1094 and RFC 1813, number by number.
inline constexpr std::array<std::string_view, 18> kNfs2Methods{
    "Null",   "GetAttr", "SetAttr", "Root", "Lookup",  "ReadLink", "Read",  "WrCache", "Write",
    "Create", "Remove",  "Rename",  "Link", "SymLink", "MkDir",    "RmDir", "ReadDir", "FsStat"};
inline constexpr std::array<std::string_view, 22> kNfs3Methods{
    "Null",    "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
    "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
    "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};

// Reads one of the files. For one thread at a time.
class RpcStatistics {
 public:
  // `requests` has the labels method and proto. All spans and metrics must outlive this.
  RpcStatistics(const platform::Dir& proc, std::string file, std::span<const RpcCounter> counters,
                const MetricDesc& requests, std::span<const RpcProcedures> procedures);
  Outcome collect(const Scrape& scrape, Sink& sink);

 private:
  struct Version {
    const RpcProcedures* procedures;
    std::vector<LabelBlock> labels;  // of each method
    bool seen = false;               // in this scrape
  };
  void write_counters(std::string_view keyword, std::string_view values, Sink& sink) const;
  void write_requests(const Version& version, std::string_view values, Sink& sink) const;

  platform::KeptFile file_;
  std::span<const RpcCounter> counters_;
  std::vector<LabelBlock> counter_labels_;
  const MetricDesc* requests_;
  std::vector<Version> versions_;
};

}  // namespace exporter::host
