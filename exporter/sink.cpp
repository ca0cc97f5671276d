#include "exporter/sink.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace exporter {
namespace {

// True for a label value that needs no escaping.
bool stands_in_quotes(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0 && c != '\\' && c != '"' && c != '\n'; });
}

// What stands behind the name in a line, put together on the stack and appended in one piece: a page is a million small
// pieces, and the string's own bookkeeping costs more than copying them.
class Line {
 public:
  explicit Line(std::string& out) noexcept : out_(out) {}

  void put(std::string_view piece) {
    if (piece.size() > kRoom - used_) {
      flush();
      if (piece.size() > kRoom) {
        out_.append(piece);
        return;
      }
    }
    used_ += piece.copy(text_ + used_, piece.size());
  }
  void put(char c) { put(std::string_view(&c, 1)); }
  // Nothing when there is none; begins with what separates it from the labels before.
  void put_block(std::string_view labels) {
    if (!labels.empty()) {
      put(separator_);
      put(labels);
      separator_ = ',';
    }
  }
  void put_label(std::string_view name, std::string_view value) {
    put(separator_);
    put(name);
    put("=\"");
    if (stands_in_quotes(value)) {
      put(value);
    } else {
      flush();
      append_escaped(out_, value);
    }
    put('"');
    separator_ = ',';
  }
  void end(Value value) {
    if (separator_ == ',') {
      put('}');
    }
    put(' ');
    if (kRoom - used_ < Value::kMaxText) {
      flush();
    }
    used_ = static_cast<std::size_t>(value.write(text_ + used_) - text_);
    put('\n');
    flush();
  }

 private:
  static constexpr std::size_t kRoom = 512;
  void flush() {
    out_.append(text_, used_);
    used_ = 0;
  }

  std::string& out_;
  std::size_t used_ = 0;
  char separator_ = '{';
  char text_[kRoom];  // not initialised
};

}  // namespace

std::string_view to_text(Problem kind) noexcept {
  switch (kind) {
    case Problem::missing:
      return "missing";
    case Problem::denied:
      return "denied";
    case Problem::io:
      return "io";
    case Problem::parse:
      return "parse";
    case Problem::limit:
      return "limit";
    case Problem::deadline:
      return "deadline";
    case Problem::duplicate:
      return "duplicate";
    case Problem::conflict:
      return "conflict";
  }
  return "io";
}

Sink::Sink(std::span<const MetricDesc> metrics) : metrics_(metrics) {
  columns_.reserve(metrics.size());
  for (const auto& metric : metrics) {
    columns_.push_back(std::make_unique<Column>(Column{metric.name, metric.help, metric.type, {}, {}}));
  }
}

void Sink::rename(std::string_view prefix, std::string_view instead) {
  prefix_ = prefix;
  instead_ = instead;
  for (const auto& column : columns_) {
    column->name = shown(column->name);
  }
}

// Lives as long as this.
std::string_view Sink::shown(std::string_view name) {
  if (prefix_ == instead_ || !name.starts_with(prefix_)) {
    return name;
  }
  texts_.push_back(std::make_unique<std::string>(instead_));
  return texts_.back()->append(name.substr(prefix_.size()));
}

void Sink::set_constant_labels(std::string_view label_text) {
  constant_ = label_text;
  constant_hash_ = hash_of(label_text);
}

Sink::Column* Sink::begin(const MetricDesc& metric, std::string_view suffix) {
  const auto index = static_cast<std::size_t>(&metric - metrics_.data());
  assert(index < metrics_.size() && "the metric is not declared in this collector's spec");
  Column& column = *columns_[index];
  std::string& out = column.lines.writable();
  out.append(column.name);
  if (!suffix.empty()) {
    out.append(suffix);
  }
  return &column;
}

Sink::Column* Sink::begin(FamilyId family, std::string_view suffix) {
  if (family.index_ >= columns_.size()) {
    return nullptr;
  }
  Column& column = *columns_[family.index_];
  column.lines.writable().append(column.name).append(suffix);
  return &column;
}

void Sink::line(Column* column, std::string_view suffix, const LabelBlock* block, Value value) {
  if (column == nullptr) {
    return;
  }
  Line rest(column->lines.writable());
  rest.put_block(constant_);
  std::uint64_t fingerprint = suffix.empty() ? constant_hash_ : combine(constant_hash_, hash_of(suffix));
  if (block != nullptr) {
    rest.put_block(block->text());
    fingerprint = combine(fingerprint, block->hash());
  }
  rest.end(value);
  column->fingerprints.push_back(fingerprint);
}

