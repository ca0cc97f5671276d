// Memory in use and what became of it.
//
// Version 2: memory.current "1048576"; memory.peak; memory.swap.current; memory.stat "anon 4096\nfile 8192\n..."
// (bytes, the whole subtree); memory.events "low 0\nhigh 0\nmax 4\n..." (cgroup-v2.rst). Version 1:
// memory.usage_in_bytes, memory.max_usage_in_bytes, memory.failcnt, memory.kmem.usage_in_bytes; memory.stat has the
// group's own numbers and, as total_<key>, the subtree's.
//
// Where cAdvisor shows 0 for lack of reading, the kernel's number stands here: kernel memory and failcnt on version 2
// (memory.stat kernel, memory.events max), dirty and writeback pages on version 1, and page faults of group and subtree
// apart. What the kernel does not count is left out.
#include <array>

#include "collectors/container/inventory.h"
#include "platform/host.h"

namespace exporter::container::memory {
namespace {

constexpr auto kLegacy = Naming::legacy;
constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_memory_usage_bytes", "Memory in use, page cache included."},
    {MetricType::gauge, "container_memory_max_usage_bytes", "Highest memory use seen."},
    {MetricType::gauge, "container_memory_working_set_bytes", "Memory in use without inactive page cache."},
    {MetricType::gauge, "container_memory_cache", "Page cache, shared memory and tmpfs included, in bytes."},
    {MetricType::gauge, "container_memory_rss", "Anonymous memory in bytes."},
    {MetricType::gauge, "container_memory_mapped_file", "Mapped file pages in bytes."},
    {MetricType::gauge, "container_memory_swap", "Swap in use in bytes."},
    {MetricType::gauge, "container_memory_kernel_usage", "Kernel memory in bytes."},
    {MetricType::counter, "container_memory_failcnt", "Times the limit was reached.", {}, kLegacy},
    {MetricType::gauge, "container_memory_total_active_file_bytes", "Page cache on the active list."},
    {MetricType::gauge, "container_memory_total_inactive_file_bytes", "Page cache on the inactive list."},
    {MetricType::gauge, "container_memory_file_dirty_bytes", "Page cache that waits for being written."},
    {MetricType::gauge, "container_memory_file_writeback_bytes", "Page cache being written."},
    {MetricType::counter, "container_memory_pgscan_total", "Pages scanned by reclaim."},
    {MetricType::counter, "container_memory_pgsteal_total", "Pages reclaimed."},
    {MetricType::counter, "container_memory_workingset_refault_file_total", "Page cache refaults after eviction."},
    {MetricType::counter, "container_memory_workingset_refault_anon_total", "Anonymous refaults after eviction."},
    {MetricType::counter,
     "container_memory_failures_total",
     "Page faults, of the group itself and with those below it.",
     {"failure_type", "scope"}},
    {MetricType::counter, "container_memory_events_high_total", "Times the high boundary throttled the group."},
    {MetricType::counter, "container_memory_events_max_total", "Times the limit was about to be exceeded."},
    {MetricType::gauge, "container_memory_zswap_bytes", "Memory that compressed swap takes, where it holds anything."},
    {MetricType::gauge, "container_memory_zswapped_bytes", "Memory that was swapped out into compressed swap."},
};
enum Row : std::size_t {
  usage,
  max_usage,
  working_set,
  cache,
  rss,
  mapped,
  swap,
  kernel,
  failcnt,
  active_file,
  inactive_file,
  dirty,
  writeback,
  pgscan,
  pgsteal,
  refault_file,
  refault_anon,
  failures,
  high,
  max,
  zswap,
  zswapped,
};  // clang-format off

struct Key {
  std::string_view name;
  Row row;
};
constexpr Key kStat2[] = {
    {"anon", rss}, {"file", cache}, {"kernel", kernel}, {"file_mapped", mapped}, {"file_dirty", dirty},
    {"file_writeback", writeback}, {"inactive_file", inactive_file}, {"active_file", active_file}, {"pgscan", pgscan},
    {"pgsteal", pgsteal}, {"workingset_refault_file", refault_file}, {"workingset_refault_anon", refault_anon},
    {"zswap", zswap}, {"zswapped", zswapped},
};
constexpr Key kStat1[] = {
    {"total_rss", rss}, {"total_cache", cache}, {"total_swap", swap}, {"total_mapped_file", mapped},
    {"total_dirty", dirty}, {"total_writeback", writeback}, {"total_inactive_file", inactive_file},
    {"total_active_file", active_file}, {"total_workingset_refault_file", refault_file},
    {"total_workingset_refault_anon", refault_anon},
};
// clang-format on

// Values of one group; what was not read is not there.
using Rows = std::array<std::optional<std::uint64_t>, std::size(kMetrics)>;

class Memory final : public Collector {
 public:
  explicit Memory(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        meminfo_(environment.host.proc, "meminfo"),
        v2_(inventory_.tree().v2(Inventory::Controller::memory)) {
    const auto file = [&](const char* name2, const char* name1) {
      return inventory_.tree().file(Inventory::Controller::memory, v2_ ? name2 : name1);
    };
    stat_ = file("memory.stat", "memory.stat");
    numbers_[0] = {file("memory.current", "memory.usage_in_bytes"), usage};
    numbers_[1] = {file("memory.peak", "memory.max_usage_in_bytes"), max_usage};
    numbers_[2] = {file("memory.swap.current", "memory.failcnt"), v2_ ? swap : failcnt};
    numbers_[3] = {file("memory.current", "memory.kmem.usage_in_bytes"), v2_ ? usage : kernel};
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      Rows rows;
      for (std::size_t i = 0; i < (v2_ ? 3U : 4U); ++i) {
        rows[numbers_[i].row] = inventory_.read_number(*container, numbers_[i].file, scrape, sink);
      }
      if (inventory_.read(*container, stat_, scrape, sink)) {
        stat(*container, scrape.buffer.text(), rows, sink);
      }
      if (v2_) {
        const MemoryEvents& events = inventory_.memory_events(*container, scrape, sink);
        rows[high] = events.high;
        rows[max] = events.max;
      }
      if (v2_ && container->is_root()) {
        complete_root(scrape, rows);
      }
      emit(*container, rows, sink);
    }
    return Outcome::ok;
  }

