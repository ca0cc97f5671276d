// Feeds the user's queries file with any text, and what it makes of a result with any rows. An input is the file, a
// zero byte, and the rows as tests/support/typed_rows.h has them. The page must keep every rule whatever both are, and
// the second reading of the rows must make the same page.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "collectors/postgres/custom_query.h"
#include "exporter/registry.h"
#include "tests/support/exposition.h"
#include "tests/support/typed_rows.h"

namespace {

[[noreturn]] void complain(const std::string& what, const std::string& page) {
  std::fprintf(stderr, "%s\n%s\n", what.c_str(), page.c_str());
  std::abort();
}

std::string page_of(const exporter::Sink& sink) {
  exporter::Registry registry;
  std::string page;
  const exporter::Sink* sinks[] = {&sink};
  tests::append_page(registry, sinks, page);
  const auto parsed = tests::parse_exposition(page);
  if (!parsed.errors.empty()) {
    complain(parsed.errors.front(), page);
  }
  return page;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using exporter::postgres::CustomQuery;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\0'), input.size());
  auto file = exporter::postgres::parse_custom_queries("f", input.substr(0, end));
  for (const auto* lines : {&file.errors, &file.warnings}) {
    for (const auto& line : *lines) {
      if (!line.starts_with("f:") || line.find('\n') != std::string::npos) {
        complain("not one line that says where: " + line, {});
      }
    }
  }
  const tests::TypedRows rows(input.substr(std::min(end + 1, input.size())));
  const exporter::postgres::ServerInfo server{.version = 150004, .server = "db:5432"};
  for (auto& desc : file.queries) {
    CustomQuery query(std::make_shared<const exporter::postgres::CustomQueryDesc>(std::move(desc)), size % 2 != 0);
    std::string sql;
    query.statement(server, sql);
    query.predicate(server, sql);
    exporter::Sink sink{{}};
    sink.set_constant_labels("target=\"a\"");
    query.read(server, rows, sink);
    const std::string first = page_of(sink);
    sink.clear();
    query.read(server, rows, sink);
    if (page_of(sink) != first) {
      complain("the second reading differs", first);
    }
  }
  return 0;
}
