// What each path of the scrape port answers.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "exporter/discoveries.h"
#include "exporter/http_server.h"
#include "exporter/live_page.h"
#include "exporter/probes.h"
#include "exporter/scheduler.h"
#include "exporter/web_config.h"

namespace exporter {

struct RouteSettings {
  std::string telemetry_path = "/metrics";
  double timeout_offset = 0.5;     // seconds kept back from the scraper's timeout, for making and sending the page
  double default_timeout = 10.0;   // seconds, when the scraper names none
  std::int64_t max_requests = 40;  // scrapes at a time; 0: no limit
  std::string prefix = {};         // "/monitor": everything is served below this path as well
  bool live_page = true;           // at "/"; else links alone
  bool openmetrics = false;        // for those who accept it no less than text
  // Reads configuration anew and returns an empty text or what is wrong, one line each; null: not by a request.
  std::function<std::string()> reload = nullptr;
};

// Thread-safe. `scheduler`, and `probes` and `discoveries`, which may be null, outlive it.
class Routes {
 public:
  Routes(Scheduler& scheduler, RouteSettings settings, Probes* probes = nullptr, Discoveries* discoveries = nullptr)
      : scheduler_(scheduler),
        settings_(std::move(settings)),
        probes_(probes),
        discoveries_(discoveries),
        live_page_(settings_.telemetry_path, links()) {}

  HttpReply answer(const HttpRequest& request);
  // What answer() is about to do, for those who decide whether it may.
  Door door_of(const HttpRequest& request) const;

  // The time a collection may take when the scraper waits `timeout_seconds` (0: it does not say).
  std::chrono::duration<double> budget(double timeout_seconds) const;

 private:
  enum class What : std::uint8_t { nothing, metrics, module, probe, discover, page, redirect, reload, healthy, ready };
  struct Place {
    What what = What::nothing;
    std::size_t number = 0;  // of a module, or of what is probed
    Discoverer* discoverer = nullptr;
  };
  Place place_of(std::string_view path) const;
  HttpReply metrics(const HttpRequest& request, Selection selection);
  HttpReply probe(const HttpRequest& request, std::size_t place);
  HttpReply discover(const HttpRequest& request, Discoverer& discoverer) const;
  // A page in the form that is asked for.
  HttpReply page(const HttpRequest& request, std::shared_ptr<const Body> body) const;
  HttpReply landing() const;
  HttpReply redirect() const;
  // What there is, as items of a list; addresses are relative to the page at "/".
  std::string links() const;
  HttpReply reload(const HttpRequest& request) const;
  // Narrows `selection` by collect[] and exclude[]; returns why it cannot be, or nothing.
  std::string filter(const HttpRequest& request, Selection& selection) const;

  Scheduler& scheduler_;
  const RouteSettings settings_;
  Probes* const probes_;
  Discoveries* const discoveries_;
  LivePage live_page_;
  const HttpHeader to_prefix_{"Location", settings_.prefix + "/"};
  std::atomic<std::int64_t> in_flight_{0};
};

}  // namespace exporter
