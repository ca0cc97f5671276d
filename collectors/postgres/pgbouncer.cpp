// The admin console of PgBouncer: SHOW POOLS and its like (PgBouncer documentation, "Admin console"). It says
//   database|user|cl_active|cl_waiting|...|maxwait|maxwait_us|pool_mode
//   app|web|12|0|...|0|0|transaction
// Columns come and go with releases: those that are not there are left out, others are not looked at.
#include <algorithm>
#include <numeric>
#include <tuple>

#include "collectors/postgres/pgbouncer_metrics.h"
#include "collectors/postgres/query.h"
#include "platform/text.h"

namespace exporter::postgres::pgbouncer {
namespace {

class Show : public Query {
 public:
  explicit Show(std::string_view sql) : sql_(sql) {}
  Service service() const noexcept override { return Service::pgbouncer; }
  void statement(const ServerInfo& /*server*/, std::string& sql) const override { sql = sql_; }

 private:
  const std::string_view sql_;
};

void add(const MetricDesc& metric, std::string_view text, bool microseconds, const LabelBlock& labels, Sink& sink) {
  constexpr double kMicrosecond = 1e-6;
  const auto value = parse_value(text);
  if (!value) {
    sink.problem(Problem::parse, metric.name);
  } else if (microseconds) {
    sink.add(metric, *platform::lenient_number(text) * kMicrosecond, labels);
  } else {
    sink.add(metric, *value, labels);
  }
}

// Each row is an entity, each metric one of its columns, and so is each label.
class Table final : public Show {
 public:
  Table(std::string_view sql, std::size_t first, std::size_t count)
      : Show(sql),
        metrics_(std::span(kMetrics).subspan(first, count)),
        places_(std::span(kPlaces).subspan(first, count)) {}

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    columns_.clear();
    for (const auto& place : places_) {
      const auto column = rows.find(place.name);
      columns_.push_back(column == Rows::kNone && !place.newer.empty() ? rows.find(place.newer) : column);
    }
    const auto& names = metrics_.front().labels;
    label_columns_.clear();
    for (std::size_t i = 0; i < names.size(); ++i) {
      label_columns_.push_back(rows.find(names[i]));
    }
    // The first tells entities apart; without the others fewer words are said of them.
    if (label_columns_.front() == Rows::kNone) {
      sink.problem(Problem::missing, names[0]);
      return Outcome::failed;
    }
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      labels_.clear();
      for (std::size_t i = 0; i < names.size(); ++i) {
        labels_.append(names[i],
                       label_columns_[i] == Rows::kNone ? std::string_view{} : rows.text(row, label_columns_[i]));
      }
      for (std::size_t m = 0; m < metrics_.size(); ++m) {
        if (columns_[m] != Rows::kNone && !rows.null(row, columns_[m])) {
          add(metrics_[m], rows.text(row, columns_[m]), places_[m].name.ends_with("_time"), labels_, sink);
        }
      }
    }
    return Outcome::ok;
  }

 private:
  const std::span<const MetricDesc> metrics_;
  const std::span<const Place> places_;
  std::vector<std::size_t> columns_;        // by metric
  std::vector<std::size_t> label_columns_;  // by label
  LabelBlock labels_;
};

// Each row is a name and its value.
class Pairs final : public Show {
 public:
  Pairs(std::string_view sql, std::string_view name, std::string_view value, std::size_t first, std::size_t count)
      : Show(sql), name_(name), value_(value), first_(first), count_(count) {}

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    const auto name = rows.find(name_);
    const auto value = rows.find(value_);
    if (name == Rows::kNone || value == Rows::kNone) {
      sink.problem(Problem::missing, name == Rows::kNone ? name_ : value_);
      return Outcome::failed;
    }
    const auto places = std::span(kPlaces).subspan(first_, count_);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto found = std::find_if(places.begin(), places.end(),
                                      [&](const Place& place) { return place.name == rows.text(row, name); });
      if (found != places.end() && !rows.null(row, value)) {
        add(kMetrics[first_ + static_cast<std::size_t>(found - places.begin())], rows.text(row, value), false, none_,
            sink);
      }
    }
    return Outcome::ok;
  }

 private:
  const std::string_view name_;
  const std::string_view value_;
  const std::size_t first_;
  const std::size_t count_;
  const LabelBlock none_;
};

// A row for each client; those of a kind are counted.
class Clients final : public Show {
 public:
  Clients() : Show("SHOW CLIENTS") {}

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    columns_.clear();
    for (std::size_t i = 0; i < kClients.labels.size(); ++i) {
      const auto name = kClients.labels[i];
      columns_.push_back(rows.find(name));
      if (columns_.back() == Rows::kNone && name != "application_name") {  // since 1.18
        sink.problem(Problem::missing, name);
        return Outcome::failed;
      }
    }
    const auto label = [&](std::size_t row, std::size_t i) {
      return columns_[i] == Rows::kNone ? std::string_view{} : rows.text(row, columns_[i]);
    };
    const auto key = [&](std::size_t row) {
      return std::tuple(label(row, 0), label(row, 1), label(row, 2), label(row, 3));
    };
    order_.resize(rows.rows());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    for (auto from = order_.begin(); from != order_.end();) {
      const auto to = std::find_if(from, order_.end(), [&](std::size_t row) { return key(row) != key(*from); });
      sink.add(kClients, to - from, {label(*from, 0), label(*from, 1), label(*from, 2), label(*from, 3)});
      from = to;
    }
    return Outcome::ok;
  }

 private:
  std::vector<std::size_t> columns_;
  std::vector<std::size_t> order_;  // rows by what they are
};

// What others are companions of.
class Version final : public Show {
 public:
  Version() : Show("SHOW VERSION") {
    std::size_t first = 0;
    const auto table = [&](std::string_view sql, std::size_t count) {
      companions_.push_back(std::make_unique<Table>(sql, first, count));
      first += count;
    };
    const auto pairs = [&](std::string_view sql, std::string_view name, std::string_view value, std::size_t count) {
      companions_.push_back(std::make_unique<Pairs>(sql, name, value, first, count));
      first += count;
    };
    table("SHOW DATABASES", kDatabases);
    table("SHOW STATS_TOTALS", kTotals);
    table("SHOW POOLS", kPools);
    pairs("SHOW LISTS", "list", "items", kLists);
    pairs("SHOW CONFIG", "key", "value", kConfig);
    companions_.push_back(std::make_unique<Clients>());
  }
  std::span<const std::unique_ptr<Query>> companions() const noexcept override { return companions_; }

  Outcome read(const ServerInfo& /*server*/, const Rows& rows, Sink& sink) override {
    const auto column = rows.find("version");
    if (column == Rows::kNone) {
      sink.problem(Problem::missing, "version");
      return Outcome::failed;
    }
    if (rows.rows() > 0) {
      sink.add(kVersion, 1, {rows.text(0, column)});
    }
    return Outcome::ok;
  }

 private:
  std::vector<std::unique_ptr<Query>> companions_;
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<Version>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "pgbouncer",
    .summary = "the admin console of PgBouncer, where a server is one",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::pgbouncer
