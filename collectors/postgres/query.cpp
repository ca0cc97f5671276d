#include "collectors/postgres/query.h"

#include <algorithm>

#include "platform/some_rows.h"
#include "platform/text.h"

namespace exporter::postgres {

std::optional<Value> parse_value(std::string_view text) noexcept {
  if (const auto whole = platform::number<std::int64_t>(text)) {
    return Value(*whole);
  }
  if (const auto real = platform::lenient_number(text)) {
    return Value(*real);
  }
  return std::nullopt;
}

Outcome Query::take(const ServerInfo& server, const Rows& rows, Sink& sink) {
  const std::size_t database = rows.find("datname");
  if (server.databases == nullptr || server.databases->allows_all() || database == Rows::kNone || of_user()) {
    return read(server, rows, sink);
  }
  allowed_.clear();
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (server.databases->allows(rows.text(row, database))) {
      allowed_.push_back(row);
    }
  }
  return read(server, platform::SomeRows(rows, allowed_), sink);
}

void Query::fail(std::string_view database, Problem kind, std::string_view why, Sink& sink) {
  if (database.empty()) {
    sink.problem(kind, why);
  } else {
    sink.problem(kind, std::string(database).append(": ").append(why));
  }
}

View::View(std::string_view prefix, std::span<const MetricDesc> metrics, Statement choose, Scope scope, double interval)
    : prefix_(prefix), metrics_(metrics), statement_(choose), scope_(scope), interval_(interval) {
  std::size_t labels = 0;
  for (const auto& metric : metrics) {
    labels += metric.labels.size();
  }
  value_columns_.reserve(metrics.size());
  label_columns_.reserve(labels);
}

View::View(std::string_view prefix, std::span<const MetricDesc> metrics, MakeStatement make, Scope scope,
           double interval)
    : View(prefix, metrics, Statement{nullptr}, scope, interval) {
  make_ = std::move(make);
}

bool View::bind(const Rows& rows, Sink& sink) {
  value_columns_.clear();
  label_columns_.clear();
  bool any = false;
  for (const auto& metric : metrics_) {
    auto name = metric.name;
    name.remove_prefix(std::min(prefix_.size(), name.size()));
    value_columns_.push_back(rows.find_last(name));
    any = any || value_columns_.back() != Rows::kNone;
    for (std::size_t i = 0; i < metric.labels.size(); ++i) {
      const auto label = metric.labels[i];
      label_columns_.push_back(label == "server" ? kServer : rows.find(label));
      if (label_columns_.back() == Rows::kNone) {
        sink.problem(Problem::missing, label);
        return false;
      }
    }
  }
  if (!any) {
    sink.problem(Problem::missing, prefix_);
  }
  return any;
}

void View::render_labels(const MetricDesc& metric, std::span<const std::size_t> columns, const ServerInfo& server,
                         const Rows& rows, std::size_t row) {
  labels_.clear();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    labels_.append(metric.labels[i],
                   columns[i] == kServer ? std::string_view(server.server) : rows.text(row, columns[i]));
  }
}

Outcome View::read(const ServerInfo& server, const Rows& rows, Sink& sink) {
  if (!bind(rows, sink)) {
    return Outcome::failed;
  }
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    std::span<const std::size_t> columns(label_columns_);
    std::span<const std::size_t> rendered;
    for (std::size_t m = 0; m < metrics_.size(); ++m) {
      const auto& metric = metrics_[m];
      const auto own = columns.first(metric.labels.size());
      columns = columns.subspan(metric.labels.size());
      if (m == 0 || !std::equal(own.begin(), own.end(), rendered.begin(), rendered.end())) {
        render_labels(metric, own, server, rows, row);
        rendered = own;
      }
      const auto column = value_columns_[m];
      if (column == Rows::kNone || rows.null(row, column)) {
        continue;
      }
      if (const auto value = parse_value(rows.text(row, column))) {
        sink.add(metric, *value, labels_);
      } else {
        sink.problem(Problem::parse, metric.name);
      }
    }
  }
  return Outcome::ok;
}

}  // namespace exporter::postgres
