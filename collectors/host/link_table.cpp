#include "collectors/host/link_table.h"

#include <algorithm>

namespace exporter::host {

void LinkTable::refresh(std::uint64_t generation) {
  // A worker that is late asks with the number of an older scrape: what there is, is newer.
  if (generation <= generation_) {
    return;
  }
  generation_ = generation;
  error_ = dump_.links([&] { count_ = 0; },
                       [&](const platform::Link& link) {
                         if (count_ == rows_.size()) {
                           rows_.emplace_back();
                         }
                         keep(rows_[count_++], link);
                       });
}

void LinkTable::keep(Row& row, const platform::Link& link) {
  const std::string_view alternatives{link.alternatives.data(), link.alternatives.size()};
  row.link = link;
  row.text.clear();
  // All text is appended before the views are made: appending may move it.
  for (const auto part : {link.name, link.alias, link.address, link.broadcast, alternatives}) {
    row.text.append(part);
  }
  std::string_view rest = row.text;
  const auto cut = [&](std::string_view part) {
    const auto kept = rest.substr(0, part.size());
    rest.remove_prefix(part.size());
    return kept;
  };
  row.link.name = cut(link.name);
  row.link.alias = cut(link.alias);
  row.link.address = cut(link.address);
  row.link.broadcast = cut(link.broadcast);
  row.link.alternatives = {rest.data(), rest.size()};
}

}  // namespace exporter::host
