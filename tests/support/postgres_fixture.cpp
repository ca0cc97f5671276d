#include "tests/support/postgres_fixture.h"

#include "exporter/registry.h"
#include "platform/text.h"

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

QueryRun::QueryRun(const exporter::CollectorSpec& spec) : sink_(spec.metrics) {
  options_.declare(spec.options);
  const exporter::Environment environment{host_, options_, shared_};
  query_ = std::get<exporter::MakeQuery>(spec.make)(environment);
}

exporter::Outcome QueryRun::read(const platform::Rows& rows) {
  sink_.clear();
  return query_->read(server_, rows, sink_);
}

std::string QueryRun::statement(int version) const {
  std::string sql;
  query_->statement({version, server_.server}, sql);
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
