// A statement's result in a file, and one postgres collector over it without a server.
//   rows.tsv        names of the columns, then the rows; tab separated, \N is NULL
//   rows_2.tsv ...  those of its companions
//   flags           options that differ from the default, as in fixture.h
//   expected.prom   the page that the collector must make of all
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/postgres/query.h"
#include "platform/host.h"

namespace tests {

class TextRows final : public platform::Rows {
 public:
  explicit TextRows(std::string_view tsv);
  std::size_t rows() const noexcept override { return cells_.empty() ? 0 : cells_.size() - 1; }
  std::size_t columns() const noexcept override { return cells_.empty() ? 0 : cells_[0].size(); }
  std::string_view name(std::size_t column) const noexcept override { return cells_[0][column]; }
  std::string_view text(std::size_t row, std::size_t column) const noexcept override;
  bool null(std::size_t row, std::size_t column) const noexcept override;

 private:
  // Cells that a short line lacks are NULL.
  std::vector<std::vector<std::string>> cells_;
};

// One server of each major release.
inline constexpr int kVersions[] = {90224,  90426,  90624,  100023, 110022, 120022,
                                    130023, 140022, 150020, 160013, 170009, 180003};

class QueryRun {
 public:
  explicit QueryRun(const exporter::CollectorSpec& spec,
                    const std::vector<std::pair<std::string, std::string>>& settings = {});
  // Those of the collector and its companions, in order, without one that asks nothing of any version.
  std::size_t statements() const { return asking_.size(); }
  exporter::postgres::Query& query(std::size_t index = 0) const;
  void clear() { sink_.clear(); }
  // Forgets what was read before.
  exporter::Outcome read(const platform::Rows& rows, std::size_t index = 0);
  exporter::Outcome read(std::string_view tsv, std::size_t index = 0) { return read(TextRows(tsv), index); }
  // Adds to what was read before.
  exporter::Outcome add(const platform::Rows& rows, std::size_t index);
  // The statement for a server of this version.
  std::string statement(int version, std::size_t index = 0) const;
  exporter::postgres::ServerInfo& server() { return server_; }
  std::string page() const;
  exporter::Sink& sink() { return sink_; }
  std::uint32_t problems(exporter::Problem kind) const { return sink_.problems()[static_cast<std::size_t>(kind)]; }

 private:
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  exporter::postgres::ServerInfo server_{.version = 150020, .server = "127.0.0.1:5432"};
  std::unique_ptr<exporter::postgres::Query> query_;
  std::vector<exporter::postgres::Query*> asking_;
  exporter::Sink sink_;
};

}  // namespace tests
