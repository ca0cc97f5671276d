#include "exporter/live_page.h"

#include <utility>

#include "exporter/version.h"
#include "platform/sha256.h"

namespace exporter {
namespace {

constexpr unsigned char kPage[] = {
#include "exporter/page.inc"
};

void replace(std::string& text, std::string_view what, std::string_view by) {
  if (const auto at = text.find(what); at != std::string::npos) {
    text.replace(at, what.size(), by);
  }
}

// 'sha256-...' of what stands inside the page's only element `name`.
std::string hash_of(std::string_view page, std::string_view name) {
  const std::string tag(name);
  const auto begin = page.find("<" + tag + ">") + tag.size() + 2;
  const auto end = page.find("</" + tag + ">", begin);
  return "'sha256-" + platform::sha256_base64(page.substr(begin, end - begin)) + "'";
}

}  // namespace

std::string escaped_html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

LivePage::LivePage(std::string telemetry_path, std::string links)
    : telemetry_path_(std::move(telemetry_path)), links_(std::move(links)) {}

void LivePage::make() {
  auto body = std::make_shared<Body>();
  body->text.assign(reinterpret_cast<const char*>(kPage), sizeof kPage);
  headers_ = {{"Content-Security-Policy", "default-src 'none'; script-src " + hash_of(body->text, "script") +
                                              "; style-src " + hash_of(body->text, "style") +
                                              "; connect-src 'self'; img-src data:; base-uri 'none'; "
                                              "form-action 'none'; frame-ancestors 'none'"},
              {"Referrer-Policy", "no-referrer"},
              {"Cache-Control", "no-cache"}};
  // Relative, so that the page works below any prefix.
  replace(body->text, "{{telemetry}}", escaped_html(std::string_view(telemetry_path_).substr(1)));
  replace(body->text, "{{version}}", RESOURCE_EXPORTER_VERSION);
  replace(body->text, "{{links}}", links_);
  body_ = std::move(body);
}

HttpReply LivePage::reply(bool accepts_gzip) {
  std::call_once(made_, [this] { make(); });
  HttpReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.headers = headers_;
  reply.gzip = accepts_gzip && !body_->gzip().empty();
  reply.body = body_;
  return reply;
}

}  // namespace exporter
