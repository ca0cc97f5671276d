// Texts that start exporters, line by line.
#include <array>

#include "exporter/migrate_sources.h"
#include "exporter/migrate_words.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

using Words = std::vector<std::string>;

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// NAME of NAME=VALUE; empty when the word is no assignment to a variable.
std::string_view assigned(std::string_view word) {
  const auto name = word.substr(0, word.find('='));
  const bool good = name.size() < word.size() && !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
                    });
  return good ? name : std::string_view();
}

// ARGS of Debian, OPTIONS of Red Hat, and what else units call it.
bool holds_options(std::string_view variable) {
  constexpr std::array<std::string_view, 5> kEnds{"ARGS", "OPTIONS", "OPTS", "FLAGS", "ARGUMENTS"};
  return std::any_of(kEnds.begin(), kEnds.end(), [variable](std::string_view end) {
    return variable == end || (variable.ends_with(end) && variable[variable.size() - end.size() - 1] == '_');
  });
}

class Reader {
 public:
  Reader(std::string_view name, Found& found) : name_(name), found_(found) { settings_.where = name_; }

  void read(std::string_view text) {
    std::string line;  // with those that it goes on in
    std::size_t begin = 1;
    std::size_t number = 0;
    while (!text.empty()) {
      auto part = platform::trim(platform::take(text, '\n'));
      begin = line.empty() ? number + 1 : begin;
      ++number;
      const bool goes_on = part.ends_with('\\') && !part.starts_with('#');
      part.remove_suffix(goes_on ? 1 : 0);
      if (line.size() + part.size() > kLongestLine) {
        trouble(begin, "is longer than 64 KiB and was not looked at");
        line.clear();
        continue;
      }
      line.append(line.empty() ? "" : " ").append(part);
      if (!goes_on || text.empty()) {
        read_line(line, begin);
        line.clear();
      }
    }
    finish();
  }

 private:
  void trouble(std::size_t line, const std::string& what) {
    found_.add_trouble(name_ + ", line " + std::to_string(line) + ": " + what);
  }

  std::optional<Words> split(std::string_view text, Quoting quoting, std::size_t line) {
    auto words = split_words(text, quoting);
    if (!words) {
      trouble(line, "a quote does not close; the line was not looked at");
    }
    return words;
  }

  void assign(std::string_view name, std::string value, std::size_t line) {
    if (!holds_options(name)) {
      settings_.variables.push_back({std::string(name), std::move(value)});
    } else if (const auto words = split(value, Quoting::argument, line)) {
      settings_.words.insert(settings_.words.end(), words->begin(), words->end());
    }
  }

