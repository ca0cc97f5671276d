// What reaches the scrape port from outside, by the input's first byte: requests as they come from a connection, the
// file of --web.config.file, and pages on their way to another form.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "exporter/http_parser.h"
#include "exporter/page_forms.h"
#include "exporter/web_config.h"

namespace {

using namespace exporter;

void requests(std::string_view bytes) {
  static const std::vector<Listener> listeners(1);
  static HttpParser parser(listeners, [](const HttpRequest& request) {
    if (request.listener == nullptr ||
        (request.method != "GET" && request.method != "HEAD" && request.method != "POST")) {
      std::abort();
    }
    HttpReply reply = HttpReply::text(200, request.path + page_type(request.accept, true).content_type);
    reply.gzip = request.accepts_gzip;
    return reply;
  });
  // Without a socket every answer fails to be sent, which ends the connection: so each input starts with its request.
  HttpConnection connection;
  connection.input = bytes.substr(0, HttpServer::kMaxHead);
  if (connection.head_complete() && parser.answer_one(connection)) {
    std::abort();
  }
}

void config(std::string_view text) {
  WebConfig config;
  const auto wrong = read_web_config("web.yml", text, "/etc", config);
  if (wrong.find('\n') != std::string::npos) {
    std::abort();
  }
}

void forms(std::string_view page) {
  const std::vector<std::string> names{"a", "a_total"};
  const std::string some = only_names(page, names);
  if (some.size() > page.size() + 1 || !as_openmetrics(page).ends_with("# EOF\n")) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) {
    return 0;
  }
  switch (input.front() % 3) {
    case 0:
      requests(input.substr(1));
      break;
    case 1:
      config(input.substr(1));
      break;
    default:
      forms(input.substr(1));
      break;
  }
  return 0;
}
