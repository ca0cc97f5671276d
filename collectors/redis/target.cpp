// A Redis server (or look-alike, or Sentinel): one kept connection, the commands of all collectors in one write.
#include "collectors/redis/target.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "collectors/redis/rights.h"

namespace exporter::redis {
namespace {

using Failure = platform::RedisConnection::Failure;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_up", "1 when the server answered."},
    {MetricType::gauge, "redis_exporter_last_scrape_error", "1 and the reason when the last scrape failed.", {"err"}},
    {MetricType::gauge, "redis_exporter_last_scrape_duration_seconds", "Duration of the last scrape."},
    {MetricType::gauge, "redis_exporter_last_scrape_connect_time_seconds",
     "Time the last scrape spent on connecting; 0 when the connection was kept."},
    {MetricType::counter, "redis_exporter_scrapes_total", "Scrapes of this server."},
    {MetricType::summary, "redis_exporter_scrape_duration_seconds", "Durations of the scrapes of this server."},
    {MetricType::gauge,
     "resource_exporter_target_failure",
     "1 while a monitored server cannot be read, and what keeps it from that.",
     {"module", "reason"}},
    {MetricType::gauge,
     "resource_exporter_redis_denied_commands",
     "1 for each command that the server's rules (ACL) forbid this user.",
     {"command"}},
};
constexpr const MetricDesc& kUp = kMetrics[0];
constexpr const MetricDesc& kLastError = kMetrics[1];
constexpr const MetricDesc& kLastDuration = kMetrics[2];
constexpr const MetricDesc& kConnectTime = kMetrics[3];
constexpr const MetricDesc& kScrapes = kMetrics[4];
constexpr const MetricDesc& kDurations = kMetrics[5];
constexpr const MetricDesc& kFailure = kMetrics[6];
constexpr const MetricDesc& kDenied = kMetrics[7];

constexpr std::string_view kClientName = "resource_exporter";
// From one look at all processes to the next: for a server that was there, and for one that never was.
constexpr std::chrono::seconds kLookAgain{5};
constexpr std::chrono::seconds kSeldom{60};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// 0 means no limit of its own, and a day is as good as none.
double usable_timeout(double seconds) {
  constexpr double kDay = 86400;
  return seconds > 0 ? std::min(seconds, kDay) : kDay;
}

class FurtherQuestions final : public Dialogue {
 public:
  FurtherQuestions(platform::RedisConnection& connection, const platform::Deadline& deadline)
      : connection_(connection), deadline_(deadline) {}

  bool exchange(const Questions& questions) override {
    return connection_.exchange(questions.text, questions.count, deadline_) == Failure::none;
  }
  Reply reply(std::size_t index) const noexcept override { return connection_.reply(index); }
  std::chrono::steady_clock::time_point deadline() const noexcept override { return deadline_.at; }
  int database() const noexcept override { return connection_.address().database; }
  std::unique_ptr<platform::RedisConnection> another() const override { return connection_.another(); }

 private:
  platform::RedisConnection& connection_;
  const platform::Deadline deadline_;
};

}  // namespace

Server::Server(std::vector<platform::RedisAddress> candidates, std::string address, bool automatic,
               const Environment& environment, std::span<const CollectorSpec* const> enabled,
               platform::RedisLogins::Allowed allowed, std::string server_name)
    : address_(std::move(address)),
      host_(environment.host),
      usual_(automatic ? candidates : std::vector<platform::RedisAddress>()),
      timeout_(usable_timeout(environment.options.number("connection-timeout"))),
      access_(access_of(environment)),
      connection_(std::move(candidates),
                  std::string(environment.options.flag("set-client-name") ? kClientName : std::string_view{}), {},
                  {.logins = &access_.logins(),
                   .allowed = allowed,
                   .tls = &access_.tls(),
                   .server_name = std::move(server_name)}),
      place_(environment),
      shows_role_(environment.options.flag("append-instance-role-label")),
      info_(environment.options.text("config-command")),
      requests_(info_),
      shown_(!automatic) {
  for (const auto* spec : enabled) {
    if (const auto* make = std::get_if<MakeCommand>(&spec->make)) {
      collectors_.push_back({.spec = spec, .command = (*make)(environment)});
    }
  }
}

