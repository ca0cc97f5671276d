// pg_stat_statements: "app", "shop", "-127075363845004677", "3197", "0.42", ...
//
// Statements of all databases, from the one database connected to that has the extension; see statements_sql.h. Without
// the extension there is nothing to show. Texts of statements come only with include_query.
#include "collectors/postgres/query.h"
#include "collectors/postgres/statements_sql.h"

namespace exporter::postgres::stat_statements {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_statements_calls_total",
     "Times the statement was executed.",
     {"user", "datname", "queryid"}},
    {MetricType::counter,
     "pg_stat_statements_seconds_total",
     "Seconds spent executing the statement.",
     {"user", "datname", "queryid"}},
    {MetricType::counter,
     "pg_stat_statements_rows_total",
     "Rows the statement returned or changed.",
     {"user", "datname", "queryid"}},
    {MetricType::counter,
     "pg_stat_statements_block_read_seconds_total",
     "Seconds the statement spent reading blocks (track_io_timing).",
     {"user", "datname", "queryid"}},
    {MetricType::counter,
     "pg_stat_statements_block_write_seconds_total",
     "Seconds the statement spent writing blocks (track_io_timing).",
     {"user", "datname", "queryid"}},
    {MetricType::counter,
     "pg_stat_statements_query_id",
     "1; the labels carry the beginning of the statement's text.",
     {"queryid", "query"},
     Naming::legacy},
};
constexpr std::size_t kNumbers = 5;
constexpr const MetricDesc& kText = kMetrics[kNumbers];

constexpr OptionDesc kOptions[] = {
    {"collector.stat_statements.include_query", OptionType::flag, "false", "Show the text of the statements, too."},
    {"collector.stat_statements.query_length", OptionType::integer, "120",
     "Characters of a statement's text that are shown."},
    {"collector.stat_statements.limit", OptionType::integer, "100",
     "Statements shown, those that took most time first."},
    {"collector.stat_statements.exclude_databases", OptionType::text, "",
     "Databases whose statements are left out, separated by commas."},
    {"collector.stat_statements.exclude_users", OptionType::text, "",
     "Roles whose statements are left out, separated by commas."},
};

std::int64_t at_least_1(const Options& options, std::string_view name) {
  const auto value = options.integer(name);
  if (value < 1) {
    throw OptionError("--" + std::string(name) + ": expected 1 or more, not " + std::to_string(value));
  }
  return value;
}

class StatStatements final : public Query {
 public:
  explicit StatStatements(const Options& options)
      : numbers_("pg_stat_statements_", std::span(kMetrics).first(kNumbers), nullptr),
        databases_(options.text("collector.stat_statements.exclude_databases")),
        users_(options.text("collector.stat_statements.exclude_users")) {
    const auto length = at_least_1(options, "collector.stat_statements.query_length");
    choice_.limit = at_least_1(options, "collector.stat_statements.limit");
    choice_.text_length = options.flag("collector.stat_statements.include_query") ? length : 0;
    choice_.exclude_databases = databases_;
    choice_.exclude_users = users_;
  }

  void statement(const ServerInfo& server, std::string& sql) const override {
    std::string columns =
        "pg_get_userbyid(s.userid) AS \"user\", d.datname, s.queryid, s.calls AS calls_total,"
        " s.seconds AS seconds_total, s.rows AS rows_total, s.block_read_seconds AS block_read_seconds_total,"
        " s.block_write_seconds AS block_write_seconds_total";
    if (choice_.text_length > 0) {  // once where it is that of several users or databases
      columns += ", CASE WHEN row_number() OVER (PARTITION BY s.queryid) = 1 THEN nullif(s.query, '') END AS query";
    }
    sql = statements_sql(server.version, columns, choice_);
  }

  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override {
    const Outcome outcome = numbers_.read(server, rows, sink);
    const auto queryid = rows.find("queryid");
    const auto query = rows.find("query");
    if (outcome != Outcome::ok || query == Rows::kNone) {
      return outcome;
    }
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      if (!rows.null(row, query)) {
        text_.clear();
        append_unhexed(text_, rows.text(row, query));
        sink.add(kText, 1, {rows.text(row, queryid), text_});
      }
    }
    return Outcome::ok;
  }

 private:
  View numbers_;
  std::string databases_;
  std::string users_;
  StatementChoice choice_;
  std::string text_;
};

std::unique_ptr<Query> make(const Environment& environment) {
  return std::make_unique<StatStatements>(environment.options);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_statements",
    .summary = "statements that took most time, of all databases; needs the extension pg_stat_statements",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::postgres::stat_statements
