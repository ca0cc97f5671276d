// Compose files and pods of Kubernetes: every mapping that has the image of an exporter.
#include "exporter/migrate_sources.h"
#include "exporter/migrate_words.h"
#include "platform/text.h"
#include "platform/yaml.h"

namespace exporter::migrate {
namespace {

using platform::YamlNode;

// Compose writes $$ for $, Kubernetes does for $(NAME).
std::string undoubled(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    i += text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$' ? 1 : 0;
  }
  return result;
}

void add_words(const YamlNode* node, Program& program, Found& found) {
  if (node == nullptr) {
    return;
  }
  for (const auto& item : node->items) {
    program.words.push_back(undoubled(item.text));
  }
  if (node->is_scalar() && !node->is_null()) {
    auto words = split_words(node->text, Quoting::shell);
    if (!words) {
      found.add_trouble(program.where + ": a quote does not close");
    }
    for (auto& word : words.value_or(std::vector<std::string>{})) {
      program.words.push_back(undoubled(word));
    }
  }
}

void add_variables(const YamlNode* node, Program& program, Found& found) {
  if (node == nullptr) {
    return;
  }
  for (const auto& member : node->members) {
    program.variables.push_back({member.key.text, undoubled(member.value.text)});
  }
  for (const auto& item : node->items) {
    const YamlNode* const name = item.find("name");
    const YamlNode* const value = item.find("value");
    if (name != nullptr && value == nullptr) {
      found.add_trouble(program.where + ": a variable comes from elsewhere (valueFrom): set it by hand");
    } else if (name != nullptr) {
      program.variables.push_back({name->text, value->text});
    } else if (std::string_view rest = item.text; item.is_scalar()) {
      const auto variable = platform::take(rest, '=');
      program.variables.push_back({std::string(variable), undoubled(rest)});
    }
  }
  if (node->is_sequence() || node->is_mapping()) {
    program.environment_known = true;
  }
}

// "9121:9121", "127.0.0.1:9121:9121", {hostPort: 9121}
void add_ports(const YamlNode* node, Program& program) {
  for (const auto& item : node == nullptr ? std::vector<YamlNode>{} : node->items) {
    if (const YamlNode* const port = item.find("hostPort")) {
      program.published.push_back(":" + port->text);
    } else if (const auto address = published_address(item.text); !address.empty()) {
      program.published.push_back(address);
    }
  }
}

// Kubernetes puts variables into words: $(NAME).
void substitute(Program& program) {
  for (auto& word : program.words) {
    for (const auto& variable : program.variables) {
      const std::string name = "$(" + variable.name + ")";
      if (const auto at = word.find(name); at != std::string::npos) {
        word.replace(at, name.size(), variable.value);
      }
    }
  }
}

void walk(const YamlNode& node, const std::string& where, std::size_t first_line, Found& found) {
  const YamlNode* const image = node.find("image");
  const auto original = image != nullptr && image->is_scalar() ? original_of(image->text) : std::nullopt;
  if (original && found.programs.size() < kMostPrograms) {
    Program program;
    program.original = *original;
    program.where = where + ", line " + std::to_string(first_line + node.line);
    program.container = "container";
    add_words(node.find("entrypoint"), program, found);
    add_words(node.find("command"), program, found);
    add_words(node.find("args"), program, found);
    while (!program.words.empty() && !program.words[0].starts_with('-')) {
      program.words.erase(program.words.begin());  // the program, or a shell in front of it
    }
    add_variables(node.find("environment"), program, found);
    add_variables(node.find("env"), program, found);
    substitute(program);
    if (node.find("env_file") != nullptr || node.find("envFrom") != nullptr) {
      found.add_trouble(program.where + ": variables come from elsewhere (env_file, envFrom): set them by hand");
    }
    add_ports(node.find("ports"), program);
    program.own_network = !program.published.empty();
    found.programs.push_back(std::move(program));
  }
  for (const auto& item : node.items) {
    walk(item, where, first_line, found);
  }
  for (const auto& member : node.members) {
    walk(member.value, where, first_line, found);
  }
}

}  // namespace

bool find_in_yaml(std::string_view name, std::string_view text, Found& found) {
  const std::size_t before = found.programs.size();
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = text.substr(begin).starts_with("---") ? begin : text.find("\n---", begin);
    if (end == begin) {
      end = text.find("\n---", begin + 3);
    }
    const auto document = text.substr(begin, end == std::string_view::npos ? end : end + 1 - begin);
    std::string error;
    const std::string where(name);
    if (const auto parsed = platform::parse_yaml(where, document, error, platform::YamlDuplicates::last_counts)) {
      walk(parsed->root, where, line, found);
    } else {
      found.add_trouble(error);
    }
    line += static_cast<std::size_t>(std::count(document.begin(), document.end(), '\n'));
    begin += document.size();
  }
  return found.programs.size() > before;
}

}  // namespace exporter::migrate
