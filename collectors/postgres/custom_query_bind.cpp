// CustomQuery's second part: which column of a result is what.
#include <algorithm>

#include "collectors/postgres/custom_query.h"

namespace exporter::postgres {
namespace {

// Columns that belong to the histogram of another.
constexpr std::string_view kParts[] = {"_bucket", "_sum", "_count"};

std::string label_name(std::string_view column) {
  std::string name;
  append_sanitized_name(name, column);
  return name;
}

MetricType type_of(Usage usage) noexcept { return usage == Usage::counter ? MetricType::counter : MetricType::gauge; }

}  // namespace

const CustomColumn* CustomQuery::listed(std::string_view column) const noexcept {
  const auto& columns = desc_->columns;
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

std::string CustomQuery::metric_name(std::string_view column, std::string_view suffix) const {
  std::string name = desc_->name + "_";
  std::string part;
  append_sanitized_name(part, column);
  // A leading digit needs no '_' of its own behind the name.
  const bool digit = !column.empty() && column.front() >= '0' && column.front() <= '9';
  return name.append(part, digit ? 1 : 0).append(suffix);
}

bool CustomQuery::bound_to(const ServerInfo& server, const Rows& rows, const Sink& sink) const noexcept {
  if (sink_ != &sink || server_ != server.server || columns_.size() != rows.columns()) {
    return false;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].first != rows.name(i) || columns_[i].second != rows.type(i)) {
      return false;
    }
  }
  return true;
}

bool CustomQuery::bind(const ServerInfo& server, const Rows& rows, Sink& sink) {
  sink_ = &sink;
  server_ = server.server;
  columns_.clear();
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    columns_.emplace_back(rows.name(i), rows.type(i));
  }
  labels_.clear();
  numbers_.clear();
  histograms_.clear();
  if (!bind_labels(server, rows, sink)) {
    sink_ = nullptr;  // looked for again, and said again, at the next scrape
    return false;
  }
  for (const auto& column : desc_->columns) {
    if (column.usage == Usage::histogram) {
      bind_histogram(column, rows, sink);
    }
  }
  bind_numbers(rows, sink);
  texts_.resize(labels_.size());
  return true;
}

bool CustomQuery::bind_labels(const ServerInfo& server, const Rows& rows, Sink& sink) {
  const auto put = [&](Label label) {
    // Other servers' samples are told apart by labels that stand before these.
    if (sink.constant_labels().starts_with(label.name + "=\"")) {
      label.name.insert(0, "exported_");
    }
    if (label.name.starts_with("__")) {
      label.name.insert(0, "label");  // others are Prometheus' own
    }
    std::erase_if(labels_, [&](const Label& other) { return other.name == label.name; });
    labels_.push_back(std::move(label));
  };
  put({.name = "server", .fixed = server.server});
  for (const auto& [name, text] : desc_->labels) {
    put({.name = name, .fixed = text});
  }
  if (every_database_ && listed("datname") == nullptr && !rows.name(0).empty()) {
    put({.name = "datname", .column = 0});
  }
  for (const auto& column : desc_->columns) {
    if (column.usage != Usage::label) {
      continue;
    }
    const auto found = rows.find_last(column.name);
    if (found == Rows::kNone) {
      complain(Problem::missing, "no column '" + column.name + "' for a label; mend the statement or the list", sink);
      return false;
    }
    put({.name = label_name(column.name), .column = found});
  }
  std::sort(labels_.begin(), labels_.end(), [](const Label& a, const Label& b) { return a.name < b.name; });
  return true;
}

void CustomQuery::bind_histogram(const CustomColumn& column, const Rows& rows, Sink& sink) {
  Histogram histogram;
  histogram.name = column.name;
  std::size_t* const places[] = {&histogram.bounds, &histogram.buckets, &histogram.sum, &histogram.count};
  std::string name = column.name;
  for (std::size_t i = 0; i < std::size(places); ++i) {
    if (i > 0) {
      name.resize(column.name.size());
      name.append(kParts[i - 1]);
    }
    *places[i] = rows.find_last(name);
    if (*places[i] == Rows::kNone) {
      complain(Problem::missing, "no column '" + name + "' for a histogram", sink);
      return;
    }
  }
  histogram.family = sink.dynamic(MetricType::histogram, metric_name(column.name), column.help);
  histograms_.push_back(histogram);
}

void CustomQuery::bind_numbers(const Rows& rows, Sink& sink) {
  const auto of_histogram = [&](std::string_view name) {
    return std::any_of(std::begin(kParts), std::end(kParts), [&](std::string_view part) {
      const auto* const owner = name.ends_with(part) ? listed(name.substr(0, name.size() - part.size())) : nullptr;
      return owner != nullptr && owner->usage == Usage::histogram;
    });
  };
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    const auto name = rows.name(i);
    const CustomColumn* const desc = listed(name);
    if (desc == nullptr) {
      const bool own = every_database_ && i == 0 && name == "datname";
      if (!own && !of_histogram(name) && rows.find_last(name) == i) {
        numbers_.push_back({i, nullptr,
                            sink.dynamic(MetricType::untyped, metric_name(name),
                                         "Column " + std::string(name) + " of the user's query " + desc_->name + ".")});
      }
    } else if (desc->usage != Usage::label && desc->usage != Usage::discard && desc->usage != Usage::histogram &&
               rows.find_last(name) == i) {
      const std::string_view suffix = desc->usage == Usage::duration ? "_milliseconds" : "";
      numbers_.push_back({i, desc, sink.dynamic(type_of(desc->usage), metric_name(name, suffix), desc->help)});
    }
  }
  for (const auto& column : desc_->columns) {
    if (column.usage != Usage::label && column.usage != Usage::discard && column.usage != Usage::histogram &&
        rows.find_last(column.name) == Rows::kNone) {
      complain(Problem::missing, "no column '" + column.name + "'; mend the statement or the list", sink);
    }
  }
}

}  // namespace exporter::postgres
