// INFO ALL: "used_memory:1242384", one field a line, sections headed "# Memory"
// (https://redis.io/docs/latest/commands/info/). Which field becomes which metric: info_table.h.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "collectors/redis/command.h"
#include "collectors/redis/info_table.h"
#include "platform/text.h"

namespace exporter::redis::info {
namespace {

constexpr MetricDesc kExtra[] = {
    {kGauge, "redis_start_time_seconds", "Unix time at which the server started."},
    {kGauge, "redis_total_system_memory_bytes", "Memory of the server's machine."},
    {kGauge, "redis_instance_info", "What the server is, in labels; always 1."},
    {kCounter, "redis_active_time_io_thread_seconds_total", "Time an I/O thread was busy (Valkey).", {"thread"}},
    {kGauge,
     "redis_tls_certificate_info",
     "Serial number of a certificate, in labels; always 1 (Valkey).",
     {"certificate", "serial"}},
    {kGauge,
     "redis_scripting_engine_info",
     "A scripting engine, in labels; always 1 (Valkey).",
     {"engine", "module", "abi_version"}},
    {kGauge,
     "redis_scripting_engine_memory_used_bytes",
     "Memory of a scripting engine (Valkey).",
     {"engine", "module", "abi_version"}},
    {kGauge,
     "redis_scripting_engine_memory_overhead_bytes",
     "Memory that the server spends on it (Valkey).",
     {"engine", "module", "abi_version"}},
};
constexpr std::size_t kCount = std::size(kFields);

// All descriptions in one array: those of the table first.
template <std::size_t... I>
constexpr auto all_metrics(std::index_sequence<I...>) {
  return std::array<MetricDesc, sizeof...(I)>{(I < kCount ? kFields[I % kCount].metric : kExtra[I - kCount])...};
}
constexpr auto kMetrics = all_metrics(std::make_index_sequence<kCount + std::size(kExtra)>{});
constexpr const MetricDesc& kStart = kMetrics[kCount];
constexpr const MetricDesc& kSystemMemory = kMetrics[kCount + 1];
constexpr const MetricDesc& kInstance = kMetrics[kCount + 2];
constexpr const MetricDesc& kThreadTime = kMetrics[kCount + 3];
constexpr const MetricDesc& kCertificate = kMetrics[kCount + 4];
constexpr const MetricDesc& kEngine = kMetrics[kCount + 5];
constexpr const MetricDesc& kEngineMemory = kMetrics[kCount + 6];
constexpr const MetricDesc& kEngineOverhead = kMetrics[kCount + 7];

constexpr auto kByName = [] {
  std::array<std::uint16_t, kCount> order{};
  for (std::size_t i = 0; i < kCount; ++i) {
    order[i] = static_cast<std::uint16_t>(i);
  }
  std::sort(order.begin(), order.end(), [](auto a, auto b) { return kFields[a].name < kFields[b].name; });
  return order;
}();
static_assert(std::adjacent_find(kByName.begin(), kByName.end(),
                                 [](auto a, auto b) { return kFields[a].name == kFields[b].name; }) == kByName.end(),
              "a field stands twice in the table");

constexpr std::string_view kLabels[] = {"role",       "redis_version",    "redis_build_id", "redis_mode",
                                        "os",         "maxmemory_policy", "tcp_port",       "run_id",
                                        "process_id", "master_replid"};
// Only servers that are Valkey have these.
constexpr std::string_view kValkeyLabels[] = {"valkey_version", "valkey_release_stage"};

constexpr std::string_view kThreadPrefix = "used_active_time_io_thread_";
constexpr std::size_t kMaxPassed = 64;

// Lines of these sections are read by collectors of their own.
bool read_elsewhere(std::string_view section) noexcept {
  for (const std::string_view name : {"Commandstats", "Latencystats", "Errorstats", "Keyspace", "Sentinel"}) {
    if (section == name) {
      return true;
    }
  }
  return false;
}

// CLUSTER INFO says these, which some servers repeat in INFO.
bool cluster_info_field(std::string_view field) noexcept {
  return field != "cluster_enabled" && field != "cluster_connections";
}

class Info final : public Command {
 public:
  explicit Info(const Environment& environment) : system_(environment.options.flag("include-system-metrics")) {}

  void ask(const ServerInfo&, Requests& requests) override { requests.ask_info(); }

  Outcome read(const ServerInfo& server, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO", sink);
    }
    const std::string_view info = replies[0].text();
    read_fields(server, info, sink);
    write_start(info, sink);
    write_instance(info, sink);
    return Outcome::ok;
  }

 private:
  void read_fields(const ServerInfo& server, std::string_view info, Sink& sink) {
    bool skip = false;
    std::size_t passed = 0;
    for (std::string_view rest = info; !rest.empty();) {
      const auto line = platform::trim(platform::take(rest, '\n'));
      if (line.starts_with("# ")) {
        skip = read_elsewhere(line.substr(2));
        continue;
      }
      const auto colon = line.find(':');
      if (!skip && colon != std::string_view::npos && colon != 0) {
        read_field(server, line.substr(0, colon), line.substr(colon + 1), passed, sink);
      }
    }
  }

