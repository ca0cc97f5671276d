// Sockets and tracked connections of each network namespace: /proc/<pid>/net shows the namespace of that process
// (network_namespaces(7)), so nothing has to be entered.
//   /proc/1234/ns/net                  net:[4026532281]
//   /proc/1234/net/sockstat            sockets: used 290
//                                      TCP: inuse 4 orphan 0 tw 4 alloc 17 mem 1
//   /proc/1234/net/stat/nf_conntrack   entries  clashres found ...      (hexadecimal, one line per CPU)
// Needs to see other users' processes (CAP_SYS_PTRACE); namespaces that hold no process are not seen. A namespace's
// `name` is that of its file in /run/netns (ip-netns(8)), else the command of its first process.
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/dir_names.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::netns {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_netns_sockets_used", "Sockets of all kinds in the network namespace.", {"netns", "name"}},
    {MetricType::gauge,
     "node_netns_tcp_sockets",
     "TCP sockets in the network namespace by state.",
     {"netns", "name", "state"}},
    {MetricType::gauge, "node_netns_udp_sockets", "UDP sockets in the network namespace.", {"netns", "name"}},
    {MetricType::gauge,
     "node_netns_nf_conntrack_entries",
     "Connections that the network namespace tracks.",
     {"netns", "name"}},
};
enum Index : std::size_t { kSockets, kTcp, kUdp, kConntrack };

constexpr OptionDesc kOptions[] = {
    {"collector.netns.max", OptionType::integer, "100", "most network namespaces to show"},
};

struct Namespace {
  std::string inode;
  std::string pid;  // a process in it
};

class Netns final : public Collector {
 public:
  explicit Netns(const Environment& environment)
      : host_(environment.host),
        most_(static_cast<std::size_t>(std::max<std::int64_t>(environment.options.integer("collector.netns.max"), 0))) {
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = find(sink)) {
      return unreadable(sink, "<pid>/ns/net", error);
    }
    read_names();
    for (const Namespace& one : found_) {
      write(one, scrape.buffer, sink);
    }
    return found_.empty() ? Outcome::no_data : Outcome::ok;
  }

 private:
  static bool number(std::string_view name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
  }

  // The namespaces, each with the process of the lowest number that holds it.
  int find(Sink& sink) {
    found_.clear();
    if (const int error = pids_.read(host_.proc)) {
      return error;
    }
    bool denied = false;
    std::string target;
    for (const auto& [name, inode] : pids_.entries()) {
      if (!number(name)) {
        continue;
      }
      const std::string pid(name);
      if (const int error = host_.proc.link((pid + "/ns/net").c_str(), target)) {
        denied = denied || error == EACCES || error == EPERM;
        continue;  // a process that ended meanwhile
      }
      std::string_view id = target;
      platform::take(id, '[');
      add(platform::take(id, ']'), pid, sink);
    }
    if (denied) {
      sink.problem(Problem::denied, "ns/net of other users' processes (CAP_SYS_PTRACE)", EACCES);
    }
    return 0;
  }

  void add(std::string_view inode, const std::string& pid, Sink& sink) {
    const auto known =
        std::find_if(found_.begin(), found_.end(), [&](const Namespace& one) { return one.inode == inode; });
    if (known != found_.end()) {
      if (pid.size() < known->pid.size() || (pid.size() == known->pid.size() && pid < known->pid)) {
        known->pid = pid;
      }
    } else if (found_.size() < most_) {
      found_.push_back({std::string(inode), pid});
    } else {
      sink.problem(Problem::limit, "network namespaces (--collector.netns.max)");
    }
  }

  void read_names() {
    names_.clear();
    platform::Dir folder;
    platform::DirNames entries;
    if (host_.root.open_dir("run/netns", folder) != 0 || entries.read(folder) != 0) {
      return;
    }
    for (const auto& [name, inode] : entries.entries()) {
      struct stat status {};
      if (::fstatat(folder.fd(), name.data(), &status, 0) == 0) {
        names_.push_back({std::to_string(status.st_ino), std::string(name)});
      }
    }
  }

  std::string name_of(const Namespace& one, platform::ReadBuffer& buffer) const {
    for (const auto& [inode, name] : names_) {
      if (inode == one.inode) {
        return name;
      }
    }
    return host_.proc.read((one.pid + "/comm").c_str(), buffer) == 0 ? std::string(platform::trim(buffer.text())) : "";
  }

  void write(const Namespace& one, platform::ReadBuffer& buffer, Sink& sink) const {
    const LabelBlock labels(kMetrics[kSockets], {one.inode, name_of(one, buffer)});
    const std::string net = one.pid + "/net/";
    if (host_.proc.read((net + "sockstat").c_str(), buffer) == 0) {
      write_sockets(buffer.text(), labels, sink);
    }
    if (host_.proc.read((net + "stat/nf_conntrack").c_str(), buffer) == 0) {
      write_conntrack(buffer.text(), labels, sink);
    }
  }

  static void write_sockets(std::string_view text, const LabelBlock& labels, Sink& sink) {
    while (!text.empty()) {
      std::string_view line = platform::take(text, '\n');
      const std::string_view protocol = platform::take(line, ':');
      for (auto key = platform::word(line); !key.empty(); key = platform::word(line)) {
        const auto value = platform::number<std::uint64_t>(platform::word(line));
        if (!value) {
          sink.problem(Problem::parse, "net/sockstat");
          break;
        }
        if (protocol == "sockets" && key == "used") {
          sink.add(kMetrics[kSockets], *value, labels);
        } else if (protocol == "TCP" && (key == "inuse" || key == "orphan" || key == "tw")) {
          const Label state[] = {{"state", key == "tw" ? "time_wait" : key}};
          LabelBlock all = labels;
          all.append(state[0].name, state[0].value);
          sink.add(kMetrics[kTcp], *value, all);
        } else if (protocol == "UDP" && key == "inuse") {
          sink.add(kMetrics[kUdp], *value, labels);
        }
      }
    }
  }

  // Every line says the same number of entries: it is that of the namespace, not of the CPU.
  static void write_conntrack(std::string_view text, const LabelBlock& labels, Sink& sink) {
    platform::take(text, '\n');
    std::string_view line = platform::take(text, '\n');
    const auto value = platform::hex_number<std::uint64_t>(platform::word(line));
    if (value) {
      sink.add(kMetrics[kConntrack], *value, labels);
    } else {
      sink.problem(Problem::parse, "net/stat/nf_conntrack");
    }
  }

  const platform::Host& host_;
  std::size_t most_;
  platform::DirNames pids_;
  std::vector<Namespace> found_;
  std::vector<std::pair<std::string, std::string>> names_;  // inode, name
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Netns>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "netns",
    .summary = "sockets and tracked connections of each network namespace",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // looks at every process
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_SYS_PTRACE"},
};

}  // namespace exporter::host::netns
