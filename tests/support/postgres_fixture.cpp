#include "tests/support/postgres_fixture.h"

#include <algorithm>

#include "collectors/postgres/source.h"
#include "exporter/registry.h"
#include "platform/text.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {

TextRows::TextRows(std::string_view tsv) {
  while (!tsv.empty()) {
    std::string_view line = platform::take(tsv, '\n');
    auto& cells = cells_.emplace_back();
    while (!line.empty()) {
      cells.emplace_back(platform::take(line, '\t'));
    }
  }
}

std::string_view TextRows::text(std::size_t row, std::size_t column) const noexcept {
  return null(row, column) ? std::string_view{} : std::string_view(cells_[row + 1][column]);
}

bool TextRows::null(std::size_t row, std::size_t column) const noexcept {
  const auto& cells = cells_[row + 1];
  return column >= cells.size() || cells[column] == "\\N";
}

QueryRun::QueryRun(const exporter::CollectorSpec& spec,
                   const std::vector<std::pair<std::string, std::string>>& settings)
    : sink_(spec.metrics) {
  options_.declare(exporter::postgres::kSourceOptions);
  options_.declare(spec.options);
  set_flags(std::filesystem::path(FIXTURES) / "postgres" / std::string(spec.name), options_);
  for (const auto& [name, value] : settings) {
    options_.set(name, value);
  }
  const exporter::Environment environment{host_, options_, shared_};
  query_ = std::get<exporter::MakeQuery>(spec.make)(environment);
  asking_ = {query_.get()};
  for (const auto& companion : query_->companions()) {
    asking_.push_back(companion.get());
  }
  std::erase_if(asking_, [&](const exporter::postgres::Query* query) {
    return std::all_of(std::begin(kVersions), std::end(kVersions), [&](int version) {
      exporter::postgres::ServerInfo server = server_;
      server.version = version;
      std::string sql;
      query->statement(server, sql);
      return sql.empty();
    });
  });
}

exporter::postgres::Query& QueryRun::query(std::size_t index) const { return *asking_.at(index); }

exporter::Outcome QueryRun::read(const platform::Rows& rows, std::size_t index) {
  sink_.clear();
  return add(rows, index);
}

exporter::Outcome QueryRun::add(const platform::Rows& rows, std::size_t index) {
  return query(index).take(server_, rows, sink_);
}

std::string QueryRun::statement(int version, std::size_t index) const {
  exporter::postgres::ServerInfo server = server_;
  server.version = version;
  std::string sql;
  query(index).statement(server, sql);
  return sql;
}

std::string QueryRun::page() const {
  exporter::Registry registry;
  std::string page;
  const exporter::Sink* sinks[] = {&sink_};
  tests::append_page(registry, sinks, page);
  return page;
}

}  // namespace tests
