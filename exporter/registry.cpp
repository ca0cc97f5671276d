#include "exporter/registry.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

namespace exporter {
namespace {

std::string header_of(const Sink::Column& column) {
  std::string header = "# HELP ";
  header.append(column.name).append(" ");
  append_help(header, column.help);
  header.append("\n# TYPE ").append(column.name).append(" ").append(to_text(column.type)).append("\n");
  return header;
}

// The series of a line: everything before the value.
std::string_view series_of(std::string_view line) {
  const auto* const space = static_cast<const char*>(::memrchr(line.data(), ' ', line.size()));
  return line.substr(0, static_cast<std::size_t>(space - line.data()));
}

// A column with less text is copied, for pages are sent and packed faster in one piece.
constexpr std::size_t kLeastShared = std::size_t{256} << 10;

}  // namespace

void Registry::describe(Family& family, const Sink::Column& column) {
  family.type = column.type;
  family.header = header_of(column);
}

std::size_t Registry::family_of(const Sink::Column& column, bool foreign) {
  const auto found = index_.find(column.name);
  if (found != index_.end()) {
    Family& known = *families_[found->second];
    if (known.foreign && !foreign) {
      known.foreign = false;
      describe(known, column);
    }
    return found->second;
  }
  const std::size_t index = families_.size();
  auto& family = families_.emplace_back(std::make_unique<Family>());
  family->name = column.name;
  family->foreign = foreign;
  describe(*family, column);
  index_.emplace(family->name, index);
  const auto place = std::lower_bound(sorted_.begin(), sorted_.end(), index, [&](std::size_t a, std::size_t b) {
    return families_[a]->name < families_[b]->name;
  });
  sorted_.insert(place, index);
  return index;
}

void Registry::drop(std::size_t sink, Problem kind, std::string_view what, std::uint64_t count) {
  for (auto& entry : dropped_) {
    if (entry.sink == sink && entry.kind == kind && (kind != Problem::conflict || entry.what == what)) {
      entry.count += count;
      return;
    }
  }
  dropped_.push_back({sink, kind, std::string(what), count});
}

void Registry::append(const Sink::Column& column, Body& page) {
  if (column.lines.text().size() < kLeastShared) {
    page.text += column.lines.text();
  } else {
    page.pieces.push_back({page.text.size(), column.lines});
  }
}

void Registry::append(Family& family, Body& page) {
  page.text += family.header;
  if (!same_as_before(family)) {
    append_checked(family, page);
    return;
  }
  for (auto part = family.first; part >= 0; part = parts_[static_cast<std::size_t>(part)].next) {
    const auto& column = *parts_[static_cast<std::size_t>(part)].column;
    series_ += column.fingerprints.size();
    append(column, page);
  }
}

// Whether the family's series are known to be different from each other: machines show the same series in the same
// order from scrape to scrape, so this spares the search in all but a few.
bool Registry::same_as_before(const Family& family) const {
  std::span<const std::uint64_t> before(family.different);
  std::size_t lines = 0;
  bool same = true;
  for (auto part = family.first; part >= 0; part = parts_[static_cast<std::size_t>(part)].next) {
    const auto& now = parts_[static_cast<std::size_t>(part)].column->fingerprints;
    lines += now.size();
    same = same && now.size() <= before.size() && std::equal(now.begin(), now.end(), before.begin());
    before = before.subspan(std::min(now.size(), before.size()));
  }
  return lines == 1 || (same && before.empty());
}

void Registry::start_round(std::size_t lines) {
  const std::size_t wanted = std::bit_ceil(lines * 2);
  if (seen_.size() < wanted) {
    seen_.assign(wanted, {0, {}});
    round_ = 0;
  }
  if (++round_ == 0) {
    seen_.assign(seen_.size(), {0, {}});
    round_ = 1;
  }
}

// Where `series` stands in the table, or where it would.
std::size_t Registry::slot_of(std::string_view series, std::uint64_t hash) {
  const std::size_t mask = seen_.size() - 1;
  std::size_t slot = hash & mask;
  while (seen_[slot].first == round_ && seen_[slot].second != series) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Registry::append_checked(Family& family, Body& page) {
  family.different.clear();
  for (auto index = family.first; index >= 0; index = parts_[static_cast<std::size_t>(index)].next) {
    const auto& lines = parts_[static_cast<std::size_t>(index)].column->fingerprints;
    family.different.insert(family.different.end(), lines.begin(), lines.end());
  }
  start_round(family.different.size());
  bool different = true;
  for (auto index = family.first; index >= 0; index = parts_[static_cast<std::size_t>(index)].next) {
    const Part& part = parts_[static_cast<std::size_t>(index)];
    const std::string_view text = part.column->lines.text();
    std::size_t written = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin) + 1;
      const auto series = series_of(text.substr(begin, end - begin - 1));
      const std::size_t slot = slot_of(series, hash_of(series));
      if (seen_[slot].first == round_) {  // there already: copy what stands before, step over this line
        different = false;
        drop(part.sink, Problem::duplicate, series, 1);
        page.text.append(text, written, begin - written);
        written = end;
      } else {
        seen_[slot] = {round_, series};
        ++series_;
      }
      begin = end;
    }
    if (written == 0) {
      append(*part.column, page);
    } else {
      page.text.append(text, written, std::string_view::npos);
    }
  }
  if (!different) {
    family.different.clear();
  }
}

void Registry::render(std::span<const Sink* const> sinks, Body& page) {
  dropped_.clear();
  parts_.clear();
  series_ = 0;
  for (auto& family : families_) {
    family->first = family->last = -1;
  }
  for (std::size_t sink = 0; sink < sinks.size(); ++sink) {
    auto& families = known_[sinks[sink]];
    const auto columns = sinks[sink]->columns();
    for (std::size_t i = families.size(); i < columns.size(); ++i) {
      families.push_back(family_of(*columns[i], sinks[sink]->foreign()));
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& column = *columns[i];
      const std::string& lines = column.lines.text();
      if (lines.empty()) {
        continue;
      }
      Family& family = *families_[families[i]];
      if (family.type != column.type && family.foreign && family.first < 0) {
        describe(family, column);
      }
      if (family.type != column.type) {
        drop(sink, Problem::conflict, column.name, column.fingerprints.size());
        continue;
      }
      const auto part = static_cast<std::int32_t>(parts_.size());
      parts_.push_back({&column, sink, -1});
      if (family.first < 0) {
        family.first = part;
      } else {
        parts_[static_cast<std::size_t>(family.last)].next = part;
      }
      family.last = part;
    }
  }
  for (const std::size_t index : sorted_) {
    if (families_[index]->first >= 0) {
      append(*families_[index], page);
    }
  }
}

}  // namespace exporter
