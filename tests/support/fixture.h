// A machine in a folder: tests/fixtures/<room>/<name>/ with proc, sys, root and udev below it, all optional.
//   expected.prom   the page that the collector must make; * fits any text within its line
//   perf            what perf_event_open gives, a file for each event: see fixture.cpp
//   flags           options that differ from the default, one name=value a line; $FIXTURE stands for the folder
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/collector.h"
#include "platform/host.h"

namespace tests {

std::string read_text(const std::filesystem::path& path);

// The collector of list.inc with this name; throws when there is none.
const exporter::CollectorSpec& spec_of(std::string_view name);

void write_text(const std::filesystem::path& path, std::string_view text);
// The options in the fixture's file `flags`.
void set_flags(const std::filesystem::path& folder, exporter::Options& options);

// A private copy of a fixture in a temporary folder, removed at the end.
class FixtureCopy {
 public:
  explicit FixtureCopy(const std::filesystem::path& source);
  FixtureCopy(const FixtureCopy&) = delete;
  FixtureCopy& operator=(const FixtureCopy&) = delete;
  ~FixtureCopy();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// One collector over one folder.
class FixtureRun {
 public:
  FixtureRun(const exporter::CollectorSpec& spec, const std::filesystem::path& folder);
  // One scrape that may last `time`; samples and problems are in sink().
  exporter::Outcome scrape(std::chrono::milliseconds time = std::chrono::seconds(60));
  exporter::Sink& sink() { return sink_; }
  // What scrape() wrote, as a page.
  std::string page() const;
  exporter::Options& options() { return options_; }
  exporter::Collector& collector() { return *collector_; }

 private:
  platform::Host host_;
  exporter::Options options_;
  exporter::Shared shared_;
  exporter::Environment environment_;
  std::unique_ptr<exporter::Collector> collector_;
  exporter::Sink sink_;
  std::uint64_t generation_ = 0;
};

// Empty when `page` fits `expected`, else the first lines that differ. A `*` in `expected` fits any text.
std::string difference(const std::string& expected, const std::string& page);

}  // namespace tests
