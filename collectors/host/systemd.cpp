// Units of systemd, asked over D-Bus (org.freedesktop.systemd1(5)): one ListUnits, then single properties, all sent
// before the first is answered. What ListUnits gives of a unit:
//   ("ssh.service", "OpenBSD Secure Shell server", "loaded", "active", "running", "", "/org/.../ssh_2eservice", 0, "",
//   "/")
#include <unistd.h>

#include "collectors/host/bus.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/systemd_units.h"
#include "exporter/collector.h"
#include "platform/recorded_bus.h"

namespace exporter::host::systemd {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_systemd_unit_state", "1 for the state that the unit is in.", {"name", "state", "type"}},
    {MetricType::gauge, "node_systemd_units", "Units in each state.", {"state"}},
    {MetricType::gauge, "node_systemd_system_running", "1 when the system is up and no unit failed."},
    {MetricType::gauge, "node_systemd_version", "Version of systemd.", {"version"}},
    {MetricType::gauge,
     "node_systemd_virtualization_info",
     "The virtualization that systemd found itself in.",
     {"virtualization_type"}},
    {MetricType::gauge,
     "node_systemd_unit_start_time_seconds",
     "When the unit became active, in seconds since 1970; 0 when it is not.",
     {"name"}},
    {MetricType::counter, "node_systemd_service_restart_total", "Restarts of the service by systemd.", {"name"}},
    {MetricType::gauge, "node_systemd_unit_tasks_current", "Processes and threads of the service.", {"name"}},
    {MetricType::gauge, "node_systemd_unit_tasks_max", "Most processes and threads that it may have.", {"name"}},
    {MetricType::gauge,
     "node_systemd_timer_last_trigger_seconds",
     "When the timer went off last, in seconds since 1970.",
     {"name"}},
    {MetricType::counter, "node_systemd_socket_accepted_connections_total", "Connections accepted.", {"name"}},
    {MetricType::gauge, "node_systemd_socket_current_connections", "Connections that are open.", {"name"}},
    {MetricType::gauge,
     "node_systemd_socket_refused_connections_total",
     "Connections refused.",
     {"name"},
     Naming::legacy},
};
enum Metric : std::size_t {
  unit_state,
  units_by_state,
  system_running,
  version_info,
  virtualization_info,
  start_time,
  restarts,
  tasks_current,
  tasks_max,
  last_trigger,
  accepted,
  connections,
  refused,
};

constexpr OptionDesc kOptions[] = {
    {"collector.systemd.unit-include", OptionType::regex, ".+", "Units to show; the whole name must fit."},
    {"collector.systemd.unit-exclude", OptionType::regex, ".+\\.(automount|device|mount|scope|slice)",
     "Units to leave out; the whole name must fit."},
    {.name = "collector.systemd.unit-whitelist",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.systemd.unit-include.",
     .hidden = true},
    {.name = "collector.systemd.unit-blacklist",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.systemd.unit-exclude.",
     .hidden = true},
    {.name = "collector.systemd.private",
     .type = OptionType::flag,
     .default_value = "false",
     .help = "Ask systemd on its own socket instead of over the system bus.",
     .hidden = true},
    {"collector.systemd.enable-task-metrics", OptionType::flag, "false", "Show the tasks of services."},
    {"collector.systemd.enable-restarts-metrics", OptionType::flag, "false", "Show the restarts of services."},
    {"collector.systemd.enable-start-time-metrics", OptionType::flag, "false", "Show when units became active."},
    {.name = kBusAddress,
     .type = OptionType::text,
     .default_value = "",
     .help = "Address of the system bus, also for logind, as in unix:path=/host/run/dbus/system_bus_socket.",
     .environment = "DBUS_SYSTEM_BUS_ADDRESS"},
    {.name = "collector.systemd.fixtures",
     .type = OptionType::text,
     .default_value = "",
     .help = "Folder with recorded replies, for tests.",
     .hidden = true},
};

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";

