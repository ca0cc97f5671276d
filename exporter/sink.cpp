#include "exporter/sink.h"

#include <cassert>
#include <cstring>

namespace exporter {
namespace {

void append_value(std::string& out, Value value) {
  std::array<char, Value::kMaxText + 2> text;
  text[0] = ' ';
  char* end = value.write(text.data() + 1);
  *end++ = '\n';
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append("=\"");
  append_escaped(out, value);
  out += '"';
}

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
    columns_.push_back(std::make_unique<Column>(Column{metric.name, metric.help, metric.type, {}}));
  }
}

std::string* Sink::begin(const MetricDesc& metric, std::string_view suffix) {
  const auto index = static_cast<std::size_t>(&metric - metrics_.data());
  assert(index < metrics_.size() && "the metric is not declared in this collector's spec");
  std::string& out = columns_[index]->lines;
  out.append(metric.name).append(suffix);
  return &out;
}

std::string* Sink::begin(FamilyId family, std::string_view suffix) {
  if (family.index_ >= columns_.size()) {
    return nullptr;
  }
  Column& column = *columns_[family.index_];
  column.lines.append(column.name).append(suffix);
  return &column.lines;
}

void Sink::line(std::string* out, std::string_view block, Value value) {
  if (out == nullptr) {
    return;
  }
  if (!constant_.empty() || !block.empty()) {
    *out += '{';
    out->append(constant_);
    if (!constant_.empty() && !block.empty()) {
      *out += ',';
    }
    out->append(block);
    *out += '}';
  }
  append_value(*out, value);
}

void Sink::line(std::string* out, std::span<const Label> labels, Value value) {
  if (out == nullptr) {
    return;
  }
  if (!constant_.empty() || !labels.empty()) {
    char separator = '{';
    if (!constant_.empty()) {
      *out += separator;
      out->append(constant_);
      separator = ',';
    }
    for (const auto& label : labels) {
      *out += separator;
      append_label(*out, label.name, label.value);
      separator = ',';
    }
    *out += '}';
  }
  append_value(*out, value);
}

void Sink::add(const MetricDesc& metric, Value value) { line(begin(metric, {}), std::string_view{}, value); }

void Sink::add(const MetricDesc& metric, Value value, const LabelBlock& labels) {
  line(begin(metric, {}), labels.text(), value);
}

void Sink::add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> label_values) {
  static const LabelBlock kNone;
  add(metric, value, kNone, label_values);
}

void Sink::add(const MetricDesc& metric, Value value, const LabelBlock& labels,
               std::initializer_list<std::string_view> label_values) {
  assert(label_values.size() == metric.labels.size() && "one value for each label of the metric");
  std::string& out = *begin(metric, {});
  char separator = '{';
  for (const std::string_view block : {std::string_view(constant_), labels.text()}) {
    if (!block.empty()) {
      out += separator;
      out.append(block);
      separator = ',';
    }
  }
  std::size_t next = 0;
  for (const auto text : label_values) {
    out += separator;
    append_label(out, metric.labels.at(next++), text);
    separator = ',';
  }
  if (separator == ',') {
    out += '}';
  }
  append_value(out, value);
}

void Sink::add_part(const MetricDesc& metric, std::string_view suffix, Value value, std::span<const Label> labels) {
  line(begin(metric, suffix), labels, value);
}

FamilyId Sink::dynamic(MetricType type, std::string_view name, std::string_view help) {
  const auto found = dynamic_.find(name);
  if (found != dynamic_.end()) {
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
  texts_.push_back(std::make_unique<std::string>(help));
  columns_.push_back(std::make_unique<Column>(Column{kept_name, *texts_.back(), type, {}}));
  dynamic_.emplace(kept_name, index);
  return FamilyId(index);
}

void Sink::add(FamilyId family, Value value) { line(begin(family, {}), std::string_view{}, value); }

void Sink::add(FamilyId family, Value value, const LabelBlock& labels) {
  line(begin(family, {}), labels.text(), value);
}

void Sink::add(FamilyId family, Value value, std::span<const Label> labels) { line(begin(family, {}), labels, value); }

void Sink::add_part(FamilyId family, std::string_view suffix, Value value, std::span<const Label> labels) {
  line(begin(family, suffix), labels, value);
}

void Sink::problem(Problem kind, std::string_view where, int error) noexcept {
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

void Sink::clear() noexcept {
  drop_samples();
  problems_ = {};
  note_count_ = 0;
}

void Sink::drop_samples() noexcept {
  for (const auto& column : columns_) {
    column->lines.clear();
  }
}

}  // namespace exporter
