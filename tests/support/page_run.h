// One merge::Page over pages that are given as text: no server, no connection.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/merge/page.h"
#include "platform/host.h"

namespace tests {

class PageRun {
 public:
  static constexpr double kNow = 1700000001;  // seconds since 1970

  explicit PageRun(std::int64_t most_series = 10000);
  // One scrape; returns why nothing is good.
  std::string read(std::string_view text, exporter::merge::Format format = exporter::merge::Format::text);
  std::string page() const;
  // What the last scrape has for the log.
  std::vector<std::string> remarks() const;
  std::size_t samples() const { return page_->samples(); }
  exporter::Sink& sink() { return sink_; }

 private:
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  std::unique_ptr<exporter::merge::Page> page_;
  exporter::Sink sink_;
};

}  // namespace tests
