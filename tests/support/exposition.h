// A strict parser of text exposition 0.0.4, the tests' own: whatever it does not accept could break a page.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/registry.h"

namespace tests {

struct Family {
  std::string type;
  std::string help;
  std::map<std::string, std::string> samples;  // `name{labels}` as written -> value text
};

struct Exposition {
  std::map<std::string, Family> families;
  std::vector<std::string> errors;  // "line N: what"; empty for a page that keeps every rule
};

// Rules: UTF-8, each line ends in \n, no blank lines; HELP then TYPE then samples, once per family and in one piece;
// names sorted; label names valid and not repeated; escapes known; values as Prometheus reads them; no series twice; no
// timestamps; histogram and summary suffixes only with their types.
Exposition parse_exposition(std::string_view page);

// Appends the page that the registry makes of the sinks, in one text.
inline void append_page(exporter::Registry& registry, std::span<const exporter::Sink* const> sinks, std::string& page) {
  exporter::Body body;
  registry.render(sinks, body);
  page += body.whole();
}

}  // namespace tests
