// EVAL text 0 0 for each file of --script: an array of names and values, "queue_length" "12" "oldest" "3.5".
#include "collectors/redis/scripts.h"

#include <cstring>

#include "collectors/redis/command.h"
#include "platform/dir.h"
#include "platform/text.h"

namespace exporter::redis {

Scripts::Scripts(const Options& options) {
  const platform::Dir here(".");
  platform::ReadBuffer buffer;
  for (std::string_view list = options.text("script"); !list.empty();) {
    const std::string file(platform::trim(platform::take(list, ',')));
    if (file.empty()) {
      continue;
    }
    if (const int error = here.read(file.c_str(), buffer)) {
      throw OptionError("option script: " + file +
                        " cannot be read: " + std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
    }
    all.push_back({file, std::string(buffer.text())});
  }
}

namespace scripts {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_script_values", "A value that a script returned.", {"key", "filename"}},
    {MetricType::gauge,
     "redis_script_result",
     "0 when the script failed, 1 when it returned values, 2 when it returned none.",
     {"filename"}},
};

class RunScripts final : public Command {
 public:
  explicit RunScripts(const Environment& environment)
      : scripts_(environment.shared.get<Scripts>(environment.options)),
        command_(environment.options.flag("lua-script-read-only") ? "EVAL_RO" : "EVAL") {}

  void ask(const ServerInfo&, Requests& requests) override {
    for (const auto& script : scripts_.all) {
      requests.ask({command_, script.text, "0", "0"});
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    for (std::size_t i = 0; i < replies.size(); ++i) {
      const auto& file = scripts_.all[i].file;
      const Reply values = replies[i];
      if (values.is(Reply::Type::array)) {
        const bool good = read_values(file, values, sink);
        sink.add(kMetrics[1], !good ? 0 : values.size() == 0 ? 2 : 1, {file});
        continue;
      }
      // A script that ends without "return" gives nil.
      sink.add(kMetrics[1], values.is(Reply::Type::nil) ? 2 : 0, {file});
      if (!values.is(Reply::Type::nil)) {
        unusable(values, file, sink);
      }
    }
    return replies.empty() ? Outcome::no_data : Outcome::ok;
  }

 private:
  static bool read_values(std::string_view file, Reply values, Sink& sink) {
    bool good = values.size() % 2 == 0;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
      const auto key = values[i].text();
      Value value = values[i + 1].integer();
      if (!key.empty() && (values[i + 1].is(Reply::Type::integer) || parse_value(values[i + 1].text(), 1, value))) {
        sink.add(kMetrics[0], value, {key, file});
      } else {
        good = false;
      }
    }
    if (!good) {
      sink.problem(Problem::parse, file);
    }
    return good;
  }

  const Scripts& scripts_;
  const std::string_view command_;
};

constexpr OptionDesc kOptions[] = {
    {"script", OptionType::text, "",
     "Redis: files of Lua scripts, separated by commas, that are run with every scrape; they return names and numbers.",
     "REDIS_EXPORTER_SCRIPT"},
    {"lua-script-read-only", OptionType::flag, "false",
     "Redis: run scripts with EVAL_RO (Redis 7), which lets none write.", "REDIS_EXPORTER_LUA_SCRIPT_READ_ONLY"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<RunScripts>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.scripts",
    .summary = "values that Lua scripts of yours return; on with --script",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "script",
};

}  // namespace scripts
}  // namespace exporter::redis
