#include "collectors/host/rpc_statistics.h"

#include <utility>

#include "collectors/host/unreadable.h"
#include "platform/text.h"

namespace exporter::host {

RpcStatistics::RpcStatistics(const platform::Dir& proc, std::string file, std::span<const RpcCounter> counters,
                             const MetricDesc& requests, std::span<const RpcProcedures> procedures)
    : file_(proc, std::move(file)), counters_(counters), requests_(&requests) {
  for (const RpcCounter& counter : counters) {
    counter_labels_.push_back(counter.label.empty() ? LabelBlock() : LabelBlock(*counter.metric, {counter.label}));
  }
  for (const RpcProcedures& version : procedures) {
    versions_.push_back({&version, {}});
    for (const auto method : version.methods) {
      versions_.back().labels.emplace_back(requests, std::initializer_list<std::string_view>{method, version.version});
    }
  }
}

Outcome RpcStatistics::collect(const Scrape& scrape, Sink& sink) {
  if (const int error = file_.read_once(scrape.buffer)) {
    return unreadable(sink, file_.name(), error);
  }
  for (Version& version : versions_) {
    version.seen = false;
  }
  for (std::string_view rest = scrape.buffer.text(); !rest.empty();) {
    std::string_view values = platform::take(rest, '\n');
    const auto keyword = platform::word(values);
    write_counters(keyword, values, sink);
    for (Version& version : versions_) {
      if (version.procedures->keyword == keyword) {
        version.seen = true;
        write_requests(version, values, sink);
      }
    }
  }
  // A kernel that does not speak a version has no line for it: nobody ever called its procedures.
  for (const Version& version : versions_) {
    if (!version.seen) {
      write_requests(version, "0", sink);
    }
  }
  return Outcome::ok;
}

void RpcStatistics::write_counters(std::string_view keyword, std::string_view values, Sink& sink) const {
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    if (counters_[i].keyword != keyword) {
      continue;
    }
    std::string_view rest = values;
    for (std::size_t skipped = 0; skipped < counters_[i].column; ++skipped) {
      platform::word(rest);
    }
    if (const auto value = platform::number<std::uint64_t>(platform::word(rest))) {
      sink.add(*counters_[i].metric, *value, counter_labels_[i]);
    } else {
      sink.problem(Problem::parse, counters_[i].metric->name);
    }
  }
}

void RpcStatistics::write_requests(const Version& version, std::string_view values, Sink& sink) const {
  const RpcProcedures& procedures = *version.procedures;
  std::size_t announced = 1;
  if (procedures.counted) {
    const auto count = platform::number<std::size_t>(platform::word(values));
    announced = count ? *count : static_cast<std::size_t>(-1);
  }
  std::size_t found = 0;
  for (auto rest = values; !platform::word(rest).empty();) {
    ++found;
  }
  if (found != announced && version.seen) {  // cut short: the last value may be a part of one
    sink.problem(Problem::parse, procedures.keyword);
    return;
  }
  // An older kernel counts fewer procedures, a newer one more; those it does not have were never called.
  for (std::size_t i = 0; i < procedures.methods.size(); ++i) {
    const auto word = i < found ? platform::word(values) : "0";
    if (procedures.methods[i].empty()) {
      continue;
    }
    if (const auto value = platform::number<std::uint64_t>(word)) {
      sink.add(*requests_, *value, version.labels[i]);
    } else {
      sink.problem(Problem::parse, procedures.keyword);
    }
  }
}

}  // namespace exporter::host
