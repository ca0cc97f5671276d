// Kernel statistics of OpenZFS as its port of kstat writes them (module/os/linux/spl/spl-kstat.c), of two kinds: named
//   23 1 0x01 7 2160 221578688875 6665999035587
//   name                            type data
//   dataset_name                    7    tank/home
//   hits                            4    1736
// where type 3 is a signed and 4 an unsigned number, and of input and output
//   12 3 0x00 1 80 79205351707403 395818011156865
//   nread    nwritten reads    writes   wtime    wlentime wupdate  rtime    rlentime rupdate  wcnt     rcnt
//   1884160  3206144  22       132      7155162  104112268 79210489 24168078 104112268 79210489 0        0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/host/keyed_lines.h"
#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/ascii.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::zfs {

// The metrics made of the fields of one kind of kstat, found again without hashing or allocating as long as the fields
// come in the same order.
class Families {
 public:
  // `prefix` is the start of the metrics' names, `kstat` the word for it in their help.
  Families(std::string prefix, std::string kstat) : prefix_(std::move(prefix)), kstat_(std::move(kstat)) {}

  void start(const Sink& sink) {
    if (sink_ != &sink) {  // the families belong to the sink
      rows_.clear();
      sink_ = &sink;
    }
    rows_.start();
  }
  FamilyId at(std::string_view field, Sink& sink) {
    return rows_.at(field, [&] { return make(field, sink); });
  }

 private:
  FamilyId make(std::string_view field, Sink& sink) const {
    std::string name = prefix_;
    append_sanitized_name(name, field);
    for (char& c : name) {
      c = platform::lower(c);
    }
    std::string help = "Field ";
    help.append(field).append(" of the kstat ").append(kstat_).append(".");
    return sink.dynamic(MetricType::untyped, name, help);
  }

  std::string prefix_;
  std::string kstat_;
  platform::RowCache<FamilyId> rows_;
  const Sink* sink_ = nullptr;
};

// Calls visit(name, type, data) for each row of a named kstat. False when `text` is none.
template <class Visit>
bool each_named(std::string_view text, Visit&& visit) {
  platform::take(text, '\n');
  std::string_view head = platform::take(text, '\n');
  if (platform::word(head) != "name" || platform::word(head) != "type") {
    return false;
  }
  each_line(text, ' ', [&](std::string_view name, std::string_view rest) {
    const auto type = platform::word(rest);
    visit(name, type, platform::trim(rest));
  });
  return true;
}

// Writes a row of a named kstat as a sample. A row of another type is no sample; False when it is no number.
inline bool add_named(Families& families, std::string_view name, std::string_view type, std::string_view data,
                      const LabelBlock& labels, Sink& sink) {
  std::optional<Value> value;
  if (type == "4") {
    if (const auto number = platform::number<std::uint64_t>(data)) {
      value = *number;
    }
  } else if (type == "3") {
    if (const auto number = platform::number<std::int64_t>(data)) {
      value = *number;
    }
  } else {
    return true;
  }
  if (value) {
    sink.add(families.at(name, sink), *value, labels);
  }
  return value.has_value();
}

// Writes a kstat of input and output. False when `text` is none or a value is no number.
inline bool add_io(Families& families, std::string_view text, const LabelBlock& labels, Sink& sink) {
  platform::take(text, '\n');
  std::string_view names = platform::take(text, '\n');
  std::string_view values = platform::take(text, '\n');
  bool good = names.starts_with("nread");
  for (auto name = platform::word(names); good && !name.empty(); name = platform::word(names)) {
    const auto value = platform::number<std::uint64_t>(platform::word(values));
    if (value) {
      sink.add(families.at(name, sink), *value, labels);
    }
    good = value.has_value();
  }
  return good;
}

}  // namespace exporter::host::zfs
