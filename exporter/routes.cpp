#include "exporter/routes.h"

#include <algorithm>

#include "exporter/page_forms.h"
#include "exporter/version.h"
#include "platform/counted.h"
#include "platform/deadline.h"

namespace exporter {
namespace {

constexpr std::string_view kFilterFailed = "Couldn't create filtered metrics handler: couldn't create collector: ";

Scheduler::Clock::time_point deadline_of(std::chrono::duration<double> budget) {
  return Scheduler::Clock::now() + std::chrono::duration_cast<Scheduler::Clock::duration>(budget);
}

}  // namespace

std::chrono::duration<double> Routes::budget(double timeout_seconds) const {
  if (!(timeout_seconds > 0) || timeout_seconds > 86400) {
    return std::chrono::duration<double>(settings_.default_timeout);
  }
  // A timeout shorter than twice the margin is halved: something is better than nothing.
  return std::chrono::duration<double>(std::max(timeout_seconds - settings_.timeout_offset, timeout_seconds / 2));
}

std::string Routes::filter(const HttpRequest& request, Selection& selection) const {
  if (request.parameters.empty()) {
    return {};
  }
  const auto enabled = scheduler_.enabled();
  std::vector<bool> collect(enabled.size(), false);
  std::vector<bool> exclude(enabled.size(), false);
  bool collects = false;
  bool excludes = false;
  for (const auto& [name, value] : request.parameters) {
    collects = collects || name == "collect[]";
    excludes = excludes || name == "exclude[]";
  }
  if (collects && excludes) {
    return "Combined collect and exclude queries are not allowed.";
  }
  for (const auto& [name, value] : request.parameters) {
    if (name != "collect[]" && name != "exclude[]") {
      continue;
    }
    const auto place = std::find_if(enabled.begin(), enabled.end(),
                                    [&value = value](const CollectorSpec* spec) { return spec->name == value; });
    if (name == "exclude[]") {
      if (place != enabled.end()) {
        exclude[static_cast<std::size_t>(place - enabled.begin())] = true;
      }
      continue;
    }
    if (place == enabled.end()) {
      const bool known = scheduler_.known(value);
      return std::string(kFilterFailed) + (known ? "disabled collector: " : "missing collector: ") + value;
    }
    collect[static_cast<std::size_t>(place - enabled.begin())] = true;
  }
  if (collects) {
    selection.collectors = std::move(collect);
  } else if (excludes && std::find(exclude.begin(), exclude.end(), true) != exclude.end()) {
    exclude.flip();
    selection.collectors = std::move(exclude);
  }
  return {};
}

HttpReply Routes::page(const HttpRequest& request, std::shared_ptr<const Body> body) const {
  PageType type = page_type(request.accept, settings_.openmetrics);
  std::vector<std::string> names;
  for (const auto& [name, value] : request.parameters) {
    if (name == "name[]") {
      names.push_back(value);
    }
  }
  if (!names.empty() || type.openmetrics) {
    auto other = std::make_shared<Body>();
    other->text = body->whole();
    if (!names.empty()) {
      other->text = only_names(other->text, names);
    }
    if (type.openmetrics) {
      other->text = as_openmetrics(other->text);
    }
    body = std::move(other);
  }
  HttpReply reply;
  reply.content_type = std::move(type.content_type);
  reply.gzip = request.accepts_gzip && !body->gzip().empty();
  reply.body = std::move(body);
  return reply;
}

HttpReply Routes::metrics(const HttpRequest& request, Selection selection) {
  const platform::Counted flight(in_flight_);
  if (settings_.max_requests > 0 && flight.number > settings_.max_requests) {
    return HttpReply::text(503, "Limit of concurrent requests reached (" + std::to_string(settings_.max_requests) +
                                    "), try again later.\n");
  }
  if (auto wrong = filter(request, selection); !wrong.empty()) {
    return HttpReply::text(400, std::move(wrong));
  }
  auto body = scheduler_.scrape(selection, deadline_of(budget(request.timeout_seconds)));
  return body ? page(request, std::move(body)) : HttpReply::text(503, "No page could be made before the deadline.\n");
}

HttpReply Routes::probe(const HttpRequest& request, std::size_t place) {
  // Of a parameter that comes twice the first counts, as in the original.
  const auto parameter = [&](std::string_view name) -> std::string_view {
    for (const auto& [key, value] : request.parameters) {
      if (key == name && !name.empty()) {
        return value;
      }
    }
    return {};
  };
  std::vector<std::pair<std::string, std::string>> more;
  for (const auto name : probes_->more_parameters(place)) {
    if (const auto value = parameter(name); !value.empty()) {
      more.emplace_back(name, value);
    }
  }
  auto answer = probes_->probe(place, parameter("target"), parameter(probes_->credentials_parameter(place)), more,
                               deadline_of(budget(request.timeout_seconds)));
  return answer.body ? page(request, std::move(answer.body)) : HttpReply::text(answer.status, answer.reason + "\n");
}

HttpReply Routes::discover(const HttpRequest& request, Discoverer& discoverer) const {
  auto answer =
      discoverer.discover({.at = deadline_of(budget(request.timeout_seconds)), .stop_fd = discoveries_->stop_fd()});
  HttpReply reply = HttpReply::text(answer.status, answer.text + (answer.status == 200 ? "" : "\n"));
  if (answer.status == 200) {
    reply.content_type = "application/json";
  }
  return reply;
}

std::string Routes::links() const {
  std::string items;
  const auto link = [&](std::string_view path, std::string_view what) {
    const std::string shown = escaped_html(path);
    items.append("<li><a href=\"").append(std::string_view(shown).substr(1)).append("\">");
    items.append(shown).append("</a> ").append(what).append("</li>\n");
  };
  link(settings_.telemetry_path, "everything");
  const auto merges = [](const CollectorSpec* spec) { return spec->module == Module::merge; };
  const auto on = scheduler_.enabled();
  for (std::size_t i = 0; i < kModules; ++i) {
    if (static_cast<Module>(i) == Module::merge && std::none_of(on.begin(), on.end(), merges)) {
      continue;
    }
    link(settings_.telemetry_path + "/" + std::string(to_text(static_cast<Module>(i))), "one module");
  }
  for (std::size_t i = 0; probes_ != nullptr && i < probes_->places(); ++i) {
    items.append("<li>").append(probes_->path(i)).append("?target=HOST:PORT one server</li>\n");
  }
  return items;
}

HttpReply Routes::landing() const {
  HttpReply reply = HttpReply::text(
      200,
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>resource_exporter</title>\n"
      "<link rel=\"icon\" "
      "href=\"data:,\"><style>body{font-family:sans-serif;margin:2rem;max-width:40rem}</style></head>\n"
      "<body><h1>resource_exporter</h1><p>Version " RESOURCE_EXPORTER_VERSION
      ". Host, containers, PostgreSQL and Redis on one scrape port.</p>\n<ul>\n" +
          links() + "</ul></body></html>\n");
  reply.content_type = "text/html; charset=utf-8";
  return reply;
}

// The page's addresses are relative, so its own must end with a slash.
HttpReply Routes::redirect() const {
  HttpReply reply = HttpReply::text(302, "The page is at " + to_prefix_.value + "\n");
  reply.headers = {&to_prefix_, 1};
  return reply;
}

HttpReply Routes::reload(const HttpRequest& request) const {
  if (!settings_.reload) {
    return HttpReply::text(403, "Start with --web.enable-lifecycle to reload by this path; SIGHUP does it as well.\n");
  }
  if (request.method != "POST") {
    return HttpReply::text(405, "Only POST reloads.\n");
  }
  const std::string wrong = settings_.reload();
  return wrong.empty() ? HttpReply::text(200, "Reloaded.\n")
                       : HttpReply::text(500, "Not reloaded, what was in force stays.\n" + wrong + "\n");
}

Routes::Place Routes::place_of(std::string_view path) const {
  const std::string& base = settings_.telemetry_path;
  if (const std::string& prefix = settings_.prefix; !prefix.empty() && path != base && path.starts_with(prefix)) {
    if (path.size() == prefix.size()) {
      return {.what = What::redirect};
    }
    path.remove_prefix(path[prefix.size()] == '/' ? prefix.size() : 0);
  }
  if (path == base) {
    return {.what = What::metrics};
  }
  for (std::size_t i = 0; i < kModules; ++i) {
    const auto name = to_text(static_cast<Module>(i));
    if (path.size() == base.size() + 1 + name.size() && path.starts_with(base) && path[base.size()] == '/' &&
        path.ends_with(name)) {
      return {.what = What::module, .number = i};
    }
  }
  if (const std::size_t place = probes_ == nullptr ? Probes::kNone : probes_->place_of(path); place != Probes::kNone) {
    return {.what = What::probe, .number = place};
  }
  if (auto* const discoverer = discoveries_ == nullptr ? nullptr : discoveries_->at(path)) {
    return {.what = What::discover, .discoverer = discoverer};
  }
  constexpr std::pair<std::string_view, What> kOthers[] = {{"/", What::page},
                                                           {HttpRequest::kReload, What::reload},
                                                           {"/-/healthy", What::healthy},
                                                           {"/-/ready", What::ready}};
  for (const auto& [other, what] : kOthers) {
    if (path == other) {
      return {.what = what};
    }
  }
  return {};
}

Door Routes::door_of(const HttpRequest& request) const {
  switch (place_of(request.path).what) {
    case What::metrics:
    case What::module:
      return Door::metrics;
    case What::probe:
    case What::discover:
      return Door::probe;
    case What::reload:
      return Door::reload;
    default:
      return Door::other;
  }
}

HttpReply Routes::answer(const HttpRequest& request) {
  const Place place = place_of(request.path);
  switch (place.what) {
    case What::metrics:
      return metrics(request, request.listener != nullptr && request.listener->module
                                  ? Selection::of(*request.listener->module)
                                  : Selection::everything());
    case What::module:
      return metrics(request, Selection::of(static_cast<Module>(place.number)));
    case What::probe:
      return probe(request, place.number);
    case What::discover:
      return discover(request, *place.discoverer);
    case What::page:
      return settings_.live_page ? live_page_.reply(request.accepts_gzip) : landing();
    case What::redirect:
      return redirect();
    case What::reload:
      return reload(request);
    case What::healthy:
      return HttpReply::text(200, "resource_exporter is healthy.\n");
    case What::ready:
      return HttpReply::text(200, "resource_exporter is ready.\n");
    case What::nothing:
      break;
  }
  return HttpReply::text(404, "There is nothing at this path. The metrics are at " + settings_.telemetry_path + ".\n");
}

}  // namespace exporter
