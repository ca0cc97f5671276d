#include "exporter/program_settings.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "collectors/all.h"
#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter {
namespace {

// The log's settings as users of redis_exporter write them; those of ours win.
void set_log_synonyms(Options& options) {
  if (options.on("log-level") && !options.given("log.level")) {
    const std::string level = platform::lower(options.text("log-level"));
    const bool known = level == "debug" || level == "warn" || level == "error";
    options.set("log.level", known ? level : level == "warning" ? "warn" : "info");
  }
  if (options.flag("debug")) {
    options.set("log.level", "debug");
  }
  if (options.on("log-format") && !options.given("log.format")) {
    options.set("log.format", options.text("log-format") == "json" ? "json" : "logfmt");
  }
}

bool any_on(std::string_view names, const Options& options) {
  bool on = false;
  while (!names.empty()) {
    on = options.on(platform::take(names, ',')) || on;
  }
  return on;
}

}  // namespace

void settle(Options& options) {
  set_log_synonyms(options);
  if (!options.text("web.telemetry-path").starts_with('/')) {
    throw OptionError("--web.telemetry-path: a path starts with '/'");
  }
  web_prefix(options);
  for (const std::string_view name : {"web.max-requests", "web.max-probes"}) {
    if (options.integer(name) < 0) {
      throw OptionError("--" + std::string(name) + ": expected 0 (no limit) or more");
    }
  }
  constexpr std::int64_t kMostServers = 10000;
  if (const auto most = options.integer("probe.max-servers"); most < 1 || most > kMostServers) {
    throw OptionError("--probe.max-servers: expected 1 to " + std::to_string(kMostServers));
  }
}

std::vector<const CollectorSpec*> chosen_collectors(const Options& options) {
  std::vector<const CollectorSpec*> chosen;
  for (const auto& listed : all_collectors()) {
    const std::string name = "collector." + std::string(listed.spec->name);
    const bool named = options.given(name);
    const bool asked = !named && any_on(listed.spec->on_with, options);
    if (asked || (options.flag(name) && (named || !only_named(options, listed.spec->module)))) {
      chosen.push_back(listed.spec);
    }
  }
  return chosen;
}

std::string web_prefix(const Options& options) {
  std::string_view path = options.text("web.external-url");
  if (path.empty()) {
    return {};
  }
  if (const auto host = path.find("://"); path.starts_with("http://") || path.starts_with("https://")) {
    path = path.substr(std::min(path.find('/', host + 3), path.size()));
  } else if (!path.starts_with('/')) {
    throw OptionError(
        "--web.external-url: an address starts with http:// or https://, or is a path that starts with '/'");
  }
  if (path.find_first_of("?#\"'<>\\ ") != std::string_view::npos) {
    throw OptionError("--web.external-url: nothing but a path follows the host: no '?', '#', quotes or blanks");
  }
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return std::string(path);
}

void apply(const Options& options, platform::Host& host) {
  host.procfs = options.text("path.procfs");
  host.sysfs = options.text("path.sysfs");
  host.rootfs = options.text("path.rootfs");
  host.udev_data = options.text("path.udev.data");
}

LogLevel log_level(const Options& options) {
  static const std::map<std::string_view, LogLevel> kLevels{
      {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};
  return kLevels.at(options.text("log.level"));
}

LogFormat log_format(const Options& options) {
  return options.text("log.format") == "json" ? LogFormat::json : LogFormat::logfmt;
}

}  // namespace exporter
