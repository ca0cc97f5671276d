// Settings: one table says name, type, default and help; flags, environment, --help and the checks come from it.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter {

// flag: --x / --no-x.  text: as given.  integer.  number: a double.  seconds: Go duration text ("1m30s", "500ms") or
// plain seconds.  list: text, repeatable.  regex: RE2 syntax, checked at start.
enum class OptionType : std::uint8_t { flag, text, integer, number, seconds, list, regex };

// A word that stands for a switch in an option that lists words: "tcp" for collector.container.tcp.
struct SwitchWord {
  std::string_view word;
  std::string_view option;  // a flag; empty: the word is known and there is nothing to switch
};

// What an option of comma-separated words does once it is set: every switch of the table is put on or off, but for
// those that the user named themselves. A word that the table does not know is a notice.
struct SwitchWords {
  std::span<const SwitchWord> words;
  bool on;  // true: the listed switches on and the others off, and an empty list does nothing; false: the other way
};

struct OptionDesc {
  std::string_view name;  // without dashes: "collector.diskstats.device-exclude"
  OptionType type;
  std::string_view default_value;  // flags: "true" or "false"
  std::string_view help;
  // An environment variable that users of the original already set. Beside it every option has
  // RESOURCE_EXPORTER_<NAME>, upper case, '.' and '-' as '_'.
  std::string_view environment = {};
  bool hidden = false;
  bool environment_only = false;  // secrets and DATA_SOURCE_*: no flag, `name` is the variable itself
  // Logged as a warning at start when the option is set: why it should not be, or what takes its place.
  std::string_view notice = {};
  const SwitchWords* switches = nullptr;  // of a text option; outlives all
  // Of a text option: the words that it may be, separated by commas; checked when it is set.
  std::string_view choices = {};
};

// A flag of an original that has no meaning here: accepted, so that a command line can stay as it is, and logged once.
constexpr OptionDesc without_effect(std::string_view name, OptionType type, std::string_view notice) {
  return {.name = name,
          .type = type,
          .default_value = type == OptionType::flag ? "false" : "",
          .help = "No effect",
          .hidden = true,
          .notice = notice};
}

// A setting that cannot work. what() is one line: the option, what is wrong, how to mend it; never a secret.
struct OptionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// "1m30s", "250ms", "2h", "15" (seconds). False when the text is none of these.
bool parse_duration(std::string_view text, double& seconds) noexcept;

// Values by name, checked against their type when set. Reading a name that was never declared throws std::logic_error.
class Options {
 public:
  // Adds `desc` with its default. Throws std::logic_error when the name exists already.
  void declare(const OptionDesc& desc);
  void declare(std::span<const OptionDesc> descs);
  // Throws OptionError when the text does not fit the type. `list` options collect.
  void set(std::string_view name, std::string_view text);

  bool flag(std::string_view name) const;
  const std::string& text(std::string_view name) const;  // text and regex
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;  // number and seconds
  bool on(std::string_view name) const;  // a flag that is true, a number or time above 0, a text or list not empty
  std::span<const std::string> list(std::string_view name) const;
  bool declared(std::string_view name) const { return settings_.find(name) != settings_.end(); }
  bool given(std::string_view name) const;  // set, not the default

 private:
  struct Setting {
    OptionType type = OptionType::text;
    std::string_view choices;
    bool given = false;
    bool flag = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;
    std::vector<std::string> list;
  };
  const Setting& find(std::string_view name, OptionType type) const;
  static void parse(Setting& setting, std::string_view name, std::string_view text);
  std::map<std::string, Setting, std::less<>> settings_;
};

// Does what the options of words among `lists` ask for; a later one wins. Returns the words that nobody knows, with
// their options.
std::vector<std::pair<std::string_view, std::string>> set_switches(std::span<const OptionDesc* const> lists,
                                                                   Options& options);

}  // namespace exporter
