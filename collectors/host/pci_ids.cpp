#include "collectors/host/pci_ids.h"

#include <algorithm>
#include <cstddef>

#include "platform/text.h"

namespace exporter::host {
namespace {

constexpr std::string_view kSeparator = "  ";  // between a number and its name

std::size_t tabs(std::string_view line) { return std::min(line.find_first_not_of('\t'), line.size()); }

struct Line {
  std::string_view id;
  std::string_view name;
};

Line split(std::string_view line) {
  const auto at = line.find(kSeparator);
  if (at == std::string_view::npos) {
    return {};
  }
  return {line.substr(0, at), platform::trim(line.substr(at))};
}

// The name of `id` among the lines with `depth` tabs, and in `below` the lines that belong to it.
std::string_view name_in(std::string_view lines, std::size_t depth, std::string_view id, std::string_view& below) {
  Line found;
  while (!lines.empty()) {
    const auto rest = lines;
    const auto line = platform::take(lines, '\n');
    if (line.empty() || line.front() == '#' || tabs(line) > depth) {
      continue;
    }
    if (!found.id.empty()) {
      below.remove_suffix(rest.size());
      return found.name;
    }
    if (tabs(line) == depth && split(line.substr(depth)).id == id) {
      found = split(line.substr(depth));
      below = lines;
    }
  }
  return found.name;
}

}  // namespace

PciIds::PciIds(std::string_view text) {
  while (!text.empty()) {
    const auto rest = text;
    const auto line = platform::take(text, '\n');
    if (line.empty() || line.front() == '#' || line.front() == '\t') {
      continue;
    }
    if (!entries_.empty()) {
      entries_.back().below.remove_suffix(rest.size());
    }
    const Line words = split(line);
    entries_.push_back({words.id, words.name, text});
  }
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
}

PciIds::Entry PciIds::find(std::string_view id) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), id,
                                      [](const Entry& entry, std::string_view wanted) { return entry.id < wanted; });
  return found == entries_.end() || found->id != id ? Entry{} : *found;
}

std::string_view PciIds::vendor(std::string_view vendor) const { return find(vendor).name; }

std::string_view PciIds::device(std::string_view vendor, std::string_view device) const {
  std::string_view below;
  return name_in(find(vendor).below, 1, device, below);
}

std::string_view PciIds::subsystem(std::string_view vendor, std::string_view device, std::string_view subsystem) const {
  std::string_view subsystems;
  std::string_view below;
  name_in(find(vendor).below, 1, device, subsystems);
  return name_in(subsystems, 2, subsystem, below);
}

std::string_view PciIds::class_name(std::string_view code) const {
  if (code.size() != 6) {
    return {};
  }
  const char base[] = {'C', ' ', code[0], code[1]};
  const Entry entry = find({base, std::size(base)});
  std::string_view interfaces;
  std::string_view below;
  const auto subclass = name_in(entry.below, 1, code.substr(2, 2), interfaces);
  const auto interface = name_in(interfaces, 2, code.substr(4, 2), below);
  if (!interface.empty()) {
    return interface;
  }
  return subclass.empty() ? entry.name : subclass;
}

}  // namespace exporter::host
