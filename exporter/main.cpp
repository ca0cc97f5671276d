// resource_exporter: reads the command line, builds what was asked for, serves until SIGTERM or SIGINT.
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "collectors/all.h"
#include "exporter/command_line.h"
#include "exporter/container_mode.h"
#include "exporter/hangup.h"
#include "exporter/http_server.h"
#include "exporter/listen.h"
#include "exporter/log.h"
#include "exporter/program_settings.h"
#include "exporter/reloads.h"
#include "exporter/routes.h"
#include "exporter/scheduler.h"
#include "exporter/subcommands.h"
#include "exporter/upkeep.h"
#include "exporter/version.h"
#include "exporter/web_gate.h"
#include "platform/notify.h"
#include "platform/surroundings.h"

namespace {

using exporter::Log;
using exporter::Module;

constexpr double kGraceSeconds = 0.4;  // for replies under way at the end; the whole stop takes less than a second

// SIGTERM and SIGINT become readable on a descriptor; every thread made later has them blocked.
int block_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Kept descriptors are the way to cheap scrapes: use what the administrator allows, within reason.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

void log_start(const Log& log, const exporter::CommandLine& command_line, const platform::Host& host) {
  log.info("starting resource_exporter",
           {{"version", RESOURCE_EXPORTER_VERSION}, {"revision", RESOURCE_EXPORTER_REVISION}});
  for (std::size_t i = 0; i < exporter::kModules; ++i) {
    const auto module = static_cast<Module>(i);
    std::string names;
    for (const auto* spec : command_line.enabled) {
      if (spec->module == module) {
        names.append(names.empty() ? "" : ",").append(spec->name);
      }
    }
    if (names.empty() && module == Module::merge) {
      continue;  // nobody asked for it
    }
    log.info("collectors", {{"module", to_text(module)}, {"on", names.empty() ? "none" : names}});
  }
  for (const auto& [name, notice] : command_line.notices) {
    log.warn("an option to leave out", {{"option", name}, {"reason", notice}});
  }
  const auto missing = exporter::missing_in_container(platform::look_around(host), host);
  if (!missing.empty()) {
    log.warn("not the whole machine can be seen", {{"missing", missing}});
  }
  for (const auto* spec : command_line.enabled) {
    if (spec->deprecated) {
      log.warn("this collector is deprecated and may go in a later version", {{"collector", spec->name}});
    }
  }
}

// Running containers on a page, by the labels of the one family that each has once.
std::size_t containers_on(std::string_view page) {
  static constexpr std::string_view kFamily = "\ncontainer_last_seen{";
  std::size_t count = 0;
  for (auto at = page.find(kFamily); at != std::string_view::npos; at = page.find(kFamily, at + 1)) {
    const auto line = page.substr(at + 1, page.find('\n', at + 1) - at);
    count += line.find(",name=\"") != std::string_view::npos ? 1 : 0;
  }
  return count;
}

// One collection before anyone asks: it finds servers and containers, says so in the log, and warms every buffer.
void first_collection(exporter::Scheduler& scheduler, const Log& log) {
  const auto start = exporter::Scheduler::Clock::now();
  scheduler.settle(start + std::chrono::seconds(1));
  const auto body = scheduler.scrape(exporter::Selection::everything(), start + std::chrono::seconds(2));
  if (!body) {
    return;
  }
  const std::string page = body->whole();
  std::size_t samples = 0;
  for (std::size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) {
    samples += page[at] == '#' ? 0 : 1;
  }
  const std::chrono::duration<double, std::milli> took = exporter::Scheduler::Clock::now() - start;
  log.info("first collection", {{"samples", std::to_string(samples)},
                                {"containers", std::to_string(containers_on(page))},
                                {"milliseconds", std::to_string(took.count())}});
}

exporter::ProbeSettings probe_settings(const exporter::Options& options) {
  return {.most_at_once = options.integer("web.max-probes"),
          .most_servers = static_cast<std::size_t>(options.integer("probe.max-servers")),
          .keep_seconds = options.number("probe.keep")};
}

// Empty, or what is wrong.
std::string reload_files(exporter::Reloads& reloads, const Log& log) {
  std::string wrong = reloads.run();
  if (wrong.empty()) {
    log.info("reloaded");
  } else {
    log.warn("not reloaded, what was in force stays", {{"reason", wrong}});
  }
  return wrong;
}

int serve(const exporter::CommandLine& command_line, const Log& log, int stop_fd) {
  const exporter::Options& options = command_line.options;
  platform::Host host;
  apply(options, host);
  if (const auto wrong = host.open(); !wrong.empty()) {
    log.error("cannot start", {{"reason", wrong}});
    return 1;
  }
  exporter::Shared shared;
  const exporter::Environment environment{host, options, shared};
  std::vector<exporter::Listener> listeners;
  if (options.flag("web.systemd-socket")) {
    listeners = exporter::listeners_of_systemd();
  }
  for (const auto& address : options.list("web.listen-address")) {
    if (!options.flag("web.systemd-socket")) {
      listeners.push_back(exporter::listen_on(address));
    }
  }
  auto scheduler = std::make_unique<exporter::Scheduler>(environment, command_line.enabled,
                                                         exporter::all_target_specs(), log, stop_fd);
  auto probes = std::make_unique<exporter::Probes>(environment, command_line.enabled, exporter::all_target_specs(), log,
                                                   stop_fd, probe_settings(options));
  const auto discoveries =
      std::make_unique<exporter::Discoveries>(environment, command_line.enabled, exporter::all_target_specs(), stop_fd);
  exporter::Reloads& reloads = shared.get<exporter::Reloads>();
  exporter::WebGate gate(options.text("web.config.file"), log);
  if (options.given("web.config.file")) {
    reloads.add([&gate] { return gate.reload(); });
    scheduler->show(exporter::WebGate::metrics(), [&gate](exporter::Sink& sink) { gate.write(sink); });
  }
  const auto reload = [&reloads, &log] { return reload_files(reloads, log); };
  log_start(log, command_line, host);  // all settings are good: nothing but an error stands in the log before this
  const exporter::RouteSettings settings{
      .telemetry_path = options.text("web.telemetry-path"),
      .timeout_offset = options.number("scrape.timeout-offset"),
      .default_timeout = 10,
      .max_requests = options.integer("web.max-requests"),
      .prefix = exporter::web_prefix(options),
      .live_page = options.flag("web.page"),
      .openmetrics = options.flag("web.openmetrics"),
      .reload = options.flag("web.enable-lifecycle") ? std::function<std::string()>(reload) : nullptr};
  probes->start(*scheduler);
  exporter::Routes routes(*scheduler, settings, probes.get(), discoveries.get());
  // A few threads more than scrapes and probes, so that the limit is answered and /-/healthy never waits for a slow
  // server. They are made when they are needed.
  const auto threads_for = [](std::int64_t most) { return most > 0 ? static_cast<std::size_t>(most) : 120; };
  const std::size_t threads = threads_for(settings.max_requests) + threads_for(options.integer("web.max-probes")) + 8;
  auto server = std::make_unique<exporter::HttpServer>(
      std::move(listeners), threads,
      [&routes, &gate](const exporter::HttpRequest& request) {
        return gate.pass(
            request, [&] { return routes.door_of(request); }, [&] { return routes.answer(request); });
      },
      [&gate] { return gate.tls(); });
  exporter::Upkeep upkeep([&server] { return server->responds(); });
  first_collection(*scheduler, log);
  ::malloc_trim(0);  // the command line's tables are gone; what stays is what scrapes use
  for (const auto& listener : server->listeners()) {
    log.info("listening", {{"address", listener.address},
                           {"module", listener.module ? to_text(*listener.module) : "all"},
                           {"url", exporter::local_url(listener, gate.has_tls())}});
  }
  std::optional<exporter::Hangup> hangup;
  if (!reloads.empty()) {
    hangup.emplace(stop_fd, reload);
  }
  platform::notify_service_manager("READY=1");
  const bool answered = server->run(stop_fd, kGraceSeconds, [&probes, &scheduler, &gate, &upkeep] {
    gate.look();
    probes->tend(exporter::Probes::Clock::now());
    scheduler->tend();
    upkeep.tend(exporter::Upkeep::Clock::now());
  });
  platform::notify_service_manager("STOPPING=1");
  const auto end = exporter::Scheduler::Clock::now() + std::chrono::milliseconds(300);
  const bool probes_rested = probes->stop(end);
  const bool rested = scheduler->stop(end) && probes_rested;
  log.info("stopped");
  if (!answered || !rested) {
    // A thread is inside a call that does not return (a dead mount, a hung reader): it cannot be joined.
    std::_Exit(0);
  }
  server = nullptr;
  scheduler = nullptr;
  probes = nullptr;
  return 0;
}

}  // namespace

