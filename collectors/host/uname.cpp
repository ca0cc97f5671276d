// uname(2): sysname "Linux", nodename "web1", release "6.1.0", version "#1 SMP", machine "x86_64", domainname "(none)".
#include <sys/utsname.h>

#include <cerrno>

#include "exporter/collector.h"

namespace exporter::host::uname {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_uname_info",
     "Kernel, machine and names of this system; the value is 1.",
     {"domainname", "machine", "nodename", "release", "sysname", "version"}},
};

class Uname final : public Collector {
 public:
  Outcome collect(const Scrape&, Sink& sink) override {
    utsname name;
    if (::uname(&name) != 0) {
      sink.problem(Problem::io, "uname", errno);
      return Outcome::failed;
    }
    sink.add(kMetrics[0], 1, {name.domainname, name.machine, name.nodename, name.release, name.sysname, name.version});
    return Outcome::ok;
  }
};

std::unique_ptr<Collector> make(const Environment&) { return std::make_unique<Uname>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "uname",
    .summary = "kernel and host names from uname(2)",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::uname
