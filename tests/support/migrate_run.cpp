#include "tests/support/migrate_run.h"

#include <stdlib.h>

#include <algorithm>
#include <stdexcept>

namespace tests {
namespace {

constexpr std::string_view kBlanks = " \t\n";

// systemd.exec(5), EnvironmentFile=: NAME="VALUE" over several lines, where a backslash in front of " \ ` $ and of the
// end of the line counts. Written apart from the program's own reader of such files.
std::string read_value(std::string_view text, std::size_t& at) {
  std::string value;
  if (text.at(at) != '"') {
    throw std::runtime_error("a value without quotes");
  }
  for (++at; text.at(at) != '"'; ++at) {
    if (text.at(at) == '\\' && std::string_view("\"\\`$\n").find(text.at(at + 1)) != std::string_view::npos) {
      ++at;
      value.append(text[at] == '\n' ? "" : std::string(1, text[at]));
    } else {
      value += text.at(at);
    }
  }
  ++at;
  return value;
}

// systemd.service(5): $ARGS as a word of its own.
std::vector<std::string> read_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(kBlanks, at)) != std::string_view::npos;) {
    std::string word;
    char quote = '\0';
    for (; at < text.size() && (quote != '\0' || kBlanks.find(text[at]) == std::string_view::npos); ++at) {
      if (text[at] == '\\') {
        word += text.at(++at);
      } else if (quote == '\0' && (text[at] == '\'' || text[at] == '"')) {
        quote = text[at];
      } else if (text[at] == quote) {
        quote = '\0';
      } else {
        word += text[at];
      }
    }
    if (quote != '\0') {
      throw std::runtime_error("a quote does not close");
    }
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

exporter::migrate::Found found_in(std::string_view name, std::string_view text) {
  exporter::migrate::Found found;
  exporter::migrate::find_in_text(name, text, found);
  exporter::migrate::join_texts(found);
  return found;
}

exporter::migrate::Plan plan_of(std::string_view name, std::string_view text) {
  return exporter::migrate::make_plan(found_in(name, text).programs);
}

std::string OptionsFile::value(std::string_view variable) const {
  for (const auto& [name, value] : variables) {
    if (name == variable) {
      return value;
    }
  }
  return "(not set)";
}

bool OptionsFile::has(std::string_view word) const {
  return std::find(words.begin(), words.end(), word) != words.end();
}

OptionsFile read_options_file(std::string_view text) {
  OptionsFile file;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    const auto equals = text.find('=', at);
    const std::string name(text.substr(at, equals - at));
    at = equals + 1;
    const std::string value = read_value(text, at);
    if (text.at(at) != '\n') {
      throw std::runtime_error("something behind a value");
    }
    if (name == "ARGS") {
      file.words = read_words(value);
    } else {
      file.variables.emplace_back(name, value);
    }
  }
  return file;
}

exporter::CommandLine parse_options_file(const OptionsFile& file) {
  std::vector<const char*> argv{"resource_exporter"};
  for (const auto& word : file.words) {
    argv.push_back(word.c_str());
  }
  for (const auto& [name, value] : file.variables) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  auto line = exporter::read_command_line(static_cast<int>(argv.size()), argv.data());
  for (const auto& [name, value] : file.variables) {
    ::unsetenv(name.c_str());
  }
  return line;
}

}  // namespace tests
