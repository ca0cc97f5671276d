// pg_stat_statements: "app", "shop", "-127075363845004677", "3197", "0.42", ...
//
// Statements of all databases, from the one database connected to that has the extension; see statements_sql.h. Without
// the extension there is nothing to show. Texts of statements come only with include_query.
#include <algorithm>
#include <array>

#include "collectors/postgres/query.h"
#include "collectors/postgres/statements_sql.h"
#include "collectors/postgres/top_rows.h"
#include "platform/some_rows.h"

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
constexpr std::string_view kPrefix = "pg_stat_statements_";
constexpr std::array<std::string_view, 3> kKeys{"user", "datname", "queryid"};
constexpr std::size_t kNumbers = 5;
constexpr const MetricDesc& kText = kMetrics[kNumbers];

constexpr OptionDesc kOptions[] = {
    {"collector.stat_statements.include_query", OptionType::flag, "false", "Show the text of the statements, too."},
    {"collector.stat_statements.query_length", OptionType::integer, "120",
     "Characters of a statement's text that are shown."},
    {"collector.stat_statements.limit", OptionType::integer, "100",
     "Statements shown, those that took most time; one that is shown stays while it is among twice as many."},
    {"collector.stat_statements.other", OptionType::flag, "false",
     "Add what the statements that are not shown grow by up as queryid=\"other\", so that sums of rates are right. "
     "Those "
     "of databases that are not shown count, too."},
    {"collector.stat_statements.exclude_databases", OptionType::text, "",
     "Databases whose statements are left out, separated by commas."},
    {"collector.stat_statements.exclude_users", OptionType::text, "",
     "Roles whose statements are left out, separated by commas."},
};

constexpr std::int64_t kMost = 100'000;

std::int64_t at_least_1(const Options& options, std::string_view name) {
  const auto value = options.integer(name);
  if (value < 1 || value > kMost) {
    throw OptionError("--" + std::string(name) + ": expected 1 to " + std::to_string(kMost) + ", not " +
                      std::to_string(value));
  }
  return value;
}

class StatStatements final : public Query {
 public:
  explicit StatStatements(const Options& options)
      : limit_(at_least_1(options, "collector.stat_statements.limit")),
        top_(static_cast<std::size_t>(limit_), kKeys, "seconds_total", "least"),
        numbers_(kPrefix, std::span(kMetrics).first(kNumbers), nullptr),
        databases_(options.text("collector.stat_statements.exclude_databases")),
        users_(options.text("collector.stat_statements.exclude_users")) {
    const auto length = at_least_1(options, "collector.stat_statements.query_length");
    choice_.limit = limit_ * static_cast<std::int64_t>(TopRows::kWider);
    choice_.total = options.flag("collector.stat_statements.other");
    choice_.text_length = options.flag("collector.stat_statements.include_query") ? length : 0;
    choice_.exclude_databases = databases_;
    choice_.exclude_users = users_;
  }

  void statement(const ServerInfo& server, std::string& sql) const override {
    sql = statements_sql(server.version,
                         "pg_get_userbyid(s.userid) AS \"user\", d.datname, s.queryid, s.calls AS calls_total,"
                         " s.seconds AS seconds_total, s.rows AS rows_total,"
                         " s.block_read_seconds AS block_read_seconds_total,"
                         " s.block_write_seconds AS block_write_seconds_total, s.least" +
                             std::string(choice_.text_length > 0 ? ", nullif(s.query, '') AS query" : ""),
                         choice_);
  }

  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override {
    const std::size_t total = choice_.total ? row_of_total(rows) : Rows::kNone;
    const platform::SomeRows shown(rows, top_.choose(rows, total));
    const Outcome outcome = numbers_.read(server, shown, sink);
    if (outcome != Outcome::ok) {
      return outcome;
    }
    if (total != Rows::kNone) {
      add_others(rows, total, sink);
    }
    add_texts(shown, sink);
    return Outcome::ok;
  }

 private:
  static std::size_t row_of_total(const Rows& rows) {
    const auto database = rows.find("datname");
    for (std::size_t row = 0; database != Rows::kNone && row < rows.rows(); ++row) {
      if (rows.null(row, database)) {
        return row;
      }
    }
    return Rows::kNone;
  }

  void add_others(const Rows& rows, std::size_t total, Sink& sink) {
    std::array<std::size_t, kNumbers> columns;
    for (std::size_t i = 0; i < kNumbers; ++i) {
      columns[i] = rows.find(kMetrics[i].name.substr(kPrefix.size()));
    }
    const auto rest = top_.add_rest(rows, total, columns);
    for (std::size_t i = 0; i < kNumbers; ++i) {
      sink.add(kMetrics[i], rest[i], {"", "", "other"});
    }
  }

  // Once for each queryid: it may be that of several users or databases.
  void add_texts(const Rows& shown, Sink& sink) {
    const auto queryid = shown.find("queryid");
    const auto query = shown.find("query");
    if (queryid == Rows::kNone || query == Rows::kNone) {
      return;
    }
    said_.clear();
    for (std::size_t row = 0; row < shown.rows(); ++row) {
      const std::string_view id = shown.text(row, queryid);
      if (!shown.null(row, query) && std::find(said_.begin(), said_.end(), id) == said_.end()) {
        said_.push_back(id);
        text_.clear();
        append_unhexed(text_, shown.text(row, query));
        sink.add(kText, 1, {id, text_});
      }
    }
  }

  const std::int64_t limit_;
  TopRows top_;
  View numbers_;
  std::string databases_;
  std::string users_;
  StatementChoice choice_;
  std::string text_;
  std::vector<std::string_view> said_;  // scratch
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