 private:
  static void pick(std::span<const Key> keys, const Container& container, std::string_view text, Rows& rows,
                   Sink& sink) {
    const bool sound = each_flat_line(text, [&](std::string_view name, std::uint64_t value) {
      for (const Key& key : keys) {
        if (name == key.name) {
          rows[key.row] = value;
          break;
        }
      }
    });
    if (!sound) {
      sink.problem(Problem::parse, container.cgroup->path());
    }
  }

  void stat(const Container& container, std::string_view text, Rows& rows, Sink& sink) const {
    pick(v2_ ? std::span<const Key>(kStat2) : std::span<const Key>(kStat1), container, text, rows, sink);
    const bool own_is_subtree = v2_ && container.cgroup->leaf();
    each_flat_line(text, [&](std::string_view name, std::uint64_t value) {
      const bool subtree = v2_ || name.starts_with("total_");
      if (subtree && !v2_) {
        name.remove_prefix(6);
      }
      if (name != "pgfault" && name != "pgmajfault") {
        return;
      }
      if (!subtree || own_is_subtree) {
        sink.add(kMetrics[failures], value, container.labels, {name, "container"});
      }
      if (subtree) {
        sink.add(kMetrics[failures], value, container.labels, {name, "hierarchy"});
      }
    });
  }

  // The version 2 root group has no memory.current and no memory.swap.current.
  void complete_root(const Scrape& scrape, Rows& rows) {
    if (!rows[usage] && rows[rss] && rows[cache]) {
      rows[usage] = *rows[rss] + *rows[cache];
    }
    if (rows[swap] || meminfo_.read(scrape.buffer) != 0) {
      return;
    }
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> free;
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      std::string_view line = platform::take(text, '\n');
      const auto key = platform::word(line);
      if (key == "SwapTotal:" || key == "SwapFree:") {
        (key == "SwapTotal:" ? total : free) = platform::number<std::uint64_t>(platform::word(line));
      }
    }
    if (total && free && *total >= *free) {
      rows[swap] = (*total - *free) * 1024;
    }
  }

  void emit(const Container& container, Rows& rows, Sink& sink) const {
    if (rows[usage] && rows[inactive_file]) {
      rows[working_set] = *rows[usage] > *rows[inactive_file] ? *rows[usage] - *rows[inactive_file] : 0;
    }
    if (v2_) {
      rows[failcnt] = rows[max];
    }
    if (rows[zswap].value_or(0) == 0 && rows[zswapped].value_or(0) == 0) {
      rows[zswap] = rows[zswapped] = std::nullopt;  // most machines have none
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i]) {
        sink.add(kMetrics[i], *rows[i], container.labels);
      }
    }
  }

  struct Number {
    Inventory::FileId file = 0;
    Row row = usage;
  };
  Inventory& inventory_;
  platform::KeptFile meminfo_;
  bool v2_;
  Inventory::FileId stat_ = 0;
  std::array<Number, 4> numbers_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Memory>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.memory",
    .summary = "memory and reclaim per control group",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::memory
