// The live page at "/": one HTML file inside the program (page/page.html), which reads the metrics again and again.
//
// The page may do nothing but that: Content-Security-Policy admits its own script and style by their hashes, and
// requests to this port. What it needs to know of the settings is filled in once.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/body.h"
#include "exporter/http_server.h"

namespace exporter {

// `text` as it may stand in HTML, also between quotes.
std::string escaped_html(std::string_view text);

// Thread-safe. Made ready by the first request, since most exporters are never looked at.
class LivePage {
 public:
  // `telemetry_path` starts with '/'; `links` are items of a list.
  LivePage(std::string telemetry_path, std::string links);
  // The headers belong to the page, which outlives the reply.
  HttpReply reply(bool accepts_gzip);

 private:
  void make();

  const std::string telemetry_path_;
  const std::string links_;
  std::once_flag made_;
  std::shared_ptr<const Body> body_;
  std::vector<HttpHeader> headers_;
};

}  // namespace exporter
