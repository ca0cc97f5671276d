// Protocol counters. /proc/net/netstat and /proc/net/snmp hold pairs of lines, names and values; /proc/net/snmp6 holds
// one counter a line (proc_net(5)):
//   Udp: InDatagrams NoPorts InErrors                 Udp6InDatagrams                  0
//   Udp: 88542 120 0
#include <cerrno>

#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/regex.h"
#include "platform/text.h"

namespace exporter::host::netstat {
namespace {

constexpr OptionDesc kOptions[] = {
    {"collector.netstat.fields", OptionType::regex,
     "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
     "|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
     "|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
     "|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
     "Counters to show, matched on Protocol_Field."},
};

// What becomes of one counter; decided once, because the pattern costs more than the rest.
struct Field {
  bool kept = false;
  std::string name;
  std::string help;
};

Field make_field(const platform::Pattern& pattern, std::string_view protocol, std::string_view field) {
  const std::string key = std::string(protocol).append("_").append(field);
  Field result;
  result.kept = pattern.matches(key);
  if (result.kept) {
    result.name = "node_netstat_";
    append_sanitized_name(result.name, key);
    result.help.append("Counter ").append(field).append(" of ").append(protocol).append(" as the kernel keeps it.");
  }
  return result;
}

void write(Sink& sink, const Field& field, std::string_view text) {
  if (!field.kept) {
    return;
  }
  // Counters are unsigned; Tcp MaxConn is -1.
  std::optional<Value> value;
  if (const auto whole = platform::number<std::uint64_t>(text)) {
    value = *whole;
  } else if (const auto negative = platform::number<std::int64_t>(text)) {
    value = *negative;
  }
  if (value) {
    sink.add(sink.dynamic(MetricType::untyped, field.name, field.help), *value);
  } else {
    sink.problem(Problem::parse, field.name);
  }
}

// A file of line pairs. The lines of names change only with the kernel or when a new ICMP type is seen.
class PairedFile {
 public:
  PairedFile(const platform::Dir& proc, std::string name) : file_(proc, std::move(name)) {}

  int read(const Scrape& scrape, const platform::Pattern& pattern, Sink& sink) {
    if (const int error = file_.read(scrape.buffer)) {
      return error;
    }
    std::string_view rest = scrape.buffer.text();
    for (std::size_t i = 0; !rest.empty(); ++i) {
      const std::string_view names = platform::take(rest, '\n');
      if (i == blocks_.size()) {
        blocks_.emplace_back();
      }
      if (blocks_[i].names != names) {
        blocks_[i] = make_block(pattern, names);
      }
      write_block(blocks_[i], platform::take(rest, '\n'), sink);
    }
    return 0;
  }
  const std::string& name() const noexcept { return file_.name(); }

 private:
  struct Block {
    std::string names;  // the whole line, to notice a change
    std::vector<Field> fields;
  };

  static Block make_block(const platform::Pattern& pattern, std::string_view names) {
    Block block{std::string(names), {}};
    const auto protocol = platform::take(names, ':');
    for (auto field = platform::word(names); !field.empty(); field = platform::word(names)) {
      block.fields.push_back(make_field(pattern, protocol, field));
    }
    return block;
  }

  void write_block(const Block& block, std::string_view values, Sink& sink) const {
    const std::string_view names = block.names;
    const auto colon = names.find(':');
    const bool same = colon != std::string_view::npos && values.substr(0, colon + 1) == names.substr(0, colon + 1);
    values.remove_prefix(same ? colon + 1 : 0);
    std::size_t count = 0;
    for (auto rest = values; !platform::word(rest).empty();) {
      ++count;
    }
    if (!same || count != block.fields.size()) {  // whose values these are is anybody's guess
      sink.problem(Problem::parse, file_.name());
      return;
    }
    for (const Field& field : block.fields) {
      write(sink, field, platform::word(values));
    }
  }

  platform::KeptFile file_;
  std::vector<Block> blocks_;
};

// snmp6: the protocol ends with the first 6. Missing where IPv6 is off.
class NamedFile {
 public:
  NamedFile(const platform::Dir& proc, std::string name) : file_(proc, std::move(name)) {}

  int read(const Scrape& scrape, const platform::Pattern& pattern, Sink& sink) {
    if (const int error = file_.read(scrape.buffer)) {
      return error;
    }
    std::string_view rest = scrape.buffer.text();
    for (std::size_t i = 0; !rest.empty(); ++i) {
      std::string_view line = platform::take(rest, '\n');
      const auto name = platform::word(line);
      if (i == lines_.size()) {
        lines_.emplace_back();
      }
      if (lines_[i].name != name) {
        const auto six = name.find('6');
        lines_[i] = {std::string(name), six == std::string_view::npos
                                            ? Field{}
                                            : make_field(pattern, name.substr(0, six + 1), name.substr(six + 1))};
      }
      write(sink, lines_[i].field, platform::word(line));
    }
    return 0;
  }
  const std::string& name() const noexcept { return file_.name(); }

 private:
  struct Line {
    std::string name;
    Field field;
  };
  platform::KeptFile file_;
  std::vector<Line> lines_;
};

class Netstat final : public Collector {
 public:
  explicit Netstat(const Environment& environment)
      : pattern_(environment.options.text("collector.netstat.fields")),
        netstat_(environment.host.proc, "net/netstat"),
        snmp_(environment.host.proc, "net/snmp"),
        snmp6_(environment.host.proc, "net/snmp6") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const int netstat = netstat_.read(scrape, pattern_, sink);
    const int snmp = snmp_.read(scrape, pattern_, sink);
    const int snmp6 = snmp6_.read(scrape, pattern_, sink);
    if (netstat != 0 && snmp != 0 && snmp6 != 0) {
      return Outcome::no_data;
    }
    if (netstat != 0) {
      sink.problem(Problem::io, netstat_.name(), netstat);
    }
    if (snmp != 0) {
      sink.problem(Problem::io, snmp_.name(), snmp);
    }
    if (snmp6 != 0 && snmp6 != ENOENT) {
      sink.problem(Problem::io, snmp6_.name(), snmp6);
    }
    return Outcome::ok;
  }

 private:
  platform::Pattern pattern_;
  PairedFile netstat_;
  PairedFile snmp_;
  NamedFile snmp6_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Netstat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "netstat",
    .summary = "protocol counters from /proc/net/netstat, snmp and snmp6",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = {},
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::netstat
