#include "platform/yaml_events.h"

#include <algorithm>

#include "platform/text.h"

namespace platform {
namespace {

// For what libyaml finds wrong.
std::string_view remedy_of(std::string_view problem, char found) {
  if (found == '\t') {
    return "indent with spaces, not with tabs";
  }
  if (problem.find("cannot start any token") != std::string_view::npos) {
    return "put the text in quotes";
  }
  if (problem.find("mapping values are not allowed") != std::string_view::npos) {
    return "put a text with a colon in it in quotes, or mend the indentation";
  }
  if (problem.find("end of stream") != std::string_view::npos) {
    return "close the quote or bracket that begins here";
  }
  return "mend the indentation, quotes or brackets around here";
}

}  // namespace

YamlEvents::YamlEvents(std::string_view text, const YamlDocument& document, std::string& error)
    : text_(text), document_(document), error_(error) {
  ready_ = yaml_parser_initialize(&parser_) == 1;
  if (ready_) {
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
}

YamlEvents::~YamlEvents() {
  yaml_event_delete(&event_);
  yaml_parser_delete(&parser_);
}

bool YamlEvents::next() {
  yaml_event_delete(&event_);
  return (ready_ && yaml_parser_parse(&parser_, &event_) == 1) || fail_parsing();
}

bool YamlEvents::fail(std::size_t line, std::size_t column, std::string_view what) {
  error_ = document_.at(line, column, what);
  return false;
}

bool YamlEvents::fail_parsing() {
  if (!ready_ || parser_.error == YAML_MEMORY_ERROR) {
    return fail(1, 1, "out of memory");
  }
  if (parser_.error == YAML_READER_ERROR) {
    return fail_reading();
  }
  const std::string problem = parser_.problem == nullptr ? "this is no YAML" : parser_.problem;
  const bool ended = problem.find("end of stream") != std::string::npos && parser_.context != nullptr;
  const auto& mark = ended ? parser_.context_mark : parser_.problem_mark;
  return fail(mark.line + 1, mark.column + 1,
              problem + "; " + std::string(remedy_of(problem, character(mark.line, mark.column))));
}

// Bytes that are no text: only their offset is known.
bool YamlEvents::fail_reading() {
  const auto before = text_.substr(0, parser_.problem_offset);
  const auto newline = before.rfind('\n');
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto column = before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
  return fail(line, column, std::string(parser_.problem) + "; save the file as UTF-8 and without control characters");
}

// Of the text, as far as the line has plain ASCII before it.
char YamlEvents::character(std::size_t line, std::size_t column) const {
  std::string_view rest = text_;
  for (; line > 0; --line) {
    take(rest, '\n');
  }
  return column < rest.size() ? rest[column] : '\0';
}

}  // namespace platform
