// The events that collectors/host/perf.cpp counts (perf_event_open(2), include/uapi/linux/perf_event.h).
#pragma once
#include <linux/perf_event.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "exporter/metric.h"
#include "platform/perf_event.h"

namespace exporter::host::perf {

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "node_perf_cpucycles_total",
     "Cycles of the CPU; their length follows its frequency.",
     {"cpu"}},
    {MetricType::counter, "node_perf_instructions_total", "Instructions that were completed.", {"cpu"}},
    {MetricType::counter, "node_perf_branch_instructions_total", "Branch instructions that were completed.", {"cpu"}},
    {MetricType::counter, "node_perf_branch_misses_total", "Branches that went another way than foretold.", {"cpu"}},
    {MetricType::counter, "node_perf_cache_refs_total", "Accesses to the cache, usually the last level.", {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_misses_total",
     "Accesses that the cache, usually the last level, could not serve.",
     {"cpu"}},
    {MetricType::counter, "node_perf_ref_cpucycles_total", "Cycles of the CPU at its nominal frequency.", {"cpu"}},
    {MetricType::counter,
     "node_perf_stalled_cycles_backend_total",
     "Cycles in which results were waited for.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_stalled_cycles_frontend_total",
     "Cycles in which instructions were waited for.",
     {"cpu"}},
    {MetricType::counter, "node_perf_page_faults_total", "Page faults.", {"cpu"}},
    {MetricType::counter, "node_perf_context_switches_total", "Switches from one thread to another.", {"cpu"}},
    {MetricType::counter, "node_perf_cpu_migrations_total", "Threads that came from another CPU.", {"cpu"}},
    {MetricType::counter, "node_perf_minor_faults_total", "Page faults that needed no disk.", {"cpu"}},
    {MetricType::counter, "node_perf_major_faults_total", "Page faults that had to wait for a disk.", {"cpu"}},
    {MetricType::counter, "node_perf_cache_l1d_read_hits_total", "Reads from the first level's data cache.", {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_l1d_read_misses_total",
     "Reads that the first level's data cache could not serve.",
     {"cpu"}},
    {MetricType::counter, "node_perf_cache_l1d_write_hits_total", "Writes to the first level's data cache.", {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_l1_instr_read_misses_total",
     "Reads that the first level's instruction cache could not serve.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_tlb_instr_read_hits_total",
     "Look-ups of addresses of instructions.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_tlb_instr_read_misses_total",
     "Look-ups of addresses of instructions that were not found.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_tlb_data_read_hits_total",
     "Look-ups of addresses of data to read.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_tlb_data_read_misses_total",
     "Look-ups of addresses of data to read that were not found.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_tlb_data_write_hits_total",
     "Look-ups of addresses of data to write.",
     {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_tlb_data_write_misses_total",
     "Look-ups of addresses of data to write that were not found.",
     {"cpu"}},
    {MetricType::counter, "node_perf_cache_ll_read_hits_total", "Reads from the last level's cache.", {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_ll_read_misses_total",
     "Reads that the last level's cache could not serve.",
     {"cpu"}},
    {MetricType::counter, "node_perf_cache_ll_write_hits_total", "Writes to the last level's cache.", {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_ll_write_misses_total",
     "Writes that the last level's cache could not serve.",
     {"cpu"}},
    {MetricType::counter, "node_perf_cache_bpu_read_hits_total", "Branches that were foretold.", {"cpu"}},
    {MetricType::counter,
     "node_perf_cache_bpu_read_misses_total",
     "Branches that went another way than foretold, by the branch unit's count.",
     {"cpu"}},
};

// An event by the name that the options know it by.
struct Named {
  std::string_view name;
  platform::PerfEvent event;
};

constexpr platform::PerfEvent cache_event(std::uint64_t cache, std::uint64_t operation, std::uint64_t result) {
  return {PERF_TYPE_HW_CACHE, cache | operation << 8 | result << 16};
}

// In the order of kMetrics: hardware, then software, then cache.
inline constexpr Named kEvents[] = {
    {"CpuCycles", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES}},
    {"CpuInstr", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS}},
    {"BranchInstr", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS}},
    {"BranchMisses", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES}},
    {"CacheRef", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES}},
    {"CacheMisses", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES}},
    {"RefCpuCycles", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES}},
    {"StalledCyclesBackend", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND}},
    {"StalledCyclesFrontend", {PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND}},
    {"PageFault", {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS}},
    {"ContextSwitch", {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES}},
    {"CpuMigration", {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS}},
    {"MinorFault", {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN}},
    {"MajorFault", {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ}},
    {"L1DataReadHit",
     cache_event(PERF_COUNT_HW_CACHE_L1D, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"L1DataReadMiss",
     cache_event(PERF_COUNT_HW_CACHE_L1D, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"L1DataWriteHit",
     cache_event(PERF_COUNT_HW_CACHE_L1D, PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"L1InstrReadMiss",
     cache_event(PERF_COUNT_HW_CACHE_L1I, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"InstrTLBReadHit",
     cache_event(PERF_COUNT_HW_CACHE_ITLB, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"InstrTLBReadMiss",
     cache_event(PERF_COUNT_HW_CACHE_ITLB, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"DataTLBReadHit",
     cache_event(PERF_COUNT_HW_CACHE_DTLB, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"DataTLBReadMiss",
     cache_event(PERF_COUNT_HW_CACHE_DTLB, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"DataTLBWriteHit",
     cache_event(PERF_COUNT_HW_CACHE_DTLB, PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"DataTLBWriteMiss",
     cache_event(PERF_COUNT_HW_CACHE_DTLB, PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"LLReadHit", cache_event(PERF_COUNT_HW_CACHE_LL, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"LLReadMiss", cache_event(PERF_COUNT_HW_CACHE_LL, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"LLWriteHit",
     cache_event(PERF_COUNT_HW_CACHE_LL, PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"LLWriteMiss", cache_event(PERF_COUNT_HW_CACHE_LL, PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_MISS)},
    {"BPUReadHit",
     cache_event(PERF_COUNT_HW_CACHE_BPU, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_ACCESS)},
    {"BPUReadMiss", cache_event(PERF_COUNT_HW_CACHE_BPU, PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS)},
};
static_assert(std::size(kEvents) == std::size(kMetrics));
inline constexpr std::size_t kHardware = 9;
inline constexpr std::size_t kSoftware = 5;

}  // namespace exporter::host::perf
