// A collector of the postgres room: one statement and how its rows become samples.
//
// The target (target.h) owns the connection, sends the statements of all collectors together and hands each its rows.
// Statements run read-only with search_path = pg_catalog, several in one transaction, each bounded by statement_timeout
// and lock_timeout. They must not depend on results of others.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "platform/rows.h"

namespace exporter::postgres {

using platform::Rows;

// What is known of the server once connected.
struct ServerInfo {
  int version = 0;     // server_version_num: 150004 for 15.4
  std::string server;  // "host:port", the value of the `server` label
};

// Used by one thread at a time.
class Query {
 public:
  Query() = default;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  virtual ~Query() = default;

  // Puts the statement for this server into `sql`; called once per connection. Left empty: nothing to ask this version,
  // the collector shows no_data.
  virtual void statement(const ServerInfo& server, std::string& sql) const = 0;
  // Rows come in PostgreSQL's text format. Allocates nothing when warm.
  virtual Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) = 0;
};

// A number of the text format exactly: an integer stays one. Nothing for NULL text or what is no number.
std::optional<Value> parse_value(std::string_view text) noexcept;

// The usual case: each row is one entity, each metric one of its columns.
//
// A metric's column is called as the metric without `prefix`; its labels are the columns called as the labels, except
// `server`, which comes from ServerInfo; NULL labels are empty. Where a metric is called as one of its labels, the last
// column of that name is the value. A NULL value is left out (coalesce() in the statement
// where the field expects 0), and so is a metric whose column the statement does not have on this version.
class View final : public Query {
 public:
  // Returns the statement for a server_version_num; empty for none.
  using Statement = std::string_view (*)(int version);
  // `metrics` must outlive this.
  View(std::string_view prefix, std::span<const MetricDesc> metrics, Statement choose);

  void statement(const ServerInfo& server, std::string& sql) const override { sql = statement_(server.version); }
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override;

 private:
  static constexpr std::size_t kServer = Rows::kNone - 1;  // in label_columns_: the label comes from ServerInfo
  // Finds the columns by name; false when a label has none.
  bool bind(const Rows& rows, Sink& sink);
  void render_labels(const MetricDesc& metric, std::span<const std::size_t> columns, const ServerInfo& server,
                     const Rows& rows, std::size_t row);

  std::string_view prefix_;
  std::span<const MetricDesc> metrics_;
  Statement statement_;
  std::vector<std::size_t> value_columns_;  // one per metric
  std::vector<std::size_t> label_columns_;  // of all metrics, one after the other
  LabelBlock labels_;
};

}  // namespace exporter::postgres
