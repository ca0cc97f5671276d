#include "exporter/probes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "platform/counted.h"

namespace exporter {
namespace {

constexpr std::size_t kLongest = 2048;  // of a target, and of a name of credentials

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

}  // namespace

// What one path probes.
struct Probes::Kind {
  const TargetSpec* spec;
  std::vector<const CollectorSpec*> enabled;
  std::unique_ptr<Prober> prober;
  std::uint64_t generation = 0;  // of its settings
};

struct Probes::Server {
  Kind* kind;
  std::string target;
  std::string credentials;
  std::vector<std::pair<std::string, std::string>> more;
  std::uint64_t generation;
  Clock::time_point asked;
  unsigned users = 0;    // probes under way
  bool leaving = false;  // not used again; kept until its worker rests
  std::unique_ptr<Scheduler> scheduler;

  // True when it can be destroyed without waiting for anybody. From then on it is not used again.
  bool let_go() {
    leaving = true;
    return users == 0 && scheduler->stop(Clock::now());
  }
};

Probes::Probes(const Environment& environment, std::span<const CollectorSpec* const> enabled,
               std::span<const TargetSpec* const> targets, const Log& log, int stop_fd, ProbeSettings settings)
    : environment_(environment), log_(log), stop_fd_(stop_fd), settings_(settings) {
  for (const auto* spec : targets) {
    auto kind = std::make_unique<Kind>(Kind{.spec = spec, .enabled = {}, .prober = nullptr});
    std::copy_if(enabled.begin(), enabled.end(), std::back_inserter(kind->enabled),
                 [&](const CollectorSpec* one) { return one->module == spec->module; });
    if (spec->probe.path.empty() || kind->enabled.empty()) {
      continue;
    }
    kind->prober = spec->probe.make(environment, kind->enabled);
    if (kind->prober) {
      kinds_.push_back(std::move(kind));
    }
  }
}

Probes::~Probes() = default;

void Probes::start(Scheduler& scheduler) {
  const std::lock_guard lock(mutex_);
  for (const auto& kind : kinds_) {
    look(*kind);
    scheduler.show(*kind->spec, *kind->prober);
  }
}

std::size_t Probes::place_of(std::string_view path) const noexcept {
  const auto found =
      std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& kind) { return kind->spec->probe.path == path; });
  return found == kinds_.end() ? kNone : static_cast<std::size_t>(found - kinds_.begin());
}

std::string_view Probes::path(std::size_t place) const noexcept { return kinds_[place]->spec->probe.path; }

std::string_view Probes::credentials_parameter(std::size_t place) const noexcept {
  return kinds_[place]->spec->probe.credentials_parameter;
}

// Under the mutex.
void Probes::look(Kind& kind) {
  auto settings = kind.prober->look();
  kind.generation = settings.generation;
  if (!settings.news.empty()) {
    log_.write(settings.good ? LogLevel::info : LogLevel::warn,
               settings.good ? "settings for probes are read" : "settings for probes cannot be read",
               {{"module", to_text(kind.spec->module)}, {"file", settings.news}});
  }
}

std::span<const std::string_view> Probes::more_parameters(std::size_t place) const noexcept {
  return kinds_[place]->spec->probe.more_parameters;
}

Probes::Answer Probes::refuse(Kind& kind, int status, std::string reason) {
  if (status < 500) {
    kind.prober->note_refusal();
  }
  return {.status = status, .body = nullptr, .reason = std::move(reason)};
}