  void read_field(const ServerInfo& server, std::string_view name, std::string_view text, std::size_t& passed,
                  Sink& sink) {
    const auto* const found = std::lower_bound(kByName.begin(), kByName.end(), name,
                                               [](auto index, auto wanted) { return kFields[index].name < wanted; });
    Value value = 0;
    if (found != kByName.end() && kFields[*found].name == name) {
      if (parse_value(text, kFields[*found].divisor, value)) {
        sink.add(kMetrics[*found], value);
      } else {
        sink.problem(Problem::parse, name);
      }
    } else if (name == "total_system_memory") {
      if (system_ && parse_value(text, 1, value)) {
        sink.add(kSystemMemory, value);
      }
    } else if (name.starts_with(kThreadPrefix)) {
      const auto thread = name.substr(kThreadPrefix.size());
      if (platform::number<unsigned>(thread) && parse_value(text, 1, value)) {
        sink.add(kThreadTime, value, {thread});
      }
    } else if (name.starts_with("tls_") && name.ends_with("_cert_serial")) {
      const auto certificate = name.substr(4, name.size() - 4 - std::string_view("_cert_serial").size());
      if (!certificate.empty() && !text.empty()) {
        sink.add(kCertificate, 1, {certificate, text});
      }
    } else if (name.starts_with("engine_")) {
      read_engine(name, text, sink);
    } else if (name.starts_with("db") || name.starts_with("cluster_")) {
      pass_through(server, name, text, passed, sink);
    }
  }

  // "name=LUA,module=built-in,abi_version=4,used_memory=39936,memory_overhead=16"
  static void read_engine(std::string_view field, std::string_view list, Sink& sink) {
    std::array<std::string_view, 3> labels{};
    std::string_view memory;
    std::string_view overhead;
    std::string_view item;
    std::string_view text;
    while (next_item(list, item, text)) {
      for (const auto& [wanted, to] : {std::pair{std::string_view("name"), &labels[0]},
                                       {"module", &labels[1]},
                                       {"abi_version", &labels[2]},
                                       {"used_memory", &memory},
                                       {"memory_overhead", &overhead}}) {
        if (item == wanted) {
          *to = text;
        }
      }
    }
    if (labels[0].empty()) {
      sink.problem(Problem::parse, field);
      return;
    }
    sink.add(kEngine, 1, {labels[0], labels[1], labels[2]});
    for (const auto& [bytes, metric] : {std::pair{memory, &kEngineMemory}, {overhead, &kEngineOverhead}}) {
      Value value = 0;
      if (parse_value(bytes, 1, value)) {
        sink.add(*metric, value, {labels[0], labels[1], labels[2]});
      }
    }
  }

  // What dashboards know under the name the server gives it.
  void pass_through(const ServerInfo& server, std::string_view name, std::string_view text, std::size_t& passed,
                    Sink& sink) {
    Value value = 0;
    const bool elsewhere = server.mode() == Mode::cluster && name.starts_with("cluster_") && cluster_info_field(name);
    if (elsewhere || !parse_value(text, 1, value)) {
      return;
    }
    if (++passed > kMaxPassed) {
      sink.problem(Problem::limit, name);
      return;
    }
    name_ = "redis_";
    append_sanitized_name(name_, name);
    sink.add(sink.dynamic(kGauge, name_, "Field of INFO, as the server names it."), value);
  }

  void write_start(std::string_view info, Sink& sink) {
    const auto uptime = platform::number<std::int64_t>(info_field(info, "uptime_in_seconds"));
    if (!uptime) {
      return;
    }
    // The server's own clock makes the difference exact; only old servers leave it out.
    if (const auto now = platform::number<std::int64_t>(info_field(info, "server_time_usec"))) {
      sink.add(kStart, *now / 1000000 - *uptime);
      return;
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto start = std::chrono::duration_cast<std::chrono::seconds>(now).count() - *uptime;
    if (start < start_ - 1 || start > start_ + 1) {  // else the same start, seen through two clocks' seconds
      start_ = start;
    }
    sink.add(kStart, start_);
  }

  void write_instance(std::string_view info, Sink& sink) {
    instance_.clear();
    for (const auto label : kLabels) {
      instance_.append(label, info_field(info, label));
    }
    for (const auto label : kValkeyLabels) {
      if (const auto text = info_field(info, label); !text.empty()) {
        instance_.append(label, text);
      }
    }
    sink.add(kInstance, 1, instance_);
  }

  bool system_;
  std::int64_t start_ = 0;
  std::string name_;
  LabelBlock instance_;
};

constexpr OptionDesc kOptions[] = {
    {"include-system-metrics", OptionType::flag, "false", "Redis: export the memory of the server's machine.",
     "REDIS_EXPORTER_INCL_SYSTEM_METRICS"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<Info>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.info",
    .summary = "server, clients, memory, persistence, statistics and CPU from INFO",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::redis::info