  void read_line(std::string_view line, std::size_t number) {
    line = platform::trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';' ||
        (line[0] == '[' && line.find_first_of("\"'-,") == line.npos)) {
      return;
    }
    if (line.starts_with("export ")) {
      line = platform::trim(line.substr(7));
    }
    const std::string_view key = line.substr(0, line.find('='));
    const std::string_view value = line.substr(std::min(key.size() + 1, line.size()));
    if (key == "ExecStart") {
      const auto words =
          split(value.substr(std::min(value.find_first_not_of("@-:+!|"), value.size())), Quoting::unit, number);
      read_command(words.value_or(Words{}), number);
    } else if (key == "Environment") {
      for (const auto& word : split(value, Quoting::unit, number).value_or(Words{})) {
        const auto name = assigned(word);
        assign(name, name.empty() ? word : word.substr(name.size() + 1), number);
      }
    } else if (key == "EnvironmentFile") {
      files_.append(files_.empty() ? "" : ", ").append(value.substr(value.starts_with('-') ? 1 : 0));
    } else if (const auto words = split_words(line, Quoting::shell); words && read_command(*words, number)) {
      return;
    } else if (const auto name = assigned(line); !name.empty()) {
      if (auto plain = unquote_value(value)) {
        assign(name, std::move(*plain), number);
      } else {
        trouble(number, "a quote does not close; the line was not looked at");
      }
    } else {
      read_flags(line, number);
    }
  }

  // A command line, of a container's runtime among others. False when there is no exporter in it.
  bool read_command(const Words& words, std::size_t line) {
    constexpr std::array<std::string_view, 6> kInFront{"sudo", "exec", "env", "nohup", "nice", "-"};
    constexpr std::array<std::string_view, 3> kRuntimes{"docker", "podman", "nerdctl"};
    bool usual = true;  // what stands in front may stand in front of a program
    bool in_container = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i];
      const auto base = word.substr(word.rfind('/') + 1);
      if ((word == "run" || word == "create") && in_container) {
        return read_container(words, i + 1, line);
      }
      in_container = in_container || (is_one_of(base, kRuntimes) && usual);
      const auto original =
          word.starts_with('-') || word.find('=') != std::string_view::npos ? std::nullopt : original_of(word);
      if (original && (usual || word.starts_with('/'))) {
        Program& program = add(*original, line);
        program.packaged = is_packaged(word);
        program.words.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
        for (std::size_t k = 0; k < i; ++k) {
          if (const auto name = assigned(words[k]); !name.empty()) {
            program.variables.push_back({std::string(name), words[k].substr(name.size() + 1)});
          }
        }
        return true;
      }
      usual = usual && (word.starts_with('-') || !assigned(word).empty() || is_one_of(word, kInFront));
    }
    return false;
  }

  // docker run [OPTION]... IMAGE [WORD]...
  bool read_container(const Words& words, std::size_t next, std::size_t line) {
    constexpr std::array<std::string_view, 10> kAlone{"-d",   "-i",     "-t",           "-it",         "-dit",
                                                      "--rm", "--init", "--privileged", "--read-only", "--detach"};
    Program program;
    for (; next < words.size() && words[next].starts_with('-'); ++next) {
      std::string_view value = words[next];
      const auto option = platform::take(value, '=');
      if (is_one_of(option, kAlone)) {
        continue;
      }
      if (words[next].find('=') == std::string::npos) {
        value = next + 1 < words.size() ? std::string_view(words[++next]) : "";
      }
      if (option == "-e" || option == "--env") {
        const auto name = platform::take(value, '=');
        program.variables.push_back({std::string(name), std::string(value)});
      } else if (option == "-p" || option == "--publish") {
        if (auto address = published_address(value); !address.empty()) {
          program.published.push_back(std::move(address));
        }
      } else if (option == "--env-file") {
        trouble(line, "takes variables from a file (--env-file): give that file as well");
      }
    }
    const auto original = next < words.size() ? original_of(words[next]) : std::nullopt;
    if (!original) {
      return false;
    }
    Program& added = add(*original, line);
    added.container = "container";
    added.variables = std::move(program.variables);
    added.published = std::move(program.published);
    added.own_network = !added.published.empty();
    added.words.assign(words.begin() + static_cast<std::ptrdiff_t>(next) + 1, words.end());
    return true;
  }

  // Items of a list: - --flag, "--flag", and [--flag, "--flag"]
  void read_flags(std::string_view line, std::size_t number) {
    for (const std::string_view front : {"args:", "command:", "extraArgs:"}) {
      line = line.starts_with(front) ? platform::trim(line.substr(front.size())) : line;
    }
    line.remove_prefix(line.starts_with("- ") ? 2 : 0);
    line = platform::trim(line);
    if (line.empty() || std::string_view("-\"'[").find(line[0]) == std::string_view::npos) {
      return;
    }
    std::string plain;
    char quote = '\0';
    const bool list = line[0] != '-' || line.ends_with(',');
    for (const char c : line) {
      quote = quote == c ? '\0' : quote == '\0' && (c == '"' || c == '\'') ? c : quote;
      plain += list && quote == '\0' && (c == ',' || c == '[' || c == ']') ? ' ' : c;
    }
    for (auto& word : split(plain, Quoting::shell, number).value_or(Words{})) {
      if (word.starts_with('-') || !settings_.words.empty()) {
        settings_.words.push_back(std::move(word));
      }
    }
  }

  Program& add(Original original, std::size_t line) {
    if (found_.programs.size() >= kMostPrograms) {
      found_.add_trouble("more than 64 exporters; the last one was replaced");
      found_.programs.pop_back();
    }
    Program program;
    program.original = original;
    program.where = name_ + ", line " + std::to_string(line);
    if (name_.ends_with(".service")) {
      program.unit = name_.substr(name_.rfind('/') + 1);
    }
    ++added_;
    return found_.programs.emplace_back(std::move(program));
  }

  void finish() {
    if (added_ == 1) {  // a unit: its Environment= and what its $ARGS are
      Program& program = found_.programs.back();
      program.variables.insert(program.variables.end(), settings_.variables.begin(), settings_.variables.end());
      program.words.insert(program.words.end(), settings_.words.begin(), settings_.words.end());
      if (!files_.empty()) {
        program.words.push_back("$" + files_);  // join_texts() looks for it
      }
      return;
    }
    if (added_ != 0 || (settings_.words.empty() && settings_.variables.empty())) {
      return;
    }
    const auto original = guess_original(name_, settings_);
    if (!original) {
      found_.add_trouble(name_ +
                         ": whose options these are cannot be told: give the command line or the unit as "
                         "well, or call the file as the exporter is called");
      return;
    }
    settings_.original = *original;
    settings_.settings_only = true;
    settings_.packaged = is_packaged(name_);
    found_.programs.push_back(std::move(settings_));
  }

  std::string name_;
  Found& found_;
  Program settings_;  // what stands apart from a command line
  std::string files_;
  std::size_t added_ = 0;
};

}  // namespace

