// INFO MODULES: "module:name=search,ver=20815,api=1,filters=0,usedby=[],using=[ReJSON],options=[handle-io-errors]" and
// the fields of each module, "search_number_of_indexes:2" (modules_table.h).
#include <algorithm>
#include <array>
#include <utility>

#include "collectors/redis/command.h"
#include "collectors/redis/modules_table.h"
#include "platform/text.h"

namespace exporter::redis::modules {
namespace {

constexpr MetricDesc kInfoMetric{MetricType::gauge,
                                 "redis_module_info",
                                 "A module that is loaded, in labels; always 1.",
                                 {"name", "ver", "api", "filters", "usedby", "using"}};
constexpr std::size_t kCount = std::size(kFields);

template <std::size_t... I>
constexpr auto all_metrics(std::index_sequence<I...>) {
  return std::array<MetricDesc, sizeof...(I)>{(I < kCount ? kFields[I % kCount].metric : kInfoMetric)...};
}
constexpr auto kMetrics = all_metrics(std::make_index_sequence<kCount + 1>{});
constexpr const MetricDesc& kInfo = kMetrics[kCount];

// Cuts the next "name=value" off; a value in brackets holds commas.
bool next_part(std::string_view& line, std::string_view& name, std::string_view& value) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  name = line.substr(0, equals);
  line.remove_prefix(equals + 1);
  const auto bracket = line.starts_with('[') ? line.find(']') : std::string_view::npos;
  const auto end = line.find(',', bracket == std::string_view::npos ? 0 : bracket);
  value = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return true;
}

class Modules final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override { requests.ask({"INFO", "MODULES"}); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::text)) {
      return unusable(replies[0], "INFO MODULES", sink);
    }
    std::string_view rest = replies[0].text();
    std::string_view name;
    std::string_view text;
    Outcome outcome = Outcome::no_data;
    while (next_field(rest, name, text)) {
      if (name == "module") {
        outcome = read_module(text, sink) ? Outcome::ok : outcome;
        continue;
      }
      const auto* const field =
          std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& one) { return one.name == name; });
      Value value = 0;
      if (field == std::end(kFields)) {
        continue;
      }
      if (parse_value(text, 1, value)) {
        sink.add(kMetrics[static_cast<std::size_t>(field - kFields)], value);
        outcome = Outcome::ok;
      } else {
        sink.problem(Problem::parse, name);
      }
    }
    return outcome;
  }

 private:
  static bool read_module(std::string_view line, Sink& sink) {
    std::array<std::string_view, 6> labels{};
    std::string_view name;
    std::string_view value;
    while (next_part(line, name, value)) {
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (kInfo.labels[i] == name) {
          labels.at(i) = value;
        }
      }
    }
    if (labels[0].empty()) {
      sink.problem(Problem::parse, "module");
      return false;
    }
    sink.add(kInfo, 1, {labels[0], labels[1], labels[2], labels[3], labels[4], labels[5]});
    return true;
  }
};

constexpr OptionDesc kOptions[] = {
    {"include-modules-metrics", OptionType::flag, "false", "Redis: export what INFO MODULES says of loaded modules.",
     "REDIS_EXPORTER_INCL_MODULES_METRICS"},
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Modules>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.modules",
    .summary = "loaded modules and what they count, from INFO MODULES; on with --include-modules-metrics",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "include-modules-metrics",
};

}  // namespace exporter::redis::modules
