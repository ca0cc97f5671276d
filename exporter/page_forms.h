// Other forms of a finished page: some of its families, or all of them as OpenMetrics 1.0
// (https://prometheus.io/docs/specs/om/open_metrics_spec/). Both read text exposition 0.0.4 as the Registry writes it.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace exporter {

// The samples whose name, or whose family's name, is one of `names`, with their HELP and TYPE.
std::string only_names(std::string_view page, std::span<const std::string> names);

// A counter whose name does not end in _total is of type unknown there, and so is one whose name without _total is that
// of another family.
std::string as_openmetrics(std::string_view page);

// What a client asks for by its header Accept (RFC 9110, 12.5.1).
struct PageType {
  bool openmetrics = false;
  std::string content_type;
};
// OpenMetrics when it is the only type of ours that is accepted; with `preferred` also when it is accepted no less than
// text. Whoever accepts neither gets text: that is what was served before there was a choice.
PageType page_type(std::string_view accept, bool preferred);

}  // namespace exporter
