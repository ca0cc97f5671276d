#include "tests/support/page_run.h"

#include "exporter/registry.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {

PageRun::PageRun(std::int64_t most_series) : sink_(spec_of("merge.page").metrics) {
  const auto& spec = spec_of("merge.page");
  options_.declare(spec.options);
  options_.set("merge.max-series", std::to_string(most_series));
  page_ = std::get<exporter::MakePage>(spec.make)({host_, options_, shared_});
  sink_.set_constant_labels("merge_target=\"app\"");
  sink_.set_foreign();
}

std::string PageRun::read(std::string_view text, exporter::merge::Format format) {
  sink_.clear();
  return page_->read(text, format, kNow, sink_);
}

std::string PageRun::page() const {
  exporter::Registry registry;
  const exporter::Sink* const sinks[] = {&sink_};
  std::string page;
  append_page(registry, sinks, page);
  return page;
}

std::vector<std::string> PageRun::remarks() const { return {sink_.remarks().begin(), sink_.remarks().end()}; }

}  // namespace tests
