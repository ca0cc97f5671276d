#include "collectors/redis/command.h"

#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter::redis {
namespace {

bool says_unknown(std::string_view error) noexcept {
  // "ERR unknown command", "ERR Unknown subcommand or wrong number of arguments for ..."
  for (const std::string_view sign : {"nknown command", "nknown subcommand", "wrong number of arguments",
                                      "syntax error", "not supported", "isabled"}) {
    if (error.find(sign) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// The next word of a formatted command, in lower case.
std::string next_word(std::string_view& command) {
  platform::take(command, '\n');  // $LENGTH
  return platform::lower(platform::trim(platform::take(command, '\n')));
}

// "config|get" for CONFIG GET maxmemory, as a server's rules name it.
std::string rule_name(std::string_view command) {
  if (!command.starts_with('*')) {  // by its name, "MEMORY USAGE"
    std::string name = platform::lower(command);
    std::replace(name.begin(), name.end(), ' ', '|');
    return name;
  }
  platform::take(command, '\n');  // *COUNT
  std::string name = next_word(command);
  for (const std::string_view container : {"client", "cluster", "command", "commandlog", "config", "latency", "memory",
                                           "module", "sentinel", "slowlog", "xinfo"}) {
    if (name == container) {
      return name + "|" + next_word(command);
    }
  }
  return name;
}

}  // namespace

bool ServerInfo::learn(std::string_view info) {
  const auto run_id = info_field(info, "run_id");
  const bool other = !known_ || run_id != run_id_;
  if (other) {
    refused_.clear();
    run_id_ = run_id;
    version_ = info_field(info, "redis_version");
    std::string_view version = version_;
    major_ = platform::number<int>(platform::take(version, '.')).value_or(0);
    std::string_view valkey = info_field(info, "valkey_version");
    const int valkey_major = platform::number<int>(platform::take(valkey, '.')).value_or(0);
    const int valkey_minor = platform::number<int>(platform::take(valkey, '.')).value_or(0);
    command_log_ = valkey_major > 8 || (valkey_major == 8 && valkey_minor >= 1);
  }
  const auto mode = info_field(info, "redis_mode");
  const bool cluster = info_field(info, "cluster_enabled") == "1";
  const Mode found = mode == "sentinel" ? Mode::sentinel : cluster ? Mode::cluster : Mode::standalone;
  const bool changed = found != mode_;
  mode_ = found;
  known_ = true;
  return other || changed;
}

bool ServerInfo::refuses(std::string_view command) const {
  const auto found = refused_.find(command);
  return found != refused_.end() && std::chrono::steady_clock::now() < found->second.until;
}

void ServerInfo::note_reply(std::string_view command, Reply reply) {
  if (reply.is(Reply::Type::error)) {
    note_error(command, reply.text());
  }
}

void ServerInfo::note_error(std::string_view command, std::string_view error) {
  if (error.starts_with("NOPERM")) {
    // Of a key or channel that is forbidden the command's name says nothing.
    const bool forbidden = error.find("to run the") != std::string_view::npos;
    refused_.insert_or_assign(std::string(command), Refused{std::chrono::steady_clock::now() + kRetryForbidden,
                                                            forbidden ? rule_name(command) : std::string()});
  } else if (says_unknown(error)) {
    refused_.insert_or_assign(std::string(command), Refused{Time::max(), {}});
  }
}

void Requests::ask(std::initializer_list<std::string_view> words) {
  if (server_->mode() == Mode::sentinel && *words.begin() != "INFO" && *words.begin() != "SENTINEL") {
    slots_.push_back(kNotSent);
    return;
  }
  one_.clear();
  platform::append_redis_command(one_, words.begin(), words.size());
  add();
}

void Requests::ask_config(std::initializer_list<std::string_view> words) {
  if (server_->config_command() == "-" || server_->mode() == Mode::sentinel) {
    slots_.push_back(kNotSent);
    return;
  }
  format_config(words);
  add();
}

void Requests::ask_settings() {
  const std::initializer_list<std::string_view> few = {
      "GET", "maxclients", "maxmemory", "io-threads", "repl-backlog-size", "client-output-buffer-limit", "databases"};
  format_config(few);
  if (server_->major() >= 7 && !server_->refuses(one_)) {
    ask_config(few);
  } else {
    ask_config({"GET", "*"});
  }
}

void Requests::format_config(std::initializer_list<std::string_view> words) {
  std::array<std::string_view, 16> all{server_->config_command()};
  std::size_t count = 1;
  for (const auto word : words) {
    all.at(count++) = word;
  }
  one_.clear();
  platform::append_redis_command(one_, all.data(), count);
}

void Requests::add() {
  if (server_->refuses(one_)) {
    slots_.push_back(kNotSent);
    return;
  }
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    if (command(i) == one_) {
      slots_.push_back(i);
      return;
    }
  }
  slots_.push_back(sent_.size());
  sent_.push_back({text_.size(), one_.size()});
  text_ += one_;
}

void Requests::clear() {
  text_.clear();
  sent_.clear();
  slots_.clear();
}

std::string_view Requests::command(std::size_t index) const noexcept {
  return std::string_view(text_).substr(sent_[index].begin, sent_[index].size);
}

std::string_view info_section(std::string_view info, std::string_view name) noexcept {
  for (std::size_t at = 0; (at = info.find("# ", at)) != std::string_view::npos; at += 2) {
    if (at != 0 && info[at - 1] != '\n') {
      continue;
    }
    std::string_view rest = info.substr(at + 2);
    if (platform::trim(platform::take(rest, '\n')) == name) {
      // Sections end with the next heading, not with an empty line: some servers have none.
      const auto end = rest.starts_with("# ") ? 0 : rest.find("\n# ");
      return rest.substr(0, end == std::string_view::npos || end == 0 ? end : end + 1);
    }
  }
  return {};
}

bool next_field(std::string_view& text, std::string_view& field, std::string_view& value) noexcept {
  while (!text.empty()) {
    auto line = platform::trim(platform::take(text, '\n'));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && colon != 0 && line[0] != '#') {
      field = line.substr(0, colon);
      value = line.substr(colon + 1);
      return true;
    }
  }
  return false;
}

std::string_view info_field(std::string_view info, std::string_view field) noexcept {
  for (std::size_t at = 0; (at = info.find(field, at)) != std::string_view::npos; at += field.size()) {
    const auto end = at + field.size();
    if ((at == 0 || info[at - 1] == '\n') && end < info.size() && info[end] == ':') {
      auto rest = info.substr(end + 1);
      return platform::trim(platform::take(rest, '\n'));
    }
  }
  return {};
}

bool next_item(std::string_view& list, std::string_view& name, std::string_view& value) noexcept {
  while (!list.empty()) {
    auto item = platform::take(list, ',');
    const auto equals = item.find('=');
    if (equals != std::string_view::npos) {
      name = item.substr(0, equals);
      value = item.substr(equals + 1);
      return true;
    }
  }
  return false;
}

void add_items(std::string_view list, std::span<const Item> items, std::string_view label, Sink& sink) {
  std::string_view name;
  std::string_view text;
  while (next_item(list, name, text)) {
    for (const auto& item : items) {
      Value value = 0;
      if (item.name != name) {
        continue;
      }
      if (parse_value(text, item.divisor, value)) {
        sink.add(item.metric, value, {label});
      } else {
        sink.problem(Problem::parse, label);
      }
    }
  }
}

Reply array_value(Reply array, std::string_view name) noexcept {
  for (std::size_t i = 0; i + 1 < array.size(); i += 2) {
    if (array[i].text() == name) {
      return array[i + 1];
    }
  }
  return {};
}

bool parse_value(std::string_view text, double divisor, Value& value) noexcept {
  if (text == "ok" || text == "true") {
    value = 1;
    return true;
  }
  if (text == "err" || text == "fail" || text == "false") {
    value = 0;
    return true;
  }
  if (divisor == 1) {
    if (const auto whole = platform::number<std::int64_t>(text)) {
      value = *whole;
      return true;
    }
  }
  const auto number = platform::lenient_number(text);
  if (number) {
    value = *number / divisor;
  }
  return number.has_value();
}

Outcome unusable(Reply reply, std::string_view command, Sink& sink) noexcept {
  if (reply.is(Reply::Type::none)) {
    return Outcome::no_data;
  }
  if (!reply.is(Reply::Type::error)) {
    sink.problem(Problem::parse, command);
    return Outcome::failed;
  }
  if (reply.text().starts_with("NOPERM")) {
    sink.problem(Problem::denied, command);
  } else if (!says_unknown(reply.text())) {
    sink.problem(Problem::io, command);
  }
  return Outcome::no_data;
}

}  // namespace exporter::redis
