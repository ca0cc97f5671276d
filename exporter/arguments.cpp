#include "exporter/arguments.h"

#include <cerrno>
#include <cstring>
#include <deque>

#include "exporter/options.h"
#include "platform/dir.h"
#include "platform/text.h"

namespace exporter {
namespace {

constexpr unsigned kMostFiles = 64;  // a file may name others, but not itself for ever

std::vector<std::string> lines_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const platform::Dir dir(folder);
  platform::ReadBuffer buffer;
  const int error = dir.valid() ? dir.read(name.c_str(), buffer) : ENOENT;
  if (error != 0) {
    throw OptionError("@" + path + ": cannot read the file of arguments: " +
                      std::strerror(error));  // NOLINT(concurrency-mt-unsafe): before any thread
  }
  std::vector<std::string> lines;
  for (std::string_view rest = buffer.text(); !rest.empty();) {
    std::string_view line = platform::take(rest, '\n');
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!line.empty() && !line.starts_with('#')) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

// Refuses a value or a repetition of a switch.
void check_switch(std::string_view word, const ArgumentRules& rules, ArgumentRules::Names& seen) {
  const auto equals = word.find('=');
  std::string_view name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
  if (rules.switches.find(name) == rules.switches.end() && name.starts_with("no-")) {
    name.remove_prefix(3);
  }
  if (rules.switches.find(name) == rules.switches.end()) {
    return;
  }
  const std::string both = "--" + std::string(name) + " or --no-" + std::string(name);
  if (equals != std::string_view::npos) {
    throw OptionError(std::string(word) + ": takes no value, write " + both);
  }
  if (!seen.emplace(name).second) {
    throw OptionError("--" + std::string(name) + ": cannot be repeated, write " + both + " once");
  }
}

}  // namespace

std::vector<std::string> read_arguments(int argc, const char* const* argv, const ArgumentRules& rules) {
  std::deque<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  std::vector<std::string> result;
  ArgumentRules::Names seen;
  unsigned files = 0;
  bool value_next = false;
  while (!words.empty()) {
    std::string word = std::move(words.front());
    words.pop_front();
    if (value_next) {
      value_next = false;
    } else if (word.size() > 1 && word[0] == '@') {
      if (++files > kMostFiles) {
        throw OptionError(word + ": too many files of arguments");
      }
      const auto lines = lines_of(word.substr(1));
      words.insert(words.begin(), lines.begin(), lines.end());
      continue;
    } else if (word.size() > 2 && word[0] == '-') {
      if (word[1] != '-' && !(word[1] >= '0' && word[1] <= '9')) {
        word.insert(word.begin(), '-');
      }
      check_switch(word, rules, seen);
      const std::string_view name = std::string_view(word).substr(2);
      value_next = rules.valued.find(name) != rules.valued.end();
      // An empty value has to be a word of its own, or the parser takes the next one for it.
      if (name.ends_with('=') && rules.valued.find(name.substr(0, name.size() - 1)) != rules.valued.end()) {
        word.pop_back();
        words.emplace_front();
        value_next = true;
      }
    }
    result.push_back(std::move(word));
  }
  return result;
}

}  // namespace exporter
