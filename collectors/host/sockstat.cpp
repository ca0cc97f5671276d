// /proc/net/sockstat and /proc/net/sockstat6: "TCP: inuse 4 orphan 0 tw 4 alloc 17 mem 1" (proc_net(5)).
// mem counts pages, memory (of FRAG) bytes.
#include <cerrno>

#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::sockstat {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_sockstat_sockets_used", "Sockets of all kinds in use."},
};

// One protocol's line, with the names of its metrics kept from the last scrape.
struct Line {
  struct Field {
    std::string key;
    std::string name;
    std::string help;
  };
  std::string protocol;
  std::vector<Field> fields;
};

void set(Line::Field& field, std::string_view protocol, std::string_view key) {
  field.key = key;
  field.name = "node_sockstat_";
  append_sanitized_name(field.name, protocol);
  field.name += '_';
  append_sanitized_name(field.name, key);
  field.help.assign("Value ").append(key).append(" of ").append(protocol).append(" sockets as the kernel keeps it.");
}

class Sockets {
 public:
  Sockets(const platform::Host& host, std::string name)
      : page_(static_cast<std::uint64_t>(host.page)), file_(host.proc, std::move(name)) {}

  int read(const Scrape& scrape, Sink& sink) {
    if (const int error = file_.read_once(scrape.buffer)) {
      return error;
    }
    std::string_view rest = scrape.buffer.text();
    for (std::size_t i = 0; !rest.empty(); ++i) {
      std::string_view line = platform::take(rest, '\n');
      if (line.find(':') == std::string_view::npos) {
        sink.problem(Problem::parse, file_.name());
        continue;
      }
      const auto protocol = platform::trim(platform::take(line, ':'));
      if (protocol == "sockets") {
        write_total(line, sink);
        continue;
      }
      if (lines_.size() <= i) {
        lines_.resize(i + 1);
      }
      if (lines_[i].protocol != protocol) {
        lines_[i] = {std::string(protocol), {}};
      }
      write(lines_[i], line, sink);
    }
    return 0;
  }
  const std::string& name() const noexcept { return file_.name(); }

 private:
  void write_total(std::string_view fields, Sink& sink) const {
    const auto key = platform::word(fields);
    const auto value = platform::number<std::uint64_t>(platform::word(fields));
    if (key == "used" && value) {
      sink.add(kMetrics[0], *value);
    } else {
      sink.problem(Problem::parse, file_.name());
    }
  }

  void write(Line& line, std::string_view fields, Sink& sink) const {
    std::size_t next = 0;
    for (auto key = platform::word(fields); !key.empty(); key = platform::word(fields)) {
      const auto value = platform::number<std::uint64_t>(platform::word(fields));
      if (!value) {
        sink.problem(Problem::parse, file_.name());
        continue;
      }
      put(line, next++, key, *value, sink);
      std::uint64_t bytes = 0;
      if (key == "mem" && !__builtin_mul_overflow(*value, page_, &bytes)) {
        put(line, next++, "mem_bytes", bytes, sink);
      }
    }
  }

  static void put(Line& line, std::size_t index, std::string_view key, std::uint64_t value, Sink& sink) {
    if (line.fields.size() <= index) {
      line.fields.resize(index + 1);
    }
    Line::Field& field = line.fields[index];
    if (field.key != key) {
      set(field, line.protocol, key);
    }
    sink.add(sink.dynamic(MetricType::gauge, field.name, field.help), value);
  }

  std::uint64_t page_;
  platform::KeptFile file_;
  std::vector<Line> lines_;
};

class Sockstat final : public Collector {
 public:
  explicit Sockstat(const Environment& environment)
      : files_{Sockets(environment.host, "net/sockstat"), Sockets(environment.host, "net/sockstat6")} {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool any = false;
    for (Sockets& file : files_) {
      const int error = file.read(scrape, sink);
      any = any || error == 0;
      if (error != 0 && error != ENOENT) {  // kernels without IPv4 or IPv6 lack the file
        sink.problem(Problem::io, file.name(), error);
      }
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  Sockets files_[2];
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Sockstat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "sockstat",
    .summary = "sockets by protocol from /proc/net/sockstat and sockstat6",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::sockstat
