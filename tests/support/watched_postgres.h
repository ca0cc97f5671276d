// A PostgreSQL server as the program watches it: a target without the scheduler.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/all.h"
#include "exporter/registry.h"
#include "platform/dir.h"
#include "platform/host.h"
#include "tests/support/exposition.h"

namespace exporter::postgres {
extern constinit const TargetSpec targets;
}

namespace tests {

// The targets of DATA_SOURCE_NAME with some of the collectors, and the page of each scrape.
class Watched {
 public:
  explicit Watched(const std::string& dsn, const std::vector<std::pair<std::string, std::string>>& settings = {},
                   const std::vector<std::string_view>& collectors = {"database", "stat_user_tables"}) {
    options_.declare(exporter::postgres::targets.options);
    for (const auto& listed : exporter::all_collectors()) {
      if (std::find(collectors.begin(), collectors.end(), listed.spec->name) != collectors.end()) {
        specs_.push_back(listed.spec);
        options_.declare(listed.spec->options);
      }
    }
    options_.set("DATA_SOURCE_NAME", dsn);
    for (const auto& [name, value] : settings) {
      options_.set(name, value);
    }
    targets_ = exporter::postgres::targets.make(environment_, specs_);
    for (const auto* spec : specs_) {
      runs_.emplace_back(*spec).sink.set_constant_labels(targets_.front()->constant_labels());
    }
    self_.set_constant_labels(targets_.front()->constant_labels());
  }

  // One scrape; the page is in page().
  exporter::Outcome scrape(std::chrono::milliseconds time = std::chrono::seconds(20), std::size_t target = 0) {
    platform::ReadBuffer buffer;
    const exporter::Scrape scrape{.deadline = std::chrono::steady_clock::now() + time,
                                  .stop_fd = -1,
                                  .generation = ++generation_,
                                  .buffer = buffer};
    self_.clear();
    for (auto& run : runs_) {
      run.sink.clear();
      run.wanted = true;
      run.outcome = exporter::Outcome::no_data;
    }
    exporter::TargetPage page{self_, runs_};
    const exporter::Outcome outcome = targets_[target]->collect(scrape, page);
    reason_ = page.reason;
    exporter::Registry registry;
    std::vector<const exporter::Sink*> sinks = {&self_};
    for (const auto& run : runs_) {
      if (run.outcome != exporter::Outcome::failed) {
        sinks.push_back(&run.sink);
      }
    }
    page_.clear();
    tests::append_page(registry, sinks, page_);
    const auto parsed = parse_exposition(page_);
    EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front();
    EXPECT_TRUE(registry.dropped().empty());
    return outcome;
  }

  bool shows(const std::string& line) const { return ("\n" + page_).find("\n" + line + "\n") != std::string::npos; }
  // The value of a series; NaN when it is not on the page.
  double value(const std::string& series) const {
    const auto at = ("\n" + page_).find("\n" + series + " ");
    return at == std::string::npos ? std::nan("") : std::stod(page_.substr(at + series.size() + 1));
  }
  // Lines of a family.
  std::size_t count(const std::string& family) const {
    std::size_t lines = 0;
    for (std::size_t at = page_.find("\n" + family + "{"); at != std::string::npos;
         at = page_.find("\n" + family + "{", at + 1)) {
      ++lines;
    }
    return lines;
  }
  std::string note(std::size_t run = 0) const {
    const auto notes = runs_[run].sink.notes();
    return notes.empty() ? "" : notes.front().where.data();
  }
  const exporter::Run& run(std::string_view name) const {
    return *std::find_if(runs_.begin(), runs_.end(), [&](const auto& run) { return run.spec->name == name; });
  }
  // What the log is told to have mended.
  std::string remarks() const {
    std::string text;
    for (const auto& run : runs_) {
      for (const auto& line : run.sink.remarks()) {
        text.append(line).append("\n");
      }
    }
    return text;
  }
  const std::string& page() const { return page_; }
  const std::string& reason() const { return reason_; }
  std::size_t targets() const { return targets_.size(); }

 private:
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  exporter::Environment environment_{host_, options_, shared_};
  std::vector<const exporter::CollectorSpec*> specs_;
  std::vector<std::unique_ptr<exporter::Target>> targets_;
  std::vector<exporter::Run> runs_;
  exporter::Sink self_{exporter::postgres::targets.metrics};
  std::uint64_t generation_ = 0;
  std::string page_;
  std::string reason_;
};

}  // namespace tests
