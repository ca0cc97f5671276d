#include "collectors/redis/key_reader.h"

#include <utility>

#include "collectors/redis/key_metrics.h"
#include "platform/text.h"

namespace exporter::redis::keys {
namespace {

constexpr const MetricDesc& kSize = metric("redis_key_size");
constexpr const MetricDesc& kValue = metric("redis_key_value");
constexpr const MetricDesc& kText = metric("redis_key_value_as_string");
constexpr const MetricDesc& kMemory = metric("redis_key_memory_usage_bytes");
constexpr std::string_view kLogBegin = "HYLL";

struct TypeName {
  std::string_view name;
  KeyType type;
  std::string_view size_command;
};
constexpr TypeName kTypes[] = {
    {"string", KeyType::string, "STRLEN"}, {"list", KeyType::list, "LLEN"},
    {"set", KeyType::set, "SCARD"},        {"zset", KeyType::zset, "ZCARD"},
    {"hash", KeyType::hash, "HLEN"},       {"stream", KeyType::stream, "XLEN"},
    {"array", KeyType::array, "ARCOUNT"},  {"vectorset", KeyType::vectors, "VCARD"},
    {"none", KeyType::missing, ""},
};

KeyType type_of(std::string_view name) {
  for (const auto& type : kTypes) {
    if (type.name == name) {
      return type.type;
    }
  }
  return KeyType::other;  // of a module
}

std::string_view size_command(KeyType type) {
  for (const auto& one : kTypes) {
    if (one.type == type) {
      return one.size_command;
    }
  }
  return {};
}

}  // namespace

void DatabaseQuestions::begin(const Dialogue& dialogue, int database) {
  questions_.clear();
  selected_.clear();
  first_ = 0;
  if (dialogue.database() != database) {
    selected_ = std::to_string(database);
    home_ = std::to_string(dialogue.database());
    first_ = questions_.ask({"SELECT", selected_}) + 1;
  }
}

bool DatabaseQuestions::exchange(Dialogue& dialogue, Samples& out) {
  if (!selected_.empty()) {
    questions_.ask({"SELECT", home_});
  }
  if (!dialogue.exchange(questions_)) {
    return false;
  }
  if (!selected_.empty() && !dialogue.reply(0).is(Reply::Type::status)) {
    out.problem(Problem::missing, "SELECT " + selected_);
    return false;
  }
  return true;
}

bool failed(ServerInfo& server, std::string_view command, Reply reply, Samples& out) {
  if (!reply.is(Reply::Type::error)) {
    return reply.is(Reply::Type::none);
  }
  const auto text = reply.text();
  const bool denied = text.starts_with("NOPERM");
  out.problem(denied ? Problem::denied : Problem::io, command);
  // "NOPERM this user has no permissions to run the 'type' command", but "... to access one of the keys"
  if (!denied || text.find("command") != std::string_view::npos) {
    server.note_reply(command, reply);
  }
  return true;
}

bool KeyReader::look(ServerInfo& server, Dialogue& dialogue, int database, std::span<KeyEntry> entries, Samples& out) {
  const bool types = !server.refuses("TYPE");
  const bool memory = !server.refuses("MEMORY USAGE");
  questions_.begin(dialogue, database);
  for (const auto& entry : entries) {
    if (types && (entry.key || entry.stream)) {
      questions_.ask({"TYPE", entry.name});
    }
    if (memory && (entry.key || entry.group)) {
      questions_.ask({"MEMORY", "USAGE", entry.name});
    }
  }
  if (questions_.empty()) {
    return true;
  }
  if (!questions_.exchange(dialogue, out)) {
    return false;
  }
  std::size_t next = 0;
  for (auto& entry : entries) {
    if (types && (entry.key || entry.stream)) {
      const Reply type = answer(dialogue, database, next++);
      entry.type = failed(server, "TYPE", type, out) ? KeyType::unknown : type_of(type.text());
    }
    if (memory && (entry.key || entry.group)) {
      const Reply bytes = answer(dialogue, database, next++);
      if (!failed(server, "MEMORY USAGE", bytes, out) && bytes.is(Reply::Type::integer)) {
        entry.memory = bytes.integer();
      }
    }
  }
  return true;
}

void KeyReader::ask_about(const ServerInfo& server, const KeyEntry& entry, std::size_t number) {
  Asked asked{.entry = number};
  const auto command = size_command(entry.type);
  if (!command.empty() && !server.refuses(command)) {
    asked.size = questions_.ask({command, entry.name});
  }
  if (entry.type == KeyType::string) {
    asked.whole = values_ && entry.memory && *entry.memory <= kMostMemory && !server.refuses("GET");
    if (asked.whole) {
      asked.value = questions_.ask({"GET", entry.name});
    } else if (!server.refuses("GETRANGE")) {
      asked.value = questions_.ask({"GETRANGE", entry.name, "0", "3"});
    }
  }
  asked_.push_back(asked);
}

bool KeyReader::show(ServerInfo& server, Dialogue& dialogue, int database, std::span<const KeyEntry> entries,
                     Samples& out) {
  db_ = "db" + std::to_string(database);
  asked_.clear();
  logs_.clear();
  questions_.begin(dialogue, database);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].key) {
      ask_about(server, entries[i], i);
    }
  }
  if (!questions_.empty() && !questions_.exchange(dialogue, out)) {
    return false;
  }
  for (const auto& asked : asked_) {
    const KeyEntry& entry = entries[asked.entry];
    if (entry.type == KeyType::missing) {
      if (entry.named) {
        out.add(kSize, 0, {db_, entry.name});
      }
      continue;
    }
    if (entry.memory) {
      out.add(kMemory, *entry.memory, {db_, entry.name});
    }
    Reply value;
    if (asked.value != SIZE_MAX) {
      value = answer(dialogue, database, asked.value);
      if (failed(server, asked.whole ? "GET" : "GETRANGE", value, out)) {
        value = {};
      }
    }
    if (value.text().starts_with(kLogBegin)) {
      logs_.push_back(asked.entry);
      continue;
    }
    if (asked.size != SIZE_MAX) {
      const Reply size = answer(dialogue, database, asked.size);
      if (!failed(server, size_command(entry.type), size, out)) {
        out.add(kSize, size.integer(), {db_, entry.name});
      }
    }
    if (asked.whole && value.is(Reply::Type::text)) {
      show_value(value.text(), entry.name, out);
    }
  }
  return logs_.empty() || count_elements(server, dialogue, database, entries, out);
}

bool KeyReader::count_elements(ServerInfo& server, Dialogue& dialogue, int database, std::span<const KeyEntry> entries,
                               Samples& out) {
  if (server.refuses("PFCOUNT")) {
    return true;
  }
  questions_.begin(dialogue, database);
  for (const std::size_t log : logs_) {
    questions_.ask({"PFCOUNT", entries[log].name});
  }
  if (!questions_.exchange(dialogue, out)) {
    return false;
  }
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    const Reply count = answer(dialogue, database, i);
    if (!failed(server, "PFCOUNT", count, out)) {
      out.add(kSize, count.integer(), {db_, entries[logs_[i]].name});
    }
  }
  return true;
}

void KeyReader::show_value(std::string_view text, std::string_view name, Samples& out) const {
  Value value = 0;
  if (platform::lenient_number(text) && parse_value(text, 1, value)) {
    out.add(kValue, value, {db_, name});
  } else if (!text.empty()) {
    out.add(kText, 1, {db_, name, text});
  }
}

}  // namespace exporter::redis::keys
