#include "collectors/host/link_table.h"

#include <algorithm>

namespace exporter::host {

void LinkTable::refresh() {
  ++number_;
  taken_ = std::chrono::steady_clock::now();
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

void LinkNames::add(int index, std::string_view name) {
  Name& added = names_.emplace_back();
  added.index = index;
  name.copy(added.text.data(), added.text.size() - 1);
}

void LinkNames::sort() {
  std::sort(names_.begin(), names_.end(), [](const Name& a, const Name& b) { return a.index < b.index; });
}

int LinkNames::read(LinkTable::Reader& links) {
  clear();
  const int error = links.each([&](const platform::Link& link) { add(link.index, link.name); });
  sort();
  return error;
}

std::string_view LinkNames::find(int index) const noexcept {
  const auto found = std::lower_bound(names_.begin(), names_.end(), index,
                                      [](const Name& name, int wanted) { return name.index < wanted; });
  return found != names_.end() && found->index == index ? std::string_view(found->text.data()) : std::string_view{};
}

}  // namespace exporter::host
