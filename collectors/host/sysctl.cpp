// Kernel settings that the user names, one or several values a file (proc_sys(5)):
//   kernel.threads-max, /proc/sys/kernel/threads-max: "7801"
//   fs.file-nr:total,unused,max, /proc/sys/fs/file-nr: "1024	0	1631329"
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::sysctl {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_sysctl_info",
     "A value of the kernel setting, as text; always 1.",
     {"index", "name", "value"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.sysctl.include", OptionType::list, "",
     "Kernel setting to show as numbers, as in kernel.threads-max, or fs.file-nr:total,unused,max with a name for each "
     "of its values; repeatable."},
    {"collector.sysctl.include-info", OptionType::list, "",
     "Kernel setting to show as text in node_sysctl_info, as in kernel.seccomp.actions_avail; repeatable."},
};

// Longer texts are no settings.
constexpr std::size_t kMostValues = 4096;

struct Setting {
  Setting(const platform::Dir& proc, std::string setting, std::string path)
      : name(std::move(setting)), file(proc, std::move(path)) {}

  std::string name;               // as the user wrote it, without keys
  std::vector<std::string> keys;  // of its values, if named
  bool text = false;              // shown as node_sysctl_info
  platform::KeptFile file;
  std::vector<FamilyId> families;   // one, or one for each key
  std::vector<std::string> values;  // as text: those that `labels` hold
  std::vector<LabelBlock> labels;   // by the place of the value
};

// A number as the kernel prints settings: masks are unsigned and reach beyond what is signed.
std::optional<Value> number_of(std::string_view word) {
  if (const auto whole = platform::number<std::uint64_t>(word)) {
    return *whole;
  }
  if (const auto negative = platform::number<std::int64_t>(word)) {
    return *negative;
  }
  return std::nullopt;
}

Setting make_setting(const platform::Dir& proc, std::string_view wanted, bool text, std::string_view option) {
  std::string_view keys = wanted;
  const std::string name(platform::take(keys, ':'));
  std::string path = "sys/" + name;
  std::replace(path.begin(), path.end(), '.', '/');
  if (name.empty()) {
    throw OptionError("option " + std::string(option) + ": expected a name such as kernel.threads-max, not '" +
                      std::string(wanted) + "'");
  }
  Setting setting(proc, name, std::move(path));
  setting.text = text;
  while (!keys.empty()) {
    setting.keys.emplace_back(platform::take(keys, ','));
  }
  if (text && !setting.keys.empty()) {
    throw OptionError("option " + std::string(option) + ": '" + std::string(wanted) +
                      "' names keys, which only collector.sysctl.include takes");
  }
  return setting;
}

class Sysctl final : public Collector {
 public:
  explicit Sysctl(const Environment& environment) {
    for (const bool text : {false, true}) {
      const std::string_view option = kOptions[text ? 1 : 0].name;
      for (const auto& wanted : environment.options.list(option)) {
        settings_.push_back(make_setting(environment.host.proc, wanted, text, option));
      }
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (sink_ != &sink) {  // the families belong to the sink
      sink_ = &sink;
      for (Setting& setting : settings_) {
        declare(sink, setting);
      }
    }
    bool any = settings_.empty();
    for (Setting& setting : settings_) {
      if (const int error = setting.file.read(scrape.buffer)) {
        if (unreadable(sink, setting.name, error) == Outcome::no_data) {
          sink.problem(Problem::missing, setting.name, error);  // it was asked for by name
        }
        continue;
      }
      any = true;
      write(sink, setting, scrape.buffer.text());
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  static void declare(Sink& sink, Setting& setting) {
    setting.families.clear();
    if (setting.text) {
      return;
    }
    const std::string help = "The kernel setting " + setting.name;
    std::string metric = "node_sysctl_";
    append_sanitized_name(metric, setting.name);
    if (setting.keys.empty()) {
      setting.families.push_back(sink.dynamic(MetricType::untyped, metric, help + "."));
    }
    for (const auto& key : setting.keys) {
      std::string name = "node_sysctl_";
      append_sanitized_name(name, std::string(setting.name).append("_").append(key));
      const std::string text = std::string(help).append(", its value ").append(key).append(".");
      setting.families.push_back(sink.dynamic(MetricType::untyped, name, text));
    }
  }

  static void write(Sink& sink, Setting& setting, std::string_view text) {
    std::size_t count = 0;
    for (std::string_view rest = text; !platform::word(rest).empty();) {
      ++count;
    }
    // Whose values these are is anybody's guess when there are fewer or more than keys.
    if (count == 0 || count > kMostValues || (!setting.keys.empty() && setting.keys.size() != count)) {
      sink.problem(Problem::parse, setting.name);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto word = platform::word(text);
      if (setting.text) {
        sink.add(kMetrics[0], 1, info_labels(setting, i, word));
        continue;
      }
      const auto value = number_of(word);
      if (!value) {
        sink.problem(Problem::parse, setting.name);
      } else if (!setting.keys.empty()) {
        sink.add(setting.families[i], *value);
      } else if (count == 1) {
        sink.add(setting.families[0], *value);
      } else {
        sink.add(setting.families[0], *value, index_labels(setting, i));
      }
    }
  }

  static const LabelBlock& index_labels(Setting& setting, std::size_t index) {
    while (setting.labels.size() <= index) {  // a value that is none leaves its place out
      const std::size_t next = setting.labels.size();
      setting.labels.emplace_back().append("index", std::to_string(next));
    }
    return setting.labels[index];
  }

  static const LabelBlock& info_labels(Setting& setting, std::size_t index, std::string_view value) {
    if (index == setting.labels.size()) {
      setting.labels.emplace_back();
      setting.values.emplace_back();
    }
    if (setting.values[index] != value) {
      setting.values[index] = value;
      setting.labels[index] = LabelBlock(kMetrics[0], {std::to_string(index), setting.name, value});
    }
    return setting.labels[index];
  }

  std::vector<Setting> settings_;
  const Sink* sink_ = nullptr;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Sysctl>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "sysctl",
    .summary = "kernel settings named by flags, from /proc/sys",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::sysctl
