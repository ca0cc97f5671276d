// SERVER EXT of a Tile38 (https://tile38.com/commands/server): names and values in one array,
// "tile38_aof_size" "1024" "tile38_num_points" "20"; older ones send the names without tile38_.
#include <array>
#include <utility>

#include "collectors/redis/command.h"

namespace exporter::redis::tile38 {
namespace {

struct Field {
  std::string_view name;
  MetricDesc metric;
};
constexpr Field kFields[] = {
    {"aof_size", {MetricType::gauge, "redis_tile38_aof_size_bytes", "Size of the append-only file."}},
    {"avg_point_size", {MetricType::gauge, "redis_tile38_avg_item_size_bytes", "Mean size of an item."}},
    {"sys_cpus", {MetricType::gauge, "redis_tile38_cpus_total", "Processors of the machine.", {}, Naming::legacy}},
    {"heap_released_bytes", {MetricType::gauge, "redis_tile38_heap_released_bytes", "Heap given back to the system."}},
    {"heap_alloc_bytes", {MetricType::gauge, "redis_tile38_heap_size_bytes", "Heap in use."}},
    {"http_transport", {MetricType::gauge, "redis_tile38_http_transport", "1 when requests by HTTP are answered."}},
    {"in_memory_size", {MetricType::gauge, "redis_tile38_in_memory_size_bytes", "Size of all data."}},
    {"max_heap_size", {MetricType::gauge, "redis_tile38_max_heap_size_bytes", "Most heap allowed; 0 for no limit."}},
    {"alloc_bytes", {MetricType::gauge, "redis_tile38_mem_alloc_bytes", "Memory allocated."}},
    {"num_collections", {MetricType::gauge, "redis_tile38_num_collections_total", "Collections.", {}, Naming::legacy}},
    {"num_hooks", {MetricType::gauge, "redis_tile38_num_hooks_total", "Hooks.", {}, Naming::legacy}},
    {"num_objects", {MetricType::gauge, "redis_tile38_num_objects_total", "Objects.", {}, Naming::legacy}},
    {"num_points", {MetricType::gauge, "redis_tile38_num_points_total", "Points.", {}, Naming::legacy}},
    {"pointer_size", {MetricType::gauge, "redis_tile38_pointer_size_bytes", "Size of a pointer."}},
    {"read_only", {MetricType::gauge, "redis_tile38_read_only", "1 when the server takes no changes."}},
    {"go_threads", {MetricType::gauge, "redis_tile38_threads_total", "Threads of the server.", {}, Naming::legacy}},
    {"go_goroutines",
     {MetricType::gauge, "redis_tile38_go_goroutines_total", "Goroutines of the server.", {}, Naming::legacy}},
    {"last_gc_time_seconds",
     {MetricType::gauge, "redis_tile38_last_gc_time_seconds", "Unix time of the last garbage collection."}},
    {"next_gc_bytes", {MetricType::gauge, "redis_tile38_next_gc_bytes", "Heap at which garbage is collected next."}},
};

template <std::size_t... I>
constexpr auto all_metrics(std::index_sequence<I...>) {
  return std::array<MetricDesc, sizeof...(I)>{kFields[I].metric...};
}
constexpr auto kMetrics = all_metrics(std::make_index_sequence<std::size(kFields)>{});

class Tile38 final : public Command {
 public:
  void ask(const ServerInfo&, Requests& requests) override { requests.ask({"SERVER", "EXT"}); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    const Reply fields = replies[0];
    if (!fields.is(Reply::Type::array)) {
      return unusable(fields, "SERVER EXT", sink);
    }
    Outcome outcome = Outcome::no_data;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      constexpr std::string_view kPrefix = "tile38_";
      auto name = fields[i].text();
      name.remove_prefix(name.starts_with(kPrefix) ? kPrefix.size() : 0);
      for (std::size_t at = 0; at < kMetrics.size(); ++at) {
        if (kFields[at].name != name) {
          continue;
        }
        Value value = fields[i + 1].integer();
        if (fields[i + 1].is(Reply::Type::integer) || parse_value(fields[i + 1].text(), 1, value)) {
          sink.add(kMetrics[at], value);
          outcome = Outcome::ok;
        } else {
          sink.problem(Problem::parse, name);
        }
      }
    }
    return outcome;
  }
};

constexpr OptionDesc kOptions[] = {
    {"is-tile38", OptionType::flag, "false", "Redis: the servers are Tile38, which have SERVER EXT.",
     "REDIS_EXPORTER_IS_TILE38"},
};

std::unique_ptr<Command> make(const Environment&) { return std::make_unique<Tile38>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.tile38",
    .summary = "statistics of a Tile38, from SERVER EXT; on with --is-tile38",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "is-tile38",
};

}  // namespace exporter::redis::tile38