constexpr platform::BusCall kManagerCalls[] = {
    {kService, kManagerPath, kManager, "ListUnits"},
    platform::property_of(kService, kManagerPath, kManager, "Version"),
    platform::property_of(kService, kManagerPath, kManager, "Virtualization"),
    platform::property_of(kService, kManagerPath, kManager, "SystemState"),
    // When the definitions of units were read; since systemd 250.
    platform::property_of(kService, kManagerPath, kManager, "UnitsLoadTimestampMonotonic"),
};
enum ManagerCall : std::size_t { list_units, get_version, get_virtualization, get_system_state, get_loaded };

// A property that becomes one sample.
struct Property {
  const char* interface;
  const char* name;
  Metric metric;
  bool microseconds = false;
  double since = 0;  // the version of systemd that brought it
};
constexpr Property kServiceType{"org.freedesktop.systemd1.Service", "Type", unit_state};
constexpr Property kMountType{"org.freedesktop.systemd1.Mount", "Type", unit_state};
constexpr Property kStartTime{"org.freedesktop.systemd1.Unit", "ActiveEnterTimestamp", start_time, true};
constexpr Property kRestarts{"org.freedesktop.systemd1.Service", "NRestarts", restarts, false, 235};
constexpr Property kTasksCurrent{"org.freedesktop.systemd1.Service", "TasksCurrent", tasks_current};
constexpr Property kTasksMax{"org.freedesktop.systemd1.Service", "TasksMax", tasks_max};
constexpr Property kLastTrigger{"org.freedesktop.systemd1.Timer", "LastTriggerUSec", last_trigger, true, 212};
constexpr Property kAccepted{"org.freedesktop.systemd1.Socket", "NAccepted", accepted};
constexpr Property kConnections{"org.freedesktop.systemd1.Socket", "NConnections", connections};
constexpr Property kRefused{"org.freedesktop.systemd1.Socket", "NRefused", refused, false, 239};

platform::Filter filter_of(const Options& options) {
  return filter_from(anchored(either(options, "collector.systemd.unit-include", "collector.systemd.unit-whitelist")),
                     anchored(either(options, "collector.systemd.unit-exclude", "collector.systemd.unit-blacklist")));
}

std::unique_ptr<platform::Bus> bus_of(const Environment& environment) {
  if (const auto& folder = environment.options.text("collector.systemd.fixtures"); !folder.empty()) {
    return std::make_unique<platform::RecordedBus>(folder);
  }
  // Only root may use the socket of systemd itself.
  return system_bus(environment, environment.options.flag("collector.systemd.private"), ::geteuid() == 0);
}

class Systemd final : public Collector {
 public:
  explicit Systemd(const Environment& environment)
      : bus_(bus_of(environment)),
        units_(filter_of(environment.options)),
        with_tasks_(environment.options.flag("collector.systemd.enable-task-metrics")),
        with_restarts_(environment.options.flag("collector.systemd.enable-restarts-metrics")),
        with_start_time_(environment.options.flag("collector.systemd.enable-start-time-metrics")) {}

