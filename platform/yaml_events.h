// libyaml's parser over a text, event after event, with errors that say where and how to mend. For .cpp files of this
// room only.
#pragma once
#include <yaml.h>

#include <string>
#include <string_view>

#include "platform/yaml.h"

namespace platform {

class YamlEvents {
 public:
  // All must outlive this; `document` gives the file's name to errors.
  YamlEvents(std::string_view text, const YamlDocument& document, std::string& error);
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;
  ~YamlEvents();

  // False, and an error, when the text is no YAML from here on.
  bool next();
  const yaml_event_t& get() const noexcept { return event_; }
  yaml_event_type_t type() const noexcept { return event_.type; }

  // All return false.
  bool fail(std::size_t line, std::size_t column, std::string_view what);
  bool fail_here(std::string_view what) { return fail(event_.start_mark.line + 1, event_.start_mark.column + 1, what); }
  bool fail_at(const YamlNode& node, std::string_view what) { return fail(node.line, node.column, what); }

 private:
  bool fail_reading();
  bool fail_parsing();
  char character(std::size_t line, std::size_t column) const;

  std::string_view text_;
  const YamlDocument& document_;
  std::string& error_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ready_ = false;
};

}  // namespace platform