Probes::Answer Probes::probe(std::size_t place, std::string_view target, std::string_view credentials,
                             ProbeParameters more, Clock::time_point deadline) {
  Kind& kind = *kinds_[place];
  const platform::Counted counted(at_once_);
  if (settings_.most_at_once > 0 && counted.number > settings_.most_at_once) {
    return refuse(kind, 503,
                  "limit of concurrent probes reached (" + std::to_string(settings_.most_at_once) +
                      ", --web.max-probes), try again later");
  }
  if (target.empty()) {
    return refuse(kind, 400, "the parameter target is missing: " + std::string(path(place)) + "?target=HOST:PORT");
  }
  std::vector<std::string_view> values{target, credentials};
  for (const auto& parameter : more) {
    values.emplace_back(parameter.second);
  }
  if (std::any_of(values.begin(), values.end(), [](std::string_view value) { return value.size() > kLongest; })) {
    return refuse(kind, 400, "a parameter is longer than " + std::to_string(kLongest) + " bytes");
  }
  if (std::any_of(values.begin(), values.end(), has_control)) {
    return refuse(kind, 400, "a parameter has control characters");
  }
  std::shared_ptr<Server> server;
  Servers gone;  // destroyed last, without the lock: their threads are joined
  if (auto answer = take(kind, target, credentials, more, server, gone); !server) {
    return answer;
  }
  Answer answer;
  answer.body = server->scheduler->scrape(Selection::of(kind.spec->module), deadline);
  {
    const std::lock_guard lock(mutex_);
    --server->users;
    server->asked = Clock::now();
  }
  if (!answer.body) {
    answer.status = 503;
    answer.reason = "no page could be made before the deadline";
  }
  return answer;
}

// Finds or makes the server, and counts the caller among its users.
Probes::Answer Probes::take(Kind& kind, std::string_view target, std::string_view credentials, ProbeParameters more,
                            std::shared_ptr<Server>& server, Servers& gone) {
  const std::lock_guard lock(mutex_);
  look(kind);
  for (const auto& one : servers_) {
    if (one->kind != &kind || one->leaving || one->target != target || one->credentials != credentials ||
        !std::equal(one->more.begin(), one->more.end(), more.begin(), more.end())) {
      continue;
    }
    if (one->generation == kind.generation) {
      server = one;
      ++server->users;
      return {};
    }
    one->leaving = true;
  }
  auto probed = kind.prober->probe(target, credentials, more);
  if (!probed.target) {
    return refuse(kind, probed.status, std::move(probed.reason));
  }
  if (servers_.size() >= settings_.most_servers && !make_room(gone)) {
    return refuse(kind, 503,
                  "all of the " + std::to_string(settings_.most_servers) +
                      " servers that --probe.max-servers allows are being probed, try again later");
  }
  server = std::make_shared<Server>(Server{.kind = &kind,
                                           .target = std::string(target),
                                           .credentials = std::string(credentials),
                                           .more = {more.begin(), more.end()},
                                           .generation = kind.generation,
                                           .asked = Clock::now(),
                                           .users = 1,
                                           .scheduler = nullptr});
  server->scheduler =
      std::make_unique<Scheduler>(environment_, probed.collectors.empty() ? kind.enabled : std::move(probed.collectors),
                                  *kind.spec, std::move(probed.target), log_, stop_fd_);
  servers_.push_back(server);
  return {};
}

// Under the mutex. Takes out those that are on their way out, else the one whose last probe is longest ago.
bool Probes::make_room(Servers& gone) {
  std::sort(servers_.begin(), servers_.end(),
            [](const auto& a, const auto& b) { return a->leaving != b->leaving ? a->leaving : a->asked < b->asked; });
  for (auto one = servers_.begin(); one != servers_.end(); ++one) {
    if ((*one)->users == 0 && (*one)->let_go()) {
      gone.push_back(std::move(*one));
      servers_.erase(one);
      return true;
    }
  }
  return false;
}

void Probes::tend(Clock::time_point now) {
  Servers gone;
  const std::lock_guard lock(mutex_);
  for (auto& kind : kinds_) {
    look(*kind);
  }
  constexpr double kLongestKeep = 86400.0 * 365;  // more does not fit the clock
  const auto keep = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(std::min(settings_.keep_seconds, kLongestKeep)));
  std::erase_if(servers_, [&](const std::shared_ptr<Server>& one) {
    const bool unused = one->users == 0 && (one->leaving || now - one->asked >= keep);
    if (!unused || !one->let_go()) {
      return false;
    }
    gone.push_back(one);
    return true;
  });
}

bool Probes::stop(Clock::time_point deadline) {
  const std::lock_guard lock(mutex_);
  bool rest = true;
  for (auto& one : servers_) {
    rest = one->scheduler->stop(deadline) && rest;
  }
  return rest;
}

std::size_t Probes::servers() const {
  const std::lock_guard lock(mutex_);
  return servers_.size();
}

}  // namespace exporter
