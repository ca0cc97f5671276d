// The user's own statements, from the file of --extend.query-path: see custom_query_file.h.
//
//   pg_exporter_user_queries_load_error{filename="/etc/queries.yml",hashsum="ba78..."} 0
//
// A file that is wrong never keeps the exporter from starting: the mistake is in the log and in this metric.
#include "collectors/postgres/custom_queries.h"
#include "collectors/postgres/custom_query.h"

namespace exporter::postgres::user_queries {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_exporter_user_queries_load_error",
     "1 when the file of users' queries could not be read or has a mistake in it, else 0.",
     {"filename", "hashsum"}},
    {MetricType::gauge,
     "resource_exporter_postgres_query_success",
     "0 when the user's query failed in one of the databases that were asked, else 1.",
     {"query"}},
};
constexpr const MetricDesc& kLoadError = kMetrics[0];
constexpr const MetricDesc& kSuccess = kMetrics[1];

constexpr OptionDesc kOptions[] = {
    {.name = "extend.query-path",
     .type = OptionType::text,
     .default_value = "",
     .help = "YAML file of statements whose results become metrics.",
     .environment = "PG_EXPORTER_EXTEND_QUERY_PATH"},
};

// Asks nothing itself: each query of the file is a companion.
class UserQueries final : public Query {
 public:
  UserQueries(CustomQueries& file, bool every_database) : file_(file), every_database_(every_database) { renew(); }

  std::span<const std::unique_ptr<Query>> companions() const noexcept override { return companions_; }

  bool outdated() override {
    file_.look();
    return file_.state()->queries != state_->queries;
  }
  void renew() override {
    state_ = file_.state();
    companions_.clear();
    queries_.clear();
    for (const auto& desc : state_->queries) {
      auto query = std::make_unique<CustomQuery>(desc, every_database_);
      queries_.push_back(query.get());
      companions_.push_back(std::move(query));
    }
  }

  Outcome begin(Sink& sink) override {
    if (const auto now = file_.state(); now->queries == state_->queries) {
      state_ = now;  // a file that was found wrong
    }
    if (state_->file.empty()) {
      return Outcome::no_data;
    }
    for (const auto& complaint : state_->complaints) {
      sink.remark(complaint);
    }
    sink.add(kLoadError, state_->error ? 1 : 0, {state_->file, state_->hash});
    for (auto* query : queries_) {
      query->forget_failure();
    }
    return Outcome::ok;
  }
  void finish(Sink& sink) override {
    for (const auto* query : queries_) {
      sink.add(kSuccess, query->failed() ? 0 : 1, {query->desc().name});
    }
  }

  void statement(const ServerInfo& /*server*/, std::string& sql) const override { sql.clear(); }
  Outcome read(const ServerInfo& /*server*/, const Rows& /*rows*/, Sink& /*sink*/) override { return Outcome::no_data; }

 private:
  CustomQueries& file_;
  const bool every_database_;
  std::shared_ptr<const CustomQueries::State> state_;
  std::vector<std::unique_ptr<Query>> companions_;
  std::vector<CustomQuery*> queries_;  // the same
};

std::unique_ptr<Query> make(const Environment& environment) {
  const Options& options = environment.options;
  // In postgres_exporter one asks for all databases; there the same option is off unless it is given.
  const bool every_database = options.given("auto-discover-databases") && options.flag("auto-discover-databases");
  auto& file =
      environment.shared.get<CustomQueries>(options.text("extend.query-path"), &environment.shared.get<Reloads>());
  return std::make_unique<UserQueries>(file, every_database);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "user_queries",
    .summary = "the statements of a file; on with --extend.query-path",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "extend.query-path",
};

}  // namespace exporter::postgres::user_queries