Outcome Server::collect(const Scrape& scrape, TargetPage& page) {
  const auto start = std::chrono::steady_clock::now();
  const auto limit =
      start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(timeout_));
  const platform::Deadline deadline{.at = std::min(scrape.deadline, limit), .stop_fd = scrape.stop_fd};
  reason_.clear();
  fault_ = platform::Fault::none;
  bool answered = talk(deadline, page.runs);
  if (!answered && failure_ == Failure::unreachable && offer_containers()) {
    answered = talk(deadline, page.runs);
  }
  // A server that nobody named is shown once it answered, or said that it wants a password.
  if (answered || failure_ == Failure::refused) {
    shown_ = true;
  }
  if (!shown_ && failure_ == Failure::unreachable) {
    return Outcome::no_data;
  }
  page.reason = reason_;
  if (!shown_) {
    return Outcome::no_data;
  }
  if (answered) {
    show_role(page);
    read_replies(page.runs);
    // Earlier than the scrape's end: what is late here shall not cost what there is.
    ask_on(page.runs, {.at = start + (deadline.at - start) / 10 * 9, .stop_fd = deadline.stop_fd});
    place_.fill(connection_.descriptor(), deadline, scrape, page);
    page.found = "Redis " + info_.version() + " at " + connection_.address().shown();
  }
  if (connect_seconds_ > 0) {  // files were looked at
    if (const auto trouble = access_.trouble(); !trouble.empty()) {
      page.self.remark(trouble + "; what was read from it before stays in use");
    }
  }
  write_self(page.self, answered, seconds_since(start));
  return answered ? Outcome::ok : Outcome::failed;
}

// Where nobody named a server and there is none at the usual places. After a container's start it is somewhere else.
bool Server::offer_containers() {
  if (usual_.empty()) {
    return false;
  }
  auto places = containers_.look(host_, shown_ ? kLookAgain : kSeldom);
  if (places.empty()) {
    return false;
  }
  places.insert(places.begin(), usual_.begin(), usual_.end());
  connection_.offer(std::move(places));
  return true;
}

bool Server::talk(const platform::Deadline& deadline, std::span<const Run> runs) {
  connect_seconds_ = 0;
  // The first time nothing is known: INFO alone tells which commands make sense. Later a restart may show in the
  // replies; what was asked of the old server is then asked anew, once.
  if (!info_.known()) {
    requests_.clear();
    requests_.ask_info();
    if (!exchange(deadline) || !learn(nullptr)) {
      return false;
    }
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    gather(runs);
    bool changed = false;
    if (!exchange(deadline) || !learn(&changed)) {
      return false;
    }
    if (!changed) {
      break;
    }
  }
  for (std::size_t i = 1; i < requests_.count(); ++i) {
    info_.note_reply(requests_.command(i), connection_.reply(i));
  }
  return true;
}

void Server::gather(std::span<const Run> runs) {
  requests_.clear();
  requests_.ask_info();
  for (auto& collector : collectors_) {
    collector.first = requests_.slots().size();
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const Run& r) { return r.spec == collector.spec; });
    if (run != runs.end() && run->wanted) {
      collector.command->ask(info_, requests_);
    }
    collector.count = requests_.slots().size() - collector.first;
  }
}

bool Server::exchange(const platform::Deadline& deadline) {
  failure_ = connection_.exchange(requests_.text(), requests_.count(), deadline);
  connect_seconds_ += connection_.connect_seconds();
  if (failure_ != Failure::none) {
    fault_ = connection_.fault();
    reason_ = with_remedy(connection_.reason(), fault_);
  }
  return failure_ == Failure::none;
}

bool Server::learn(bool* changed) {
  const Reply info = connection_.reply(0);
  if (!info.is(Reply::Type::text)) {
    const bool error = info.is(Reply::Type::error);
    const std::string line = error ? connection_.error_line(info) : "INFO was not answered with text";
    fault_ = platform::redis_fault(line);
    reason_ = with_remedy(line, fault_);
    failure_ = error ? Failure::refused : Failure::broken;
    connection_.close();  // rights may be given to the next connection
    return false;
  }
  const bool other = info_.learn(info.text());
  if (changed != nullptr) {
    *changed = other;
  }
  return true;
}