// libpq, when it is loaded, brings libldap and that brings GnuTLS, which would set itself up as it is loaded: 1.5 MB
// for what is never used. GnuTLS asks the program for this function before it does (GNUTLS_SKIP_GLOBAL_INIT in
// gnutls.h).
extern "C" __attribute__((visibility("default"))) int _gnutls_global_init_skip() { return 1; }  // NOLINT

int main(int argc, char** argv) {
  raise_descriptor_limit();
  if (const auto status = exporter::run_subcommand(argc, argv)) {
    return *status;
  }
  const auto command_line = exporter::read_command_line(argc, argv);
  if (command_line.action == exporter::CommandLine::Action::exit) {
    std::fputs(command_line.output.c_str(), command_line.exit_status == 0 ? stdout : stderr);
    return command_line.exit_status;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is no other thread yet
  ::mallopt(M_ARENA_MAX, 2);  // an arena per thread would cost megabytes and buy nothing here
  // What is this large goes back to the system when it is freed, always: by itself malloc learns to keep such memory.
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);  // NOLINT(concurrency-mt-unsafe): likewise
  const Log log(log_level(command_line.options), log_format(command_line.options));
  const int stop_fd = block_signals();
  exporter::Hangup::block();
  try {
    return serve(command_line, log, stop_fd);
  } catch (const exporter::ListenError& error) {
    log.error("cannot start", {{"reason", error.what()}});
  } catch (const exporter::OptionError& error) {
    log.error("cannot start", {{"reason", error.what()}});
    return exporter::kWrongOptions;
  } catch (const std::exception& error) {
    log.error("cannot go on", {{"reason", error.what()}});
  }
  return 1;
}
