#include "exporter/page_forms.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

constexpr std::string_view kPage =
    "# HELP a_bytes Bytes \"of\" a\\nb.\n# TYPE a_bytes gauge\na_bytes{x=\"1\"} 1\na_bytes{x=\"2\"} 2\n"
    "# HELP b_total All.\n# TYPE b_total counter\nb_total 7\n"
    "# HELP c Clash.\n# TYPE c gauge\nc 1\n"
    "# HELP c_total Of c.\n# TYPE c_total counter\nc_total 3\n"
    "# HELP d A counter of old.\n# TYPE d counter\nd 4\n"
    "# HELP h Sizes.\n# TYPE h histogram\nh_bucket{a=\"b,le=\\\"\",le=\"1\"} 1\nh_bucket{a=\"\",le=\"2.5\"} 1\n"
    "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
    "# TYPE s summary\ns{quantile=\"1\"} 5\ns_sum 1\ns_count 1\n"
    "# HELP u Anything.\n# TYPE u untyped\nu{le=\"1\"} NaN\n";

TEST(PageForms, OpenMetrics) {
  EXPECT_EQ(
      as_openmetrics(kPage),
      "# TYPE a_bytes gauge\n# HELP a_bytes Bytes \\\"of\\\" a\\nb.\na_bytes{x=\"1\"} 1\na_bytes{x=\"2\"} 2\n"
      "# TYPE b counter\n# HELP b All.\nb_total 7\n"
      "# TYPE c gauge\n# HELP c Clash.\nc 1\n"
      "# TYPE c_total unknown\n# HELP c_total Of c.\nc_total 3\n"
      "# TYPE d unknown\n# HELP d A counter of old.\nd 4\n"
      "# TYPE h histogram\n# HELP h Sizes.\nh_bucket{a=\"b,le=\\\"\",le=\"1.0\"} 1\nh_bucket{a=\"\",le=\"2.5\"} 1\n"
      "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
      "# TYPE s summary\ns{quantile=\"1.0\"} 5\ns_sum 1\ns_count 1\n"
      "# TYPE u unknown\n# HELP u Anything.\nu{le=\"1\"} NaN\n# EOF\n");
  EXPECT_EQ(as_openmetrics(""), "# EOF\n");
}

TEST(PageForms, OnlySomeNames) {
  const std::vector<std::string> names{"b_total", "h_sum", "s", "none"};
  EXPECT_EQ(only_names(kPage, names),
            "# HELP b_total All.\n# TYPE b_total counter\nb_total 7\n"
            "# HELP h Sizes.\n# TYPE h histogram\nh_sum 3\n"
            "# TYPE s summary\ns{quantile=\"1\"} 5\ns_sum 1\ns_count 1\n");
  EXPECT_EQ(only_names(kPage, std::vector<std::string>{"none"}), "");
  EXPECT_EQ(as_openmetrics(only_names(kPage, std::vector<std::string>{"d"})),
            "# TYPE d unknown\n# HELP d A counter of old.\nd 4\n# EOF\n");
}

constexpr std::string_view kText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kOpen = "application/openmetrics-text; version=1.0.0; charset=utf-8";

TEST(PageForms, WhatPrometheusAsksFor) {
  const struct {
    std::string_view from;
    std::string_view accept;
    std::string_view preferred;
  } kAsked[] = {
      {"2.42",
       "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       kOpen},
      {"2.42 with native histograms",
       "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
       "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       kOpen},
      {"3",
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
       "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
       "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
       "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"},
      {"3.0.0, which says it twice",
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;escaping=values;q=0.5,text/plain;q=0.3",
       "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"},
      {"curl", "*/*", kText},
      {"a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", kText},
      {"whoever says nothing", "", kText},
      {"whoever wants neither", "image/png", kText},
  };
  for (const auto& asked : kAsked) {
    EXPECT_EQ(page_type(asked.accept, false).content_type, kText) << asked.from;
    EXPECT_EQ(page_type(asked.accept, true).content_type, asked.preferred) << asked.from;
  }
}

TEST(PageForms, TheOnlyTypeThatIsAccepted) {
  EXPECT_EQ(page_type("application/openmetrics-text", false).content_type, kOpen);
  EXPECT_EQ(page_type("Application/OpenMetrics-Text; Version=1.0.0", false).content_type, kOpen);
  EXPECT_EQ(page_type("application/openmetrics-text;version=0.0.1", false).content_type,
            "application/openmetrics-text; version=0.0.1; charset=utf-8");
  EXPECT_EQ(page_type("application/openmetrics-text;version=9", false).content_type, kText);
  EXPECT_EQ(page_type("application/openmetrics-text, text/plain;q=0, */*;q=0.5", false).content_type, kOpen)
      << "text/plain says more than */*";
  EXPECT_EQ(page_type("application/openmetrics-text;q=0", false).content_type, kText);
  EXPECT_EQ(page_type("application/openmetrics-text;q=0.1, text/plain", true).content_type, kText);
  EXPECT_EQ(page_type("application/openmetrics-text;q=nonsense", true).content_type, kText);
}

}  // namespace
}  // namespace exporter
