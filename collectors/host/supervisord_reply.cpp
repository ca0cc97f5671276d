#include "collectors/host/supervisord_reply.h"

#include "platform/text.h"

namespace exporter::host::supervisord {
namespace {

// Appends a character as UTF-8; what is no character is left out.
void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | (code >> shift & 0x3fU)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | code >> 6U);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0U | code >> 12U);
    tail(6);
    tail(0);
  } else if (code < 0x110000) {
    out += static_cast<char>(0xf0U | code >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

// False for an entity that XML does not have by itself.
bool append_entity(std::string& out, std::string_view name) {
  struct Named {
    std::string_view name;
    char character;
  };
  static constexpr Named kNamed[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& named : kNamed) {
    if (named.name == name) {
      out += named.character;
      return true;
    }
  }
  if (!name.starts_with('#')) {
    return false;
  }
  name.remove_prefix(1);
  const auto code = name.starts_with('x') ? platform::hex_number<std::uint32_t>(name.substr(1))
                                          : platform::number<std::uint32_t>(name);
  if (code) {
    append_utf8(out, *code);
  }
  return code.has_value();
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // The next tag without its angle brackets, "" at the end or where the text is no XML; text() is what stood before it.
  std::string_view tag() {
    text_.clear();
    for (;;) {
      const auto open = rest_.find('<');
      const auto close = rest_.find('>', open);
      if (close == std::string_view::npos || !decode(rest_.substr(0, open))) {
        rest_ = {};
        return {};
      }
      const auto tag = rest_.substr(open + 1, close - open - 1);
      rest_.remove_prefix(close + 1);
      if (!tag.starts_with('?') && !tag.starts_with('!')) {
        return platform::trim(tag);
      }
    }
  }
  const std::string& text() const noexcept { return text_; }

  // Whether the next tag is `wanted`.
  bool is(std::string_view wanted) { return tag() == wanted; }

 private:
  bool decode(std::string_view raw) {
    while (!raw.empty()) {
      const auto end = raw.find('&');
      text_.append(raw.substr(0, end));
      if (end == std::string_view::npos) {
        return true;
      }
      raw.remove_prefix(end + 1);
      const auto semicolon = raw.find(';');
      if (semicolon == std::string_view::npos || !append_entity(text_, raw.substr(0, semicolon))) {
        return false;
      }
      raw.remove_prefix(semicolon + 1);
    }
    return true;
  }

  std::string_view rest_;
  std::string text_;
};

// Reads what follows <value>, up to its end: a scalar with or without its type.
bool read_scalar(Reader& reader, std::string& value) {
  const auto type = reader.tag();
  value = reader.text();
  if (type == "/value") {
    return true;
  }
  if (type.ends_with('/')) {  // <string/>
    value.clear();
    return reader.is("/value");
  }
  const auto end = reader.tag();
  value = reader.text();
  return !type.empty() && end.size() == type.size() + 1 && end[0] == '/' && end.substr(1) == type &&
         reader.is("/value");
}

void set(Process& process, std::string_view name, const std::string& value) {
  if (name == "name") {
    process.name = value;
  } else if (name == "group") {
    process.group = value;
  } else if (name == "state") {
    process.state = platform::number<std::int64_t>(value);
  } else if (name == "exitstatus") {
    process.exit_status = platform::number<std::int64_t>(value);
  } else if (name == "start") {
    process.start = platform::number<std::int64_t>(value);
  }
}

// Reads what follows <struct>, up to its end.
bool read_struct(Reader& reader, Process& process) {
  std::string name;
  std::string value;
  for (;;) {
    const auto tag = reader.tag();
    if (tag == "/struct") {
      return true;
    }
    if (tag != "member" || !reader.is("name") || !reader.is("/name")) {
      return false;
    }
    name = reader.text();
    if (!reader.is("value") || !read_scalar(reader, value) || !reader.is("/member")) {
      return false;
    }
    set(process, name, value);
  }
}

}  // namespace

bool runs(std::int64_t state) noexcept {
  constexpr std::int64_t kStarting = 10;
  constexpr std::int64_t kRunning = 20;
  constexpr std::int64_t kStopping = 40;
  return state == kStarting || state == kRunning || state == kStopping;
}

bool read_processes(std::string_view xml, const std::function<void(const Process&)>& take) {
  Reader reader(xml);
  for (const auto* const wanted : {"methodResponse", "params", "param", "value", "array", "data"}) {
    if (!reader.is(wanted)) {
      return false;
    }
  }
  for (;;) {
    const auto tag = reader.tag();
    if (tag == "/data") {
      break;
    }
    Process process;
    if (tag != "value" || !reader.is("struct") || !read_struct(reader, process) || !reader.is("/value")) {
      return false;
    }
    if (!process.name.empty() && !process.group.empty()) {
      take(process);
    }
  }
  for (const auto* const wanted : {"/array", "/value", "/param", "/params", "/methodResponse"}) {
    if (!reader.is(wanted)) {
      return false;
    }
  }
  return true;
}

}  // namespace exporter::host::supervisord