void Sink::line(Column* column, std::string_view suffix, std::span<const Label> labels, Value value) {
  if (column == nullptr) {
    return;
  }
  Line rest(column->lines.writable());
  rest.put_block(constant_);
  std::uint64_t fingerprint = suffix.empty() ? constant_hash_ : combine(constant_hash_, hash_of(suffix));
  for (const auto& label : labels) {
    rest.put_label(label.name, label.value);
    fingerprint = combine(combine(fingerprint, hash_of(label.name)), hash_of(label.value));
  }
  rest.end(value);
  column->fingerprints.push_back(fingerprint);
}

void Sink::add(const MetricDesc& metric, Value value) { line(begin(metric, {}), {}, nullptr, value); }

void Sink::add(const MetricDesc& metric, Value value, const LabelBlock& labels) {
  line(begin(metric, {}), {}, &labels, value);
}

void Sink::add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> label_values) {
  add_values(metric, value, {}, constant_hash_, label_values);
}

void Sink::add(const MetricDesc& metric, Value value, const LabelBlock& labels,
               std::initializer_list<std::string_view> label_values) {
  add_values(metric, value, labels.text(), combine(constant_hash_, labels.hash()), label_values);
}

void Sink::add_values(const MetricDesc& metric, Value value, std::string_view labels, std::uint64_t fingerprint,
                      std::initializer_list<std::string_view> label_values) {
  assert(label_values.size() == metric.labels.size() && "one value for each label of the metric");
  Column& column = *begin(metric, {});
  Line rest(column.lines.writable());
  rest.put_block(constant_);
  rest.put_block(labels);
  std::size_t next = 0;
  for (const auto text : label_values) {
    rest.put_label(metric.labels.at(next++), text);
    fingerprint = combine(fingerprint, hash_of(text));
  }
  rest.end(value);
  column.fingerprints.push_back(fingerprint);
}

void Sink::add_part(const MetricDesc& metric, std::string_view suffix, Value value, std::span<const Label> labels) {
  line(begin(metric, suffix), suffix, labels, value);
}

FamilyId Sink::dynamic(MetricType type, std::string_view name, std::string_view help) {
  const auto found = dynamic_.find(name);
  if (found != dynamic_.end()) {
    if (foreign_) {
      columns_[found->second]->type = type;
    }
    return FamilyId(found->second);
  }
  if (!valid_name(name, Colons::allowed)) {
    problem(Problem::parse, name);
    return {};
  }
  if (dynamic_.size() >= kMaxDynamic) {
    problem(Problem::limit, name);
    return {};
  }
  const auto index = static_cast<std::uint32_t>(columns_.size());
  texts_.push_back(std::make_unique<std::string>(name));
  const std::string_view kept_name = *texts_.back();
  const std::string_view shown_name = shown(kept_name);
  texts_.push_back(std::make_unique<std::string>(help));
  columns_.push_back(std::make_unique<Column>(Column{shown_name, *texts_.back(), type, {}, {}}));
  dynamic_.emplace(kept_name, index);
  return FamilyId(index);
}

void Sink::add(FamilyId family, Value value) { line(begin(family, {}), {}, nullptr, value); }

void Sink::add(FamilyId family, Value value, const LabelBlock& labels) { line(begin(family, {}), {}, &labels, value); }

void Sink::add(FamilyId family, Value value, std::span<const Label> labels) {
  line(begin(family, {}), {}, labels, value);
}

void Sink::add_part(FamilyId family, std::string_view suffix, Value value, std::span<const Label> labels) {
  line(begin(family, suffix), suffix, labels, value);
}

void Sink::add_part(FamilyId family, std::string_view suffix, Value value, const LabelBlock& labels) {
  line(begin(family, suffix), suffix, &labels, value);
}

void Sink::problem(Problem kind, std::string_view where, int error) noexcept {
  if (kind == Problem::io && (error == EACCES || error == EPERM)) {
    kind = Problem::denied;  // whoever read it need not ask why it failed
  }
  ++problems_[static_cast<std::size_t>(kind)];
  if (note_count_ == notes_.size()) {
    return;
  }
  Note& note = notes_[note_count_++];
  note.kind = kind;
  note.error = error;
  const std::size_t length = where.copy(note.where.data(), note.where.size() - 1);
  note.where[length] = '\0';
}

void Sink::remark(std::string_view line) {
  if (remark_count_ == remarks_.size()) {
    remarks_.emplace_back();
  }
  remarks_[remark_count_++] = line;
}

void Sink::clear() {
  drop_samples();
  problems_ = {};
  note_count_ = 0;
  remark_count_ = 0;
}

void Sink::drop_samples() {
  for (const auto& column : columns_) {
    column->lines.empty();
    column->fingerprints.clear();
  }
}

}  // namespace exporter
