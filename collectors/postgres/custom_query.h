// A statement of the user's, and what its rows say: see custom_query_file.h for how it is written down.
//
// Columns become samples <name>_<column> by their usage; those that the file does not list are untyped. Every sample
// carries the query's fixed labels, its columns of usage LABEL and `server`. NULL is NaN as a value and empty as a
// label.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/postgres/custom_query_file.h"
#include "collectors/postgres/query.h"

namespace exporter::postgres {

class CustomQuery final : public Query {
 public:
  // `every_database`: what the file leaves open is asked of every database.
  CustomQuery(std::shared_ptr<const CustomQueryDesc> desc, bool every_database);

  const CustomQueryDesc& desc() const noexcept { return *desc_; }
  // Whether it failed, in whatever database, since forget_failure().
  bool failed() const noexcept { return failed_; }
  void forget_failure() noexcept { failed_ = false; }

  // database: asked of every one; rows then carry `datname`.
  Scope scope() const noexcept override { return every_database_ ? Scope::database : Scope::server; }
  double interval() const noexcept override { return desc_->ttl; }
  bool of_user() const noexcept override { return true; }
  double timeout() const noexcept override { return desc_->timeout; }
  // Empty where the server's version is not one that the query is for.
  void statement(const ServerInfo& server, std::string& sql) const override;
  void predicate(const ServerInfo& server, std::string& sql) const override;
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override;
  // The log tells where the query stands, what is wrong, and how to mend it.
  void fail(std::string_view database, Problem kind, std::string_view why, Sink& sink) override;

 private:
  struct Label {
    std::string name;
    std::size_t column = Rows::kNone;  // none: `fixed` is its text
    std::string fixed = {};
  };
  struct Number {
    std::size_t column = 0;
    const CustomColumn* desc = nullptr;  // null: the file does not list it
    FamilyId family;
    bool bad = false;  // a row of the present result is no number
  };
  struct Histogram {
    std::size_t bounds = 0;
    std::size_t buckets = 0;
    std::size_t sum = 0;
    std::size_t count = 0;
    FamilyId family;
    std::string_view name;
    bool bad = false;  // a row of the present result is none
  };

  bool bound_to(const ServerInfo& server, const Rows& rows, const Sink& sink) const noexcept;
  bool bind(const ServerInfo& server, const Rows& rows, Sink& sink);
  bool bind_labels(const ServerInfo& server, const Rows& rows, Sink& sink);
  void bind_histogram(const CustomColumn& column, const Rows& rows, Sink& sink);
  void bind_numbers(const Rows& rows, Sink& sink);
  const CustomColumn* listed(std::string_view column) const noexcept;
  std::string metric_name(std::string_view column, std::string_view suffix = {}) const;
  void complain(Problem kind, std::string_view what, Sink& sink) const;
  void render_labels(const Rows& rows, std::size_t row);
  // False when the row's text is nothing of the kind.
  bool add_number(const Number& number, const Rows& rows, std::size_t row, Sink& sink);
  bool add_histogram(const Histogram& histogram, const Rows& rows, std::size_t row, Sink& sink);
  void complain_of_rows(const Rows& rows, Sink& sink);

  std::shared_ptr<const CustomQueryDesc> desc_;
  bool every_database_;
  bool failed_ = false;

  // Found by names of the result's columns, for results of the same columns:
  const Sink* sink_ = nullptr;
  std::string server_;
  std::vector<std::pair<std::string, std::uint32_t>> columns_;  // and their types
  std::vector<Label> labels_;                                   // by name
  std::vector<Number> numbers_;
  std::vector<Histogram> histograms_;

  // Scratch of a row.
  LabelBlock block_;
  std::vector<std::string> texts_;  // of labels_
  std::vector<exporter::Label> pairs_;
  std::vector<double> bounds_;
  std::vector<double> buckets_;
};

}  // namespace exporter::postgres
