// A reader of text exposition 0.0.4 written by others: strict, a file is good as a whole or not at all.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/ One line: http_requests{code="200"} 1027
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "collectors/exposition_lines.h"
#include "exporter/metric.h"

namespace exporter::host::textfile {

using exposition::LabelText;

// One line of the page that comes of it. Labels are sorted by name (le and quantile last) and the same for all samples
// of the family: those a sample lacks are there with an empty value.
struct Sample {
  std::string_view suffix;  // "", or _bucket, _sum, _count of histograms and summaries
  std::vector<LabelText> labels;
  double value = 0;
};

struct Family {
  std::string name;
  std::string help;  // empty when the file has none
  MetricType type = MetricType::untyped;
  std::vector<Sample> samples;
};

struct ParsedFile {
  std::vector<Family> families;  // in the order of the file, without those that have no sample
  std::string error;             // "line 3: ..."; then there are no families
};

ParsedFile parse_file(std::string_view text);

}  // namespace exporter::host::textfile
