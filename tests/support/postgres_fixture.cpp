#include "tests/support/postgres_fixture.h"

#include "collectors/postgres/source.h"
#include "exporter/registry.h"
#include "platform/text.h"
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
}

exporter::postgres::Query& QueryRun::query(std::size_t index) const {
  return index == 0 ? *query_ : *query_->companions()[index - 1];
}

exporter::Outcome QueryRun::read(const platform::Rows& rows, std::size_t index) {
  sink_.clear();
  return add(rows, index);
}

exporter::Outcome QueryRun::add(const platform::Rows& rows, std::size_t index) {
  return query(index).read(server_, rows, sink_);
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
  registry.render(sinks, page);
  return page;
}

}  // namespace tests
