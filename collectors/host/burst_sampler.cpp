#include "collectors/host/burst_sampler.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "collectors/host/unreadable.h"
#include "platform/text.h"

namespace exporter::host::burst {
namespace {

constexpr std::array<Bucket, 9> kShareOfCpu{{{0.05, "0.05"},
                                             {0.1, "0.1"},
                                             {0.25, "0.25"},
                                             {0.5, "0.5"},
                                             {0.75, "0.75"},
                                             {0.9, "0.9"},
                                             {0.95, "0.95"},
                                             {0.99, "0.99"},
                                             {1, "1"}}};
constexpr std::array<Bucket, 9> kShareOfTime{{{0, "0"},
                                              {0.01, "0.01"},
                                              {0.05, "0.05"},
                                              {0.1, "0.1"},
                                              {0.25, "0.25"},
                                              {0.5, "0.5"},
                                              {0.75, "0.75"},
                                              {0.9, "0.9"},
                                              {1, "1"}}};
static_assert(kPowersOfTwo.size() <= Histogram::kMostBuckets);

constexpr std::array<std::string_view, 6> kFiles{"stat",         "pressure/cpu", "pressure/io", "pressure/memory",
                                                 "pressure/irq", "diskstats"};

// The lines of the pressure files. "full" of cpu has no meaning for a whole machine, and irq has nothing else.
struct Line {
  std::size_t file;
  std::string_view resource;
  std::string_view kind;
};
constexpr std::array<Line, 6> kLines{{{1, "cpu", "some"},
                                      {2, "io", "some"},
                                      {2, "io", "full"},
                                      {3, "memory", "some"},
                                      {3, "memory", "full"},
                                      {4, "irq", "full"}}};

std::optional<std::uint64_t> total_of(std::string_view text, std::string_view wanted) {
  while (!text.empty()) {
    const auto line = platform::take(text, '\n');
    const auto at = line.rfind("total=");
    if (line.starts_with(wanted) && at != std::string_view::npos) {
      return platform::number<std::uint64_t>(line.substr(at + 6));
    }
  }
  return std::nullopt;
}

bool absent(int error) noexcept { return error == ENOENT || error == EOPNOTSUPP; }

}  // namespace

Sampler::Pressure::Pressure() noexcept : histogram(kShareOfTime) {}

Sampler::Sampler(const platform::Host& host, platform::Filter disks)
    : host_(host), filter_(std::move(disks)), cpu_histogram_(kShareOfCpu), run_queue_(kPowersOfTwo) {
  for (const auto name : kFiles) {
    files_.emplace_back(host.proc, std::string(name));
  }
}

int Sampler::read(Source source) {
  const int error =
      source == kStat || source == kDiskstats ? files_[source].read(buffer_) : files_[source].read_once(buffer_);
  if (error != 0 && !absent(error)) {
    new_errors_[source] = error;
  }
  return error;
}

void Sampler::gather(std::chrono::nanoseconds now) {
  new_errors_.fill(0);
  cpu_ratio_.reset();
  running_.reset();
  if (read(kStat) == 0) {
    gather_cpu(buffer_.text());
  } else {
    cpu_.reset();
  }
  for (const Source source : {kCpuPressure, kIoPressure, kMemoryPressure, kIrqPressure}) {
    gather_pressure(source, now);
  }
  disks_read_ = read(kDiskstats) == 0;  // last: its text is read in publish()
}

// user nice system idle iowait irq softirq steal, in ticks; what guests used is part of user and nice.
void Sampler::gather_cpu(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  const bool named = platform::word(line) == "cpu";
  std::array<std::uint64_t, 8> ticks{};
  std::size_t count = 0;
  Cpu now{0, 0};
  for (; count < ticks.size(); ++count) {
    const auto value = platform::number<std::uint64_t>(platform::word(line));
    if (!value) {
      break;
    }
    now.all += *value;
    now.busy += count == 3 || count == 4 ? 0 : *value;
  }
  constexpr std::string_view kRunning = "\nprocs_running ";
  const auto at = text.rfind(kRunning);
  std::string_view rest = at == std::string_view::npos ? std::string_view{} : text.substr(at + kRunning.size());
  const auto running = platform::number<std::uint64_t>(platform::take(rest, '\n'));
  if (!named || count < ticks.size() || !running) {
    new_errors_[kStat] = EBADMSG;
    cpu_.reset();
    return;
  }
  running_ = *running > 1 ? static_cast<double>(*running - 1) : 0;
  // Ticks are 10 ms: at short intervals there may be none. The idle time of a CPU that comes back may step back.
  if (cpu_ && now.all > cpu_->all) {
    const auto all = static_cast<double>(now.all - cpu_->all);
    const double busy = now.busy > cpu_->busy ? static_cast<double>(now.busy - cpu_->busy) : 0;
    cpu_ratio_ = std::min(busy / all, 1.0);
  }
  if (!cpu_ || now.all != cpu_->all) {
    cpu_ = now;
  }
}

void Sampler::gather_pressure(Source source, std::chrono::nanoseconds now) {
  const int error = read(source);
  for (std::size_t i = 0; i < kLines.size(); ++i) {
    Pressure& pressure = pressures_[i];
    if (kLines[i].file != source) {
      continue;
    }
    pressure.ratio.reset();
    const auto total = error == 0 ? total_of(buffer_.text(), kLines[i].kind) : std::nullopt;
    if (error == 0 && !total) {
      new_errors_[source] = EBADMSG;
    }
    if (total && pressure.total && *total >= *pressure.total && now > pressure.at) {
      const double waited = static_cast<double>(*total - *pressure.total) * 1e3;  // of microseconds
      pressure.ratio = std::min(waited / static_cast<double>((now - pressure.at).count()), 1.0);
    }
    pressure.total = total;
    pressure.at = now;
  }
}

void Sampler::publish() {
  for (std::size_t i = 0; i < kSources; ++i) {
    errors_[i] = new_errors_[i] != 0 ? new_errors_[i] : errors_[i];
  }
  if (running_) {
    run_queue_.observe(*running_);
  }
  if (cpu_ratio_) {
    cpu_histogram_.observe(*cpu_ratio_);
  }
  has_cpu_ = has_cpu_ || cpu_;
  for (auto& pressure : pressures_) {
    pressure.exists = pressure.exists || pressure.total;
    if (pressure.ratio) {
      pressure.histogram.observe(*pressure.ratio);
    }
  }
  if (disks_read_) {
    publish_disks(buffer_.text());
  }
}

// major minor name, eight counters, then the requests in flight.
void Sampler::publish_disks(std::string_view text) {
  disk_count_ = 0;
  disks_over_limit_ = 0;
  disks_.start();
  while (!text.empty()) {
    auto line = platform::take(text, '\n');
    platform::word(line);
    platform::word(line);
    const auto name = platform::word(line);
    if (name.empty()) {
      errors_[kDiskstats] = EBADMSG;
      continue;
    }
    Disk& disk = disks_.at(name, [&] { return make_disk(name); });
    if (!disk.kept) {
      continue;
    }
    if (++disk_count_ > kMostDisks) {
      ++disks_over_limit_;
      continue;
    }
    for (int skipped = 0; skipped < 8; ++skipped) {
      platform::word(line);
    }
    const auto in_flight = platform::number<std::uint64_t>(platform::word(line));
    if (!in_flight) {
      errors_[kDiskstats] = EBADMSG;
      continue;
    }
    if (!disk.histogram) {
      disk.histogram.emplace(kPowersOfTwo);
    }
    disk.histogram->observe(static_cast<double>(*in_flight));
  }
  disks_.finish();
}

// Partitions have no folder of their own in sysfs' list of disks, where a '/' of the name is a '!'.
Sampler::Disk Sampler::make_disk(std::string_view name) {
  std::string path = "block/" + std::string(name);
  std::replace(path.begin() + 6, path.end(), '/', '!');
  return Disk{filter_.keeps(name) && host_.sys.exists(path.c_str()), std::nullopt};
}

void Sampler::write(Sink& sink) {
  const auto& [cpu, run_queue, pressure, disk, samples, skipped, seconds] = kMetrics;
  std::array<Label, 3> labels{};
  if (has_cpu_) {
    cpu_histogram_.write(sink, cpu, labels, 0);
    run_queue_.write(sink, run_queue, labels, 0);
  }
  for (std::size_t i = 0; i < pressures_.size(); ++i) {
    if (pressures_[i].exists) {
      labels[0] = {pressure.labels[0], kLines[i].resource};
      labels[1] = {pressure.labels[1], kLines[i].kind};
      pressures_[i].histogram.write(sink, pressure, labels, 2);
    }
  }
  disks_.each([&, &metric = disk](std::string_view name, const Disk& one) {
    if (one.histogram) {
      labels[0] = {metric.labels[0], name};
      one.histogram->write(sink, metric, labels, 1);
    }
  });
  for (std::size_t i = 0; i < kSources; ++i) {
    if (errors_[i] == EBADMSG) {
      sink.problem(Problem::parse, kFiles[i]);
    } else if (errors_[i] != 0) {
      unreadable(sink, kFiles[i], errors_[i]);
    }
    errors_[i] = 0;
  }
  if (disks_over_limit_ != 0) {
    sink.problem(Problem::limit, kFiles[kDiskstats]);
  }
}

}  // namespace exporter::host::burst