  bool nothing_to_read() override { return bus_->absent(); }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const platform::Deadline deadline{scrape.deadline - kBusMargin, scrape.stop_fd};
    version_ = 0;
    loaded_ = {};
    failure_.clear();
    int error = bus_->run(kManagerCalls, deadline, [this, &sink](std::size_t call, const platform::BusReply& reply) {
      take_manager(static_cast<ManagerCall>(call), reply, sink);
    });
    if (error != 0) {
      return bus_failed(sink, *bus_, error);
    }
    if (!failure_.empty()) {
      return call_failed(sink, failure_);
    }
    for (const auto& [state, number] : units_.counts()) {
      sink.add(kMetrics[units_by_state], number, {state});
    }
    if (!loaded_ || loaded_ != types_of_) {
      units_.forget_types();
      types_of_ = loaded_;
    }
    ask_for_properties(sink);
    error = bus_->run(calls_, deadline, [this, &sink](std::size_t call, const platform::BusReply& reply) {
      take_property(*asked_[call].unit, *asked_[call].property, reply, sink);
    });
    if (error != 0) {
      bus_failed(sink, *bus_, error);  // what was answered in time stands
    }
    write_states(sink, error != 0);
    return Outcome::ok;
  }

 private:
  struct Asked {
    Unit* unit;
    const Property* property;
  };

  void take_manager(ManagerCall call, const platform::BusReply& reply, Sink& sink) {
    const platform::BusValue first = reply.values.empty() ? platform::BusValue{} : reply.values[0];
    if (call == list_units) {
      failure_ = reply.error;
      if (reply.error.empty() && !units_.read(reply.values)) {
        sink.problem(Problem::parse, "ListUnits");
      }
    } else if (call == get_version) {
      const auto number = version_number(first.text);
      version_ = number.value_or(0);
      if (number) {
        sink.add(kMetrics[version_info], *number, {first.text});
      } else {
        sink.problem(Problem::parse, "Version");
      }
    } else if (call == get_virtualization) {
      const auto type = !reply.error.empty() ? "unknown" : first.text.empty() ? "none" : first.text;
      sink.add(kMetrics[virtualization_info], 1, {type});
    } else if (call == get_system_state && reply.error.empty()) {
      sink.add(kMetrics[system_running], first.text == "running" ? 1 : 0);
    } else if (call == get_loaded) {
      loaded_ = first.number;
    }
  }

  void ask(Unit& unit, const Property& property) {
    if (version_ == 0 || version_ >= property.since) {
      asked_.push_back({&unit, &property});
      calls_.push_back(platform::property_of(kService, unit.path.c_str(), property.interface, property.name));
    }
  }

  void ask_for_properties(Sink& sink) {
    asked_.clear();
    calls_.clear();
    for (Unit* const unit : units_.shown()) {
      if (!unit->type_known) {
        unit->type.clear();
        if (unit->kind == Kind::service || unit->kind == Kind::mount) {
          ask(*unit, unit->kind == Kind::service ? kServiceType : kMountType);
        } else {
          unit->type_known = true;
        }
      }
      if (with_start_time_ && unit->state == kActive) {
        ask(*unit, kStartTime);
      } else if (with_start_time_) {
        sink.add(kMetrics[start_time], 0, {unit->name});
      }
      if (unit->kind == Kind::service && with_restarts_) {
        ask(*unit, kRestarts);
      }
      if (unit->kind == Kind::service && with_tasks_) {
        ask(*unit, kTasksCurrent);
        ask(*unit, kTasksMax);
      }
      if (unit->kind == Kind::timer) {
        ask(*unit, kLastTrigger);
      }
      if (unit->kind == Kind::socket) {
        ask(*unit, kAccepted);
        ask(*unit, kConnections);
        ask(*unit, kRefused);
      }
    }
  }

  static void take_property(Unit& unit, const Property& property, const platform::BusReply& reply, Sink& sink) {
    if (!reply.error.empty() || reply.values.empty()) {
      sink.problem(Problem::io, property.name);
    } else if (property.metric == unit_state) {
      unit.type = reply.values[0].text;
      unit.type_known = true;
    } else if (const auto number = reply.values[0].number; !number) {
      sink.problem(Problem::parse, property.name);
    } else if (*number != UINT64_MAX) {  // which stands for "no limit" and "not counted"
      const MetricDesc& metric = kMetrics[property.metric];
      property.microseconds ? sink.add(metric, static_cast<double>(*number) / 1e6, {unit.name})
                            : sink.add(metric, *number, {unit.name});
    }
  }

  // `late`: not all types were told; the label would be another one than at other times.
  void write_states(Sink& sink, bool late) const {
    for (const Unit* const unit : units_.shown()) {
      for (std::size_t i = 0; i < kStates.size() && (unit->type_known || !late); ++i) {
        sink.add(kMetrics[unit_state], i == unit->state ? 1 : 0, {unit->name, kStates[i], unit->type});
      }
    }
  }

  std::unique_ptr<platform::Bus> bus_;
  Units units_;
  bool with_tasks_;
  bool with_restarts_;
  bool with_start_time_;
  double version_ = 0;
  std::string failure_;                    // D-Bus name of the error that ListUnits gave
  std::optional<std::uint64_t> loaded_;    // when systemd read its units
  std::optional<std::uint64_t> types_of_;  // the same, when their types were asked for
  std::vector<platform::BusCall> calls_;
  std::vector<Asked> asked_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Systemd>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "systemd",
    .summary = "units of systemd, over D-Bus",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::systemd
