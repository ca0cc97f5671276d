#include "platform/perf_config.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "platform/ascii.h"
#include "platform/text.h"

namespace platform {
namespace {

using Json = nlohmann::json;

struct Named {
  std::string_view name;
  std::uint32_t type;
  std::uint64_t config;
};
constexpr Named kNamed[] = {
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {"cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    {"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
    {"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
    {"branch-instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
    {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
    {"bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES},
    {"stalled-cycles-frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND},
    {"stalled-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND},
    {"ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES},
    {"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
    {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    {"faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
    {"cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
    {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
    {"migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
    {"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
    {"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
    {"llc-loads", PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_LL},
    {"llc-load-misses", PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_LL | (PERF_COUNT_HW_CACHE_RESULT_MISS << 16)},
    {"l1-dcache-loads", PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_L1D},
    {"l1-dcache-load-misses", PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_L1D | (PERF_COUNT_HW_CACHE_RESULT_MISS << 16)},
    {"dtlb-loads", PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_DTLB},
    {"dtlb-load-misses", PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_DTLB | (PERF_COUNT_HW_CACHE_RESULT_MISS << 16)},
};

// Of a number, or of text that is one, decimal or with 0x.
std::optional<std::uint64_t> number_of(const Json& value) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>();
  }
  if (!value.is_string()) {
    return std::nullopt;
  }
  const auto& text = value.get_ref<const std::string&>();
  return text.starts_with("0x") ? hex_number<std::uint64_t>(text) : number<std::uint64_t>(text);
}

class Part {
 public:
  Part(const Json& json, std::string& error) : error_(error) {
    const auto custom = json.find("custom_events");
    for (const Json& one : custom != json.end() && custom->is_array() ? *custom : Json::array()) {
      add_custom(one);
    }
    const auto events = json.find("events");
    for (const Json& one : events != json.end() && events->is_array() ? *events : Json::array()) {
      for (const Json& member : one.is_array() ? one : Json::array({one})) {
        add(member);
      }
    }
  }
  std::vector<PerfConfig::Event> take() { return std::move(chosen_); }

 private:
  void add_custom(const Json& json) {
    const auto part = [&](const char* name) { return json.is_object() && json.contains(name) ? json[name] : Json(); };
    const Json name = part("name");
    const Json config = part("config");
    const auto type = number_of(part("type"));
    PerfConfig::Event event;
    std::uint64_t* const targets[] = {&event.event.config, &event.event.config1, &event.event.config2};
    bool sound = name.is_string() && type && *type <= UINT32_MAX && config.is_array() && !config.empty() &&
                 config.size() <= std::size(targets);
    for (std::size_t i = 0; sound && i < config.size(); ++i) {
      const auto value = number_of(config[i]);
      sound = value.has_value();
      *targets[i] = value.value_or(0);
    }
    if (!sound) {
      error_ = "a custom event needs a name, a type and one to three numbers as config";
      return;
    }
    event.name = name.get<std::string>();
    event.event.type = static_cast<std::uint32_t>(*type);
    custom_.push_back(std::move(event));
  }

  void add(const Json& json) {
    if (!json.is_string()) {
      error_ = "an event is a name, or a list of names";
      return;
    }
    const auto& name = json.get_ref<const std::string&>();
    const auto custom = std::find_if(custom_.begin(), custom_.end(), [&](const auto& one) { return one.name == name; });
    if (custom != custom_.end()) {
      chosen_.push_back(*custom);
      return;
    }
    const auto* const known = std::find_if(std::begin(kNamed), std::end(kNamed),
                                           [text = lower(name)](const Named& one) { return one.name == text; });
    if (known == std::end(kNamed)) {
      error_ = "event '" + name + "' is not known by name: give its type and config among custom_events";
      return;
    }
    chosen_.push_back({name, {.type = known->type, .config = known->config}});
  }

  std::string& error_;
  std::vector<PerfConfig::Event> custom_;
  std::vector<PerfConfig::Event> chosen_;
};

}  // namespace

PerfConfig read_perf_config(std::string_view text) {
  PerfConfig result;
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) {
    result.error = "it is no JSON object";
    return result;
  }
  const auto part = [&](const char* name) { return document.contains(name) ? document[name] : Json::object(); };
  result.core = Part(part("core"), result.error).take();
  result.uncore = Part(part("uncore"), result.error).take();
  if (!result.error.empty()) {
    result.core.clear();
    result.uncore.clear();
  }
  return result;
}

}  // namespace platform
