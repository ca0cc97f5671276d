// Mounts of NFS: /proc/self/mountstats, a block per mount (fs/nfs/super.c, nfs_show_stats), and for the server's
// address the options in /proc/self/mountinfo:
//   device 192.0.2.1:/srv mounted on /mnt with fstype nfs4 statvers=1.1
//   	age:	13968
//   	events:	52 226 0 0 1 13 398 0 0 331 0 47 0 0 77 0 0 77 0 0 0 0 0 0 0 0 0
//   	bytes:	1207640230 0 0 0 1210214218 0 295483 0
//   	xprt:	tcp 832 0 1 0 11 6428 6428 0 12154 0 24 26 5726
//   	per-op statistics
//   	        READ: 1298 1298 0 207680 1210292152 6 79386 79407
#include <unordered_map>

#include "collectors/host/mount_table.h"
#include "collectors/host/mountstats_metrics.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::mountstats {
namespace {

constexpr double kMillisecondsPerSecond = 1e3;
// Sums of times start again from 0 here, so that each step is still seen in a double.
constexpr std::uint64_t kTimesWrap = std::uint64_t{1} << 53;

// What one mount, or one mount point, is shown as.
struct Series {
  LabelBlock labels;
  std::uint64_t round = 0;  // of the last scrape that wrote it
  std::vector<LabelBlock> transports;
  platform::RowCache<LabelBlock> operations;
};

// A line "device X mounted on Y with fstype T statvers=V" and the lines below it.
struct Block {
  std::string_view title;
  std::string_view device;  // escaped, as is the point
  std::string_view point;
  std::string_view type;
  bool old = false;  // statvers=1.0: transports have fewer values
  std::string_view lines;
};

bool is_nfs(std::string_view type) noexcept { return type == "nfs" || type == "nfs4"; }

Block take_block(std::string_view& rest) noexcept {
  Block block;
  block.title = platform::take(rest, '\n');
  std::string_view words = block.title;
  platform::word(words);  // device
  block.device = platform::word(words);
  platform::word(words);  // mounted
  platform::word(words);  // on
  block.point = platform::word(words);
  platform::word(words);  // with
  platform::word(words);  // fstype
  block.type = platform::word(words);
  block.old = platform::word(words) == "statvers=1.0";
  const auto* const begin = rest.data();
  while (!rest.empty() && (rest.front() == '\t' || rest.front() == '\n')) {
    platform::take(rest, '\n');
  }
  block.lines = {begin, static_cast<std::size_t>(rest.data() - begin)};
  return block;
}

// The protocol of the first transport; empty when there is none.
std::string_view first_protocol(std::string_view lines) noexcept {
  while (!lines.empty()) {
    std::string_view line = platform::take(lines, '\n');
    if (platform::word(line) == "xprt:") {
      return platform::word(line);
    }
  }
  return {};
}

const TransportColumns* columns_of(std::string_view protocol) noexcept {
  if (protocol == "tcp") {
    return &kTcpColumns;
  }
  return protocol == "udp" ? &kUdpColumns : protocol == "rdma" ? &kRdmaColumns : nullptr;
}

class Mountstats final : public Collector {
 public:
  explicit Mountstats(const Environment& environment)
      : info_file_(environment.host.proc, "self/mountinfo"), stats_file_(environment.host.proc, "self/mountstats") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = info_file_.read(info_)) {
      return unreadable(sink, info_file_.name(), error);
    }
    read_addresses();
    if (addresses_.empty()) {  // spare the kernel the statistics of all the other mounts
      return Outcome::ok;
    }
    if (const int error = stats_file_.read(scrape.buffer)) {
      return unreadable(sink, stats_file_.name(), error);
    }
    ++round_;
    next_address_ = 0;
    mounts_.start();
    for (std::string_view rest = scrape.buffer.text(); !rest.empty();) {
      const Block block = take_block(rest);
      if (is_nfs(block.type)) {
        write(block, sink);
      }
    }
    mounts_.finish();
    std::erase_if(series_, [&](const auto& entry) { return entry.second->round != round_; });
    return Outcome::ok;
  }

 private:
  // A mount of NFS in info_, escaped as there.
  struct Address {
    std::string_view device;
    std::string_view point;
    std::string_view type;
    std::string_view server;
  };
  // Series of series_; several mounts may share them.
  struct Row {
    Series* mount;
    Series* point;
  };

  void read_addresses() {
    addresses_.clear();
    for (std::string_view rest = info_.text(); !rest.empty();) {
      const auto line = platform::take(rest, '\n');
      const auto mount = parse_mount(line);
      if (!mount || !is_nfs(mount->type)) {
        continue;
      }
      std::string_view server;
      for (auto options = line.substr(line.rfind(' ') + 1); !options.empty();) {
        const auto option = platform::take(options, ',');
        if (option.starts_with("addr=")) {
          server = option.substr(5);
        }
      }
      addresses_.push_back({mount->device, mount->point, mount->type, server});
    }
  }

  // The mount in addresses_. Both files have the same order, so it is nearly always the next.
  const Address* find_address(const Block& block) noexcept {
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      const std::size_t index = (next_address_ + i) % addresses_.size();
      const Address& address = addresses_[index];
      if (address.device == block.device && address.point == block.point && address.type == block.type) {
        next_address_ = index + 1;
        return &address;
      }
    }
    return nullptr;
  }

  void write(const Block& block, Sink& sink) {
    const auto protocol = first_protocol(block.lines);
    const Address* const address = find_address(block);
    if (protocol.empty() || address == nullptr) {  // the latter: mounted since the first file was read
      return;
    }
    key_.assign(block.title).append("\n").append(protocol).append("\n").append(address->server);
    const Row row = mounts_.at(key_, [&] {
      LabelBlock labels(kMetrics[kAge], {unescape_octal(block.device), protocol, address->server});
      LabelBlock point = labels;
      point.append("mountpoint", unescape_octal(block.point));
      return Row{series_of(std::move(labels)), series_of(std::move(point))};
    });
    // A share that is mounted twice has the same statistics in both places.
    if (row.point->round != round_) {
      row.point->round = round_;
      sink.add(kMetrics[kInfo], 1, row.point->labels);
    }
    if (row.mount->round != round_) {
      row.mount->round = round_;
      write_statistics(block, *row.mount, sink);
    }
  }

  Series* series_of(LabelBlock labels) {
    auto& series = series_[std::string(labels.text())];
    if (!series) {
      series = std::make_unique<Series>();
      series->labels = std::move(labels);
    }
    return series.get();
  }

  void write_statistics(const Block& block, Series& series, Sink& sink) const {
    series.operations.start();
    std::size_t transport = 0;
    bool operations = false;
    for (std::string_view rest = block.lines; !rest.empty();) {
      std::string_view line = platform::take(rest, '\n');
      const auto name = platform::word(line);
      if (operations && name.ends_with(':')) {
        write_operation(name.substr(0, name.size() - 1), line, series, sink);
      } else if (name == "per-op") {
        operations = true;
      } else if (name == "age:") {
        add(kMetrics[kAge], platform::word(line), series.labels, sink);
      } else if (name == "bytes:") {
        for (std::size_t i = 0; i < kByteCount; ++i) {
          add(kMetrics[kBytes + i], platform::word(line), series.labels, sink);
        }
      } else if (name == "events:") {
        write_events(line, series, sink);
      } else if (name == "xprt:") {
        write_transport(transport++, line, block.old, series, sink);
      }
    }
    series.operations.finish();
  }

  static void write_events(std::string_view line, const Series& series, Sink& sink) {
    for (std::size_t i = 0; i < kEventCount; ++i) {
      if (i == kEventNotShown) {
        platform::word(line);
      }
      add(kMetrics[kEvents + i], platform::word(line), series.labels, sink);
    }
  }

  static void write_transport(std::size_t index, std::string_view line, bool old, Series& series, Sink& sink) {
    if (index == series.transports.size()) {
      LabelBlock labels = series.labels;
      labels.append("transport", std::to_string(index));
      series.transports.push_back(std::move(labels));
    }
    const auto* const columns = columns_of(platform::word(line));
    if (columns == nullptr) {
      sink.problem(Problem::parse, kMetrics[kTransport].name);
      return;
    }
    std::size_t column = 0;  // of the next word
    for (std::size_t i = 0; i < kTransportCount; ++i) {
      // What a transport does not count is 0, as the field is used to.
      std::string_view text = "0";
      if ((*columns)[i] != kNoColumn) {
        for (; column < (*columns)[i]; ++column) {
          platform::word(line);
        }
        text = platform::word(line);
        ++column;
        if (text.empty() && old) {
          text = "0";
        }
      }
      add(kMetrics[kTransport + i], text, series.transports[index], sink);
    }
  }

  static void write_operation(std::string_view name, std::string_view line, Series& series, Sink& sink) {
    const LabelBlock& labels = series.operations.at(name, [&] {
      LabelBlock made = series.labels;
      made.append("operation", name);
      return made;
    });
    for (std::size_t i = 0; i < kOperationCount; ++i) {
      const auto text = platform::word(line);
      if (i < kOperationTimes) {
        add(kMetrics[kOperation + i], text, labels, sink);
      } else if (const auto time = platform::number<std::uint64_t>(text)) {
        sink.add(kMetrics[kOperation + i], static_cast<double>(*time % kTimesWrap) / kMillisecondsPerSecond, labels);
      } else {
        sink.problem(Problem::parse, kMetrics[kOperation + i].name);
      }
    }
  }

  static void add(const MetricDesc& metric, std::string_view text, const LabelBlock& labels, Sink& sink) {
    if (const auto value = platform::number<std::uint64_t>(text)) {
      sink.add(metric, *value, labels);
    } else {
      sink.problem(Problem::parse, metric.name);
    }
  }

  platform::KeptFile info_file_;
  platform::KeptFile stats_file_;
  platform::ReadBuffer info_;
  std::vector<Address> addresses_;  // into info_
  std::size_t next_address_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Series>> series_;  // by label text
  platform::RowCache<Row> mounts_;                                   // into series_
  std::uint64_t round_ = 0;
  std::string key_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Mountstats>(environment); }

}  // namespace

// A worker of its own: the statistics take locks that a mount whose server is gone may hold. It is made on machines
// without such mounts as well, because the collector succeeds there.
extern constinit const CollectorSpec spec{
    .name = "mountstats",
    .summary = "NFS mounts from /proc/self/mountstats",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::mountstats