std::string published_address(std::string_view text) {
  text = text.substr(0, text.find('/'));
  const auto last = text.rfind(':');
  const auto inner = last == std::string_view::npos ? std::string_view() : text.substr(last + 1);
  const auto outer = text.substr(0, inner.empty() ? 0 : last);
  if (!platform::number<unsigned>(inner) || outer.empty()) {
    return {};
  }
  return (outer.find(':') == std::string_view::npos ? ":" : "") + std::string(outer);
}

void find_in_text(std::string_view name, std::string_view text, Found& found) {
  if (text.size() > kLongestText) {
    found.add_trouble(std::string(name) + ": is longer than 4 MiB and was not looked at");
    return;
  }
  const bool yaml = text.find("image:") != std::string_view::npos;
  if (!yaml || !find_in_yaml(name, text, found)) {
    Reader(name, found).read(text);
  }
}

void join_texts(Found& found) {
  auto& programs = found.programs;
  const auto refers = [](const std::string& word) { return word.starts_with('$'); };
  for (auto& program : programs) {
    if (std::none_of(program.words.begin(), program.words.end(), refers)) {
      continue;
    }
    const auto settings = std::find_if(programs.begin(), programs.end(), [&](const Program& other) {
      return other.settings_only && other.original == program.original;
    });
    const bool held = std::all_of(program.words.begin(), program.words.end(),
                                  [](const std::string& word) { return !word.starts_with("$/"); }) &&
                      std::any_of(program.words.begin(), program.words.end(),
                                  [](const std::string& word) { return word.starts_with('-'); });
    if (settings != programs.end()) {
      program.words.insert(program.words.end(), settings->words.begin(), settings->words.end());
      program.variables.insert(program.variables.end(), settings->variables.begin(), settings->variables.end());
      program.where.append(" and ").append(settings->where);
      settings->words.clear();
      settings->variables.clear();
      settings->where.clear();
    } else if (!held) {
      found.add_trouble(program.where +
                        ": takes options or variables from a file (EnvironmentFile=): give that "
                        "file as well");
    }
    program.words.erase(std::remove_if(program.words.begin(), program.words.end(), refers), program.words.end());
  }
  programs.erase(
      std::remove_if(programs.begin(), programs.end(), [](const Program& program) { return program.where.empty(); }),
      programs.end());
}

}  // namespace exporter::migrate
