#include "collectors/postgres/custom_query.h"

#include <algorithm>
#include <array>
#include <limits>

#include "collectors/postgres/custom_value.h"

namespace exporter::postgres {
namespace {

std::string_view remedy_of(Problem kind, std::string_view why) noexcept {
  if (kind == Problem::denied) {
    return "grant the exporter's role SELECT on it";
  }
  if (kind == Problem::deadline) {
    return "give the query a ttl, or a longer timeout";
  }
  if (why.find("does not exist") != std::string_view::npos) {
    return "mend the statement, or give it versions, scope or a predicate";
  }
  return "try the statement in psql";
}

}  // namespace

CustomQuery::CustomQuery(std::shared_ptr<const CustomQueryDesc> desc, bool every_database)
    : desc_(std::move(desc)),
      every_database_(desc_->databases == CustomQueryDesc::Databases::each ||
                      (desc_->databases == CustomQueryDesc::Databases::follow && every_database)) {}

void CustomQuery::statement(const ServerInfo& server, std::string& sql) const {
  sql.clear();
  if (!desc_->versions.admits(server.version)) {
    return;
  }
  if (!every_database_ || listed("datname") != nullptr) {
    sql = desc_->sql;
    return;
  }
  // The newline ends a comment in the statement's last line.
  sql.append("SELECT pg_catalog.current_database() AS datname, q.* FROM (").append(desc_->sql).append("\n) AS q");
}

void CustomQuery::predicate(const ServerInfo& server, std::string& sql) const {
  sql.clear();
  if (!desc_->versions.admits(server.version)) {
    return;
  }
  const std::string_view role = desc_->server == CustomQueryDesc::Server::primary   ? "NOT pg_is_in_recovery()"
                                : desc_->server == CustomQueryDesc::Server::standby ? "pg_is_in_recovery()"
                                                                                    : "";
  if (desc_->predicate.empty()) {
    if (!role.empty()) {
      sql.append("SELECT ").append(role);
    }
    return;
  }
  sql = desc_->predicate;
  if (!role.empty()) {
    // CASE, since AND may look at its right side first.
    sql = "SELECT CASE WHEN " + std::string(role) + " THEN (" + desc_->predicate + "\n) ELSE false END";
  }
}

void CustomQuery::fail(std::string_view database, Problem kind, std::string_view why, Sink& sink) {
  failed_ = true;
  std::string what(database);
  what.append(database.empty() ? "" : ": ").append(why).append("; ").append(remedy_of(kind, why));
  complain(kind, what, sink);
}

void CustomQuery::complain(Problem kind, std::string_view what, Sink& sink) const {
  sink.remark(kind, desc_->place + ": " + desc_->name + ": " + std::string(what));
}

void CustomQuery::render_labels(const Rows& rows, std::size_t row) {
  block_.clear();
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    const Label& label = labels_[i];
    std::string& text = texts_[i];
    text.clear();
    if (label.column == Rows::kNone) {
      text.append(label.fixed);
    } else if (!rows.null(row, label.column)) {
      append_custom_label(text, rows.text(row, label.column), rows.type(label.column));
    }
    block_.append(label.name, text);
  }
}

bool CustomQuery::add_number(const Number& number, const Rows& rows, std::size_t row, Sink& sink) {
  if (rows.null(row, number.column)) {
    sink.add(number.family, std::numeric_limits<double>::quiet_NaN(), block_);
    return true;
  }
  const auto text = rows.text(row, number.column);
  if (number.desc != nullptr && !number.desc->mapping.empty()) {
    for (const auto& [word, value] : number.desc->mapping) {
      if (word == text) {
        sink.add(number.family, value, block_);
        return true;
      }
    }
  }
  if (const auto value = custom_number(text, rows.type(number.column))) {
    sink.add(number.family, *value, block_);
    return true;
  }
  return false;
}

bool CustomQuery::add_histogram(const Histogram& histogram, const Rows& rows, std::size_t row, Sink& sink) {
  const auto number = [&](std::size_t column) { return custom_number(rows.text(row, column), rows.type(column)); };
  const auto total = number(histogram.count);
  const bool sound =
      custom_numbers(rows.text(row, histogram.bounds), bounds_) &&
      custom_numbers(rows.text(row, histogram.buckets), buckets_) && bounds_.size() == buckets_.size() && total &&
      std::is_sorted(buckets_.begin(), buckets_.end()) &&
      std::adjacent_find(bounds_.begin(), bounds_.end(), [](double a, double b) { return !(a < b); }) == bounds_.end();
  if (!sound) {
    return false;
  }
  pairs_.clear();
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    pairs_.push_back({labels_[i].name, texts_[i]});
  }
  pairs_.push_back({"le", {}});
  std::array<char, Value::kMaxText> bound;
  for (std::size_t i = 0; i < bounds_.size() && bounds_[i] < std::numeric_limits<double>::infinity(); ++i) {
    const auto* const end = Value(bounds_[i]).write(bound.data());
    pairs_.back().value = {bound.data(), static_cast<std::size_t>(end - bound.data())};
    sink.add_part(histogram.family, "_bucket", buckets_[i], pairs_);
  }
  pairs_.back().value = "+Inf";
  sink.add_part(histogram.family, "_bucket", *total, pairs_);
  pairs_.pop_back();
  const auto sum = number(histogram.sum);
  sink.add_part(histogram.family, "_sum", sum.value_or(std::numeric_limits<double>::quiet_NaN()), pairs_);
  sink.add_part(histogram.family, "_count", *total, pairs_);
  return true;
}

Outcome CustomQuery::read(const ServerInfo& server, const Rows& rows, Sink& sink) {
  if (rows.columns() == 0) {
    complain(Problem::missing, "the statement returns no columns; it must be a SELECT", sink);
    failed_ = true;
    return Outcome::failed;
  }
  if (!bound_to(server, rows, sink) && !bind(server, rows, sink)) {
    failed_ = true;
    return Outcome::failed;
  }
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    render_labels(rows, row);
    for (auto& number : numbers_) {
      number.bad = !add_number(number, rows, row, sink) || number.bad;
    }
    for (auto& histogram : histograms_) {
      histogram.bad = !add_histogram(histogram, rows, row, sink) || histogram.bad;
    }
  }
  complain_of_rows(rows, sink);
  return Outcome::ok;
}

// Once a column, not once a row.
void CustomQuery::complain_of_rows(const Rows& rows, Sink& sink) {
  for (auto& number : numbers_) {
    if (number.bad) {
      complain(Problem::parse,
               "column '" + std::string(rows.name(number.column)) + "' is no number; list it as LABEL or DISCARD",
               sink);
    }
    number.bad = false;
  }
  for (auto& histogram : histograms_) {
    if (histogram.bad) {
      complain(Problem::parse,
               "column '" + std::string(histogram.name) + "': bounds must grow and counts add up, one for each", sink);
    }
    histogram.bad = false;
  }
}

}  // namespace exporter::postgres