Server::Collector* Server::collector_of(const Run& run) {
  const auto collector =
      std::find_if(collectors_.begin(), collectors_.end(), [&](const auto& one) { return one.spec == run.spec; });
  return run.wanted && collector != collectors_.end() ? &*collector : nullptr;
}

void Server::read_replies(std::span<Run> runs) {
  for (auto& run : runs) {
    Collector* const collector = collector_of(run);
    if (collector == nullptr) {
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    replies_.clear();
    for (const std::size_t slot : requests_.slots().subspan(collector->first, collector->count)) {
      replies_.push_back(slot == Requests::kNotSent ? Reply() : connection_.reply(slot));
    }
    try {
      run.outcome = collector->command->read(info_, replies_, run.sink);
    } catch (const std::exception& error) {
      run.outcome = Outcome::failed;  // one collector's fault is not the others'
      run.sink.problem(Problem::parse, error.what());
    }
    if (run.outcome == Outcome::failed) {
      run.sink.drop_samples();
    }
    run.seconds = seconds_since(start);
  }
}

// The role may change while the server runs.
void Server::show_role(TargetPage& page) {
  if (!shows_role_) {
    return;
  }
  const auto role = info_field(info_section(connection_.reply(0).text(), "Replication"), "role");
  if (role == role_) {
    return;
  }
  role_ = role;
  role_label_.clear();
  if (!role_.empty()) {
    role_label_.append("instance_role", role_);
  }
  std::string labels(page.self.constant_labels());
  labels.append(labels.empty() || role_.empty() ? "" : ",").append(role_label_.text());
  for (auto& run : page.runs) {
    run.sink.set_constant_labels(labels);
  }
}

void Server::ask_on(std::span<Run> runs, const platform::Deadline& deadline) {
  FurtherQuestions questions(connection_, deadline);
  for (auto& run : runs) {
    Collector* const collector = collector_of(run);
    if (collector == nullptr || run.outcome == Outcome::failed) {
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    try {
      run.outcome = collector->command->ask_on(info_, questions, run.sink, run.outcome);
    } catch (const std::exception& error) {
      run.outcome = Outcome::failed;
      run.sink.problem(Problem::parse, error.what());
    }
    if (run.outcome == Outcome::failed) {
      run.sink.drop_samples();
    }
    run.seconds += seconds_since(start);
  }
}

void Server::write_self(Sink& self, bool up, double seconds) {
  ++scrapes_;
  seconds_ += seconds;
  self.add(kUp, up ? 1 : 0, role_label_);
  self.add(kLastError, up ? 0 : 1, role_label_, {reason_});
  if (const auto word = platform::word_of(fault_); !word.empty()) {
    self.add(kFailure, 1, {to_text(Module::redis), word});
  }
  self.add(kLastDuration, seconds, role_label_);
  self.add(kConnectTime, connect_seconds_);
  denied_.clear();
  info_.each_denied([&](std::string_view command) {
    self.add(kDenied, 1, {command});
    denied_.append(" '+").append(command).append("'");
  });
  if (up && !denied_.empty()) {
    self.remark(
        "the server's rules forbid what is asked: as an administrator run ACL SETUSER with the user's name and" +
        denied_ + "; `resource_exporter acl redis` prints all rights");
  }
  self.add(kScrapes, scrapes_);
  self.add_part(kDurations, "_sum", seconds_, {});
  self.add_part(kDurations, "_count", scrapes_, {});
}

void Server::write_late(Sink& self) const {
  if (!shown_) {
    return;
  }
  self.add(kUp, 0);
  self.add(kLastError, 1, {"timeout"});
  self.add(kFailure, 1, {to_text(Module::redis), platform::word_of(platform::Fault::timeout)});
}

extern constinit const TargetSpec targets{
    .module = Module::redis,
    .metrics = kMetrics,
    .options = kTargetOptions,
    .make = make_targets,
    .probe = {.path = "/scrape",
              .credentials_parameter = "tls_server_name",
              .make = make_prober,
              .more_parameters = kProbeParameters},
    .prefix = {.word = kUsualNamespace, .option = kNamespace},
    .discover = {.path = "/discover-cluster-nodes", .make = make_discoverer},
    .source = make_source,
    .grants = grants_of,
    .rights = {.capabilities = "CAP_SYS_PTRACE", .unless = "redis.addr"},
};

}  // namespace exporter::redis
