// What the readings of a server are made of: which statement goes over which connection.
#include <utility>

#include "collectors/postgres/readings.h"

namespace exporter::postgres {

Readings::Other::Other(const Readings& readings) : batch(readings.source_, readings.host_, readings.settings_.limits) {
  for (const auto& item : readings.other_items_) {
    batch.add(*item.query, readings.parts_[item.part].spec->name);
  }
}

Readings::Readings(Source source, const Environment& environment, std::span<const CollectorSpec* const> enabled,
                   const ConnectionSettings& settings)
    : source_(std::move(source)),
      host_(environment.host),
      settings_(settings),
      samples_(source_, host_, settings_.limits) {
  parts_.reserve(enabled.size());
  for (const auto* spec : enabled) {
    if (const auto* make = std::get_if<MakeQuery>(&spec->make)) {
      Part& part = parts_.emplace_back();
      part.spec = spec;
      part.query = (*make)(environment);
    }
  }
  build();
  build_samples();
}

// Once, for their sums shall not begin anew.
void Readings::build_samples() {
  for (std::size_t part = 0; part < parts_.size() && !source_.requested; ++part) {
    const auto add = [&](Query& query) {
      if (query.sampling() > 0) {
        sampled_items_.push_back({part, &query});
        samples_.add(query, parts_[part].spec->name);
      }
    };
    add(*parts_[part].query);
    for (const auto& companion : parts_[part].query->companions()) {
      add(*companion);
    }
  }
}

// All connections with what is asked on them.
void Readings::build() {
  main_items_.clear();
  other_items_.clear();
  rounds_items_.clear();
  main_ = std::make_unique<Batch>(source_, host_, settings_.limits);
  rounds_ = std::make_unique<Rounds>(source_, host_, settings_.limits);
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    add(part, *parts_[part].query);
    for (const auto& companion : parts_[part].query->companions()) {
      add(part, *companion);
    }
  }
  main_items_.push_back({});
  main_->add(list_, "databases");
}

// New statements of a collector: rare enough to begin with new connections.
void Readings::rebuild_where_outdated() {
  bool any = false;
  for (auto& part : parts_) {
    part.outdated = part.query->outdated();
    any = any || part.outdated;
  }
  if (!any) {
    return;
  }
  others_.clear();
  rounds_.reset();  // its thread uses the queries
  main_.reset();
  for (auto& part : parts_) {
    if (part.outdated) {
      part.query->renew();
    }
  }
  build();
}

void Readings::add(std::size_t part, Query& query) {
  const std::string_view name = parts_[part].spec->name;
  if (query.sampling() > 0) {
    return;
  }
  if (query.interval() <= 0) {
    main_items_.push_back({part, &query});
    main_->add(query, name);
  }
  if (query.interval() <= 0 && query.scope() == Scope::database) {
    other_items_.push_back({part, &query});
  }
  if (query.interval() > 0 || query.scope() == Scope::database) {
    rounds_items_.push_back({part, &query});
    rounds_->add(query, name);
  }
}

}  // namespace exporter::postgres
