#include "collectors/redis/stream_reader.h"

#include "collectors/redis/key_metrics.h"
#include "platform/text.h"

namespace exporter::redis::keys {
namespace {

struct Field {
  std::string_view name;
  const MetricDesc& metric;
};
constexpr Field kNumbers[] = {
    {"length", metric("redis_stream_length")},
    {"radix-tree-keys", metric("redis_stream_radix_tree_keys")},
    {"radix-tree-nodes", metric("redis_stream_radix_tree_nodes")},
    {"groups", metric("redis_stream_groups")},
    {"entries-added", metric("redis_stream_entries_added_total")},
    {"idmp-duration", metric("redis_stream_idmp_duration_seconds")},
    {"idmp-maxsize", metric("redis_stream_idmp_max_size")},
    {"pids-tracked", metric("redis_stream_idmp_producer_ids_tracked")},
    {"iids-tracked", metric("redis_stream_idmp_idempotent_ids_tracked")},
    {"iids-added", metric("redis_stream_idmp_entries_added_total")},
    {"iids-duplicates", metric("redis_stream_idmp_duplicates_total")},
};
constexpr Field kIds[] = {
    {"last-generated-id", metric("redis_stream_last_generated_id")},
    {"max-deleted-entry-id", metric("redis_stream_max_deleted_entry_id")},
};
constexpr Field kEntries[] = {
    {"first-entry", metric("redis_stream_first_entry_id")},
    {"last-entry", metric("redis_stream_last_entry_id")},
};
constexpr Field kGroupNumbers[] = {
    {"consumers", metric("redis_stream_group_consumers")},
    {"pending", metric("redis_stream_group_messages_pending")},
    {"entries-read", metric("redis_stream_group_entries_read")},
    {"lag", metric("redis_stream_group_lag")},
};
constexpr const MetricDesc& kDelivered = metric("redis_stream_group_last_delivered_id");
constexpr const MetricDesc& kPending = metric("redis_stream_group_consumer_messages_pending");
constexpr const MetricDesc& kIdle = metric("redis_stream_group_consumer_idle_seconds");

// 1719505260513 of "1719505260513-0".
std::optional<std::uint64_t> time_of(std::string_view id) {
  return platform::number<std::uint64_t>(id.substr(0, id.find('-')));
}

}  // namespace

bool StreamReader::read(ServerInfo& server, Dialogue& dialogue, int database, std::span<const std::string_view> names,
                        Samples& out) {
  if (server.refuses("XINFO") || names.empty()) {
    return true;
  }
  db_ = "db" + std::to_string(database);
  groups_.clear();
  questions_.begin(dialogue, database);
  for (const auto name : names) {
    questions_.ask({"XINFO", "STREAM", name});
    questions_.ask({"XINFO", "GROUPS", name});
  }
  if (!questions_.exchange(dialogue, out)) {
    return false;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Reply info = answer(dialogue, database, 2 * i);
    const Reply groups = answer(dialogue, database, 2 * i + 1);
    if (info.text().starts_with("ERR no such key")) {
      continue;
    }
    if (failed(server, "XINFO", info, out) || failed(server, "XINFO", groups, out)) {
      continue;
    }
    read_stream(names[i], info, out);
    read_groups(i, names[i], groups, out);
  }
  return read_consumers(server, dialogue, database, names, out);
}

void StreamReader::read_stream(std::string_view stream, Reply info, Samples& out) const {
  for (const auto& field : kNumbers) {
    if (const Reply number = array_value(info, field.name); number.is(Reply::Type::integer)) {
      out.add(field.metric, number.integer(), {db_, stream});
    }
  }
  for (const auto& field : kIds) {
    if (const auto time = time_of(array_value(info, field.name).text())) {
      out.add(field.metric, *time, {db_, stream});
    }
  }
  for (const auto& field : kEntries) {
    const Reply entry = array_value(info, field.name);
    if (!entry.is(Reply::Type::none)) {
      out.add(field.metric, time_of(entry[0].text()).value_or(0), {db_, stream});
    }
  }
}

void StreamReader::read_groups(std::size_t number, std::string_view stream, Reply groups, Samples& out) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto name = array_value(groups[i], "name").text();
    for (const auto& field : kGroupNumbers) {
      if (const Reply value = array_value(groups[i], field.name); value.is(Reply::Type::integer)) {
        out.add(field.metric, value.integer(), {db_, stream, name});
      }
    }
    if (const auto time = time_of(array_value(groups[i], "last-delivered-id").text())) {
      out.add(kDelivered, *time, {db_, stream, name});
    }
    if (consumers_ && array_value(groups[i], "consumers").integer() > 0) {
      groups_.push_back({number, std::string(name)});
    }
  }
}

bool StreamReader::read_consumers(ServerInfo& server, Dialogue& dialogue, int database,
                                  std::span<const std::string_view> names, Samples& out) {
  if (groups_.empty()) {
    return true;
  }
  questions_.begin(dialogue, database);
  for (const auto& group : groups_) {
    questions_.ask({"XINFO", "CONSUMERS", names[group.stream], group.name});
  }
  if (!questions_.exchange(dialogue, out)) {
    return false;
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Reply consumers = answer(dialogue, database, i);
    if (failed(server, "XINFO", consumers, out)) {
      continue;
    }
    for (std::size_t one = 0; one < consumers.size(); ++one) {
      const auto consumer = array_value(consumers[one], "name").text();
      const std::initializer_list<std::string_view> labels = {db_, names[groups_[i].stream], groups_[i].name, consumer};
      out.add(kPending, array_value(consumers[one], "pending").integer(), labels);
      out.add(kIdle, static_cast<double>(array_value(consumers[one], "idle").integer()) / 1e3, labels);
    }
  }
  return true;
}

}  // namespace exporter::redis::keys
