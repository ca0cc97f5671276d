#include "collectors/redis/node_source.h"

#include <algorithm>
#include <utility>

#include "collectors/redis/command.h"
#include "collectors/redis/node_lists.h"
#include "collectors/redis/target.h"

namespace exporter::redis {
namespace {

using platform::RedisAddress;
using platform::RedisConnection;
using Failure = RedisConnection::Failure;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "resource_exporter_target_source_up",
     "1 when servers that name others, such as the nodes of a cluster, answered the last time.",
     {"module", "source"}},
    {MetricType::gauge, "resource_exporter_target_source_targets", "Servers that they name.", {"module", "source"}},
};

constexpr std::chrono::seconds kPatience{2};  // with one of those who may know
constexpr std::size_t kMostAsked = 8;         // of them in one round, so that a dead cluster costs seconds
constexpr std::size_t kMostMasters = 100;

std::string shown_of(const std::vector<RedisAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) {
    text.append(text.empty() ? "" : ",").append(address.shown());
    text.append(address.group.empty() ? "" : "/").append(address.group);
  }
  return text;
}

// Sorted by what is shown, each once.
void tidy(std::vector<RedisAddress>& addresses) {
  std::stable_sort(addresses.begin(), addresses.end(),
                   [](const auto& a, const auto& b) { return a.shown() < b.shown(); });
  const auto end = std::unique(addresses.begin(), addresses.end(),
                               [](const auto& a, const auto& b) { return a.shown() == b.shown(); });
  addresses.erase(end, addresses.end());
}

bool same(const std::vector<RedisAddress>& a, const std::vector<RedisAddress>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.shown() == y.shown() && x.sentinel == y.sentinel; });
}

// A Sentinel has passwords of its own: the one for all servers is not for it.
platform::RedisLogins::Allowed allowed_for(const RedisAddress& address) {
  return address.sentinel ? platform::RedisLogins::Allowed::named : platform::RedisLogins::Allowed::all;
}

std::string said_by(Reply error, const RedisConnection& connection, std::string_view command) {
  return error.is(Reply::Type::error)
             ? with_remedy(connection.error_line(error), platform::redis_fault(connection.error_line(error)))
             : std::string(command) + " was not answered with what it should be";
}

}  // namespace

NodeSource::NodeSource(std::vector<Group> groups, std::vector<std::string> named, const Environment& environment,
                       std::span<const CollectorSpec* const> enabled)
    : environment_(environment),
      enabled_(enabled),
      named_(std::move(named)),
      names_(environment.options.flag("cluster-discover-hostnames")),
      access_(access_of(environment)) {
  for (auto& group : groups) {
    Watched& watched = watched_.emplace_back();
    watched.shown = shown_of(group.seeds);
    watched.nodes = group.seeds;
    watched.group = std::move(group);
  }
  const std::lock_guard lock(background_.mutex());
  publish();
  background_.start([this] { work(); });
}

void NodeSource::work() {
  std::unique_lock lock(background_.mutex());
  while (!background_.stopping()) {
    for (auto& watched : watched_) {
      lock.unlock();
      look(watched);
      lock.lock();
    }
    background_.changed().wait_for(lock, kEvery, [this] { return background_.stopping(); });
  }
}

// Asks who answered last, then the others in turn.
void NodeSource::look(Watched& watched) {
  const std::size_t all = watched.group.seeds.size() + watched.known.size();
  std::string reason;
  Answer best;
  for (std::size_t i = 0; i < std::min(all, kMostAsked) && best.nodes.size() < 2; ++i) {
    const std::size_t index = (watched.at + i) % all;
    std::string why;
    Answer answer = ask(watched, index, why);
    // A node that was taken out of the cluster knows none but itself: the others say whether that is all.
    if (answer.nodes.size() > best.nodes.size()) {
      best = std::move(answer);
      watched.at = index;
    }
    reason = reason.empty() ? std::move(why) : reason;
  }
  const std::lock_guard lock(background_.mutex());
  watched.looked = true;
  watched.reason = best.nodes.empty() ? std::move(reason) : std::string();
  if (!best.nodes.empty()) {
    watched.nodes = std::move(best.nodes);
    // By index nobody is who they were.
    if (!same(watched.known, best.known)) {
      watched.known = std::move(best.known);
      watched.at = std::min(watched.at, watched.group.seeds.size() - 1);
    }
    publish();
  }
  background_.changed().notify_all();
}

NodeSource::Answer NodeSource::ask(Watched& watched, std::size_t index, std::string& reason) {
  const auto& seeds = watched.group.seeds;
  const RedisAddress& address = index < seeds.size() ? seeds[index] : watched.known[index - seeds.size()];
  if (!watched.connection || watched.connection->address().shown() != address.shown()) {
    watched.connection = std::make_unique<RedisConnection>(
        std::vector{address}, std::string{}, platform::RedisLimits{},
        platform::RedisAccess{
            .logins = &access_.logins(), .allowed = allowed_for(address), .tls = &access_.tls(), .server_name = {}});
  }
  Answer answer;
  const bool good = watched.group.sentinel ? ask_sentinel(*watched.connection, answer, reason)
                                           : ask_cluster(*watched.connection, answer, reason);
  if (!good) {
    reason = address.shown() + ": " + reason;
    return {};
  }
  return answer;
}

bool NodeSource::exchange(RedisConnection& connection, const std::string& commands, std::size_t count,
                          std::string& reason) const {
  const platform::Deadline deadline{.at = std::chrono::steady_clock::now() + kPatience,
                                    .stop_fd = background_.stop_fd()};
  if (connection.exchange(commands, count, deadline) != Failure::none) {
    reason = with_remedy(connection.reason(), connection.fault());
    return false;
  }
  return true;
}

bool NodeSource::ask_cluster(RedisConnection& connection, Answer& answer, std::string& reason) const {
  Questions questions;
  questions.ask({"CLUSTER", "NODES"});
  if (!exchange(connection, questions.text, questions.count, reason)) {
    return false;
  }
  const Reply nodes = connection.reply(0);
  if (!nodes.is(Reply::Type::text)) {
    reason = said_by(nodes, connection, "CLUSTER NODES");
    return false;
  }
  append_cluster_nodes(nodes.text(), connection.address(), names_, answer.nodes);
  tidy(answer.nodes);
  answer.known = answer.nodes;
  reason = answer.nodes.empty() ? "CLUSTER NODES names nobody" : "";
  return !answer.nodes.empty();
}

bool NodeSource::ask_sentinel(RedisConnection& connection, Answer& answer, std::string& reason) const {
  const RedisAddress asked = connection.address();
  Questions questions;
  questions.ask({"SENTINEL", "MASTERS"});
  if (!exchange(connection, questions.text, questions.count, reason)) {
    return false;
  }
  const Reply masters = connection.reply(0);
  if (!masters.is(Reply::Type::array)) {
    reason = said_by(masters, connection, "SENTINEL MASTERS");
    return false;
  }
  // Servers are not reached with the Sentinel's login.
  RedisAddress server = asked;
  server.login = false;
  server.user.clear();
  server.password.clear();
  questions.clear();
  for (std::size_t i = 0; i < std::min(masters.size(), kMostMasters); ++i) {
    const auto name = array_value(masters[i], "name").text();
    if (!name.empty() && (asked.group.empty() || asked.group == name)) {
      questions.ask({"SENTINEL", "SLAVES", name});
      questions.ask({"SENTINEL", "SENTINELS", name});
      append_sentinel_server(masters[i], server, answer.nodes);
    }
  }
  if (questions.count == 0) {
    reason = asked.group.empty() ? "it watches no master" : "it knows no master '" + asked.group + "'";
    return false;
  }
  if (!exchange(connection, questions.text, questions.count, reason)) {
    return false;
  }
  answer.known.push_back(asked);
  for (std::size_t i = 0; i < questions.count; i += 2) {
    append_sentinel_servers(connection.reply(i), server, answer.nodes);
    append_sentinel_servers(connection.reply(i + 1), asked, answer.known);
  }
  tidy(answer.known);
  for (auto& sentinel : answer.known) {
    sentinel.sentinel = true;
    sentinel.group = asked.group;
  }
  answer.nodes.insert(answer.nodes.end(), answer.known.begin(), answer.known.end());
  tidy(answer.nodes);
  return true;
}

// Under the mutex.
void NodeSource::publish() {
  Addresses all;
  for (const auto& watched : watched_) {
    all.insert(all.end(), watched.nodes.begin(), watched.nodes.end());
  }
  tidy(all);
  std::erase_if(all, [this](const RedisAddress& address) {
    return std::find(named_.begin(), named_.end(), address.shown()) != named_.end();
  });
  left_out_ = all.size() > kMostNodes ? all.size() - kMostNodes : 0;
  all.resize(std::min(all.size(), kMostNodes));
  if (generation_ == 0 || !same(all, nodes_)) {
    nodes_ = std::move(all);
    ++generation_;
  }
}

void NodeSource::settle(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(background_.mutex());
  background_.changed().wait_until(lock, deadline, [this] {
    return std::all_of(watched_.begin(), watched_.end(), [](const Watched& watched) { return watched.looked; });
  });
}

std::optional<std::vector<std::string>> NodeSource::changes(std::uint64_t& generation) {
  const std::lock_guard lock(background_.mutex());
  if (generation == generation_) {
    return std::nullopt;
  }
  generation = generation_;
  std::vector<std::string> addresses;
  for (const auto& node : nodes_) {
    addresses.push_back(node.shown());
  }
  return addresses;
}

std::unique_ptr<Target> NodeSource::make(std::string_view address) {
  const std::lock_guard lock(background_.mutex());
  const auto node =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const RedisAddress& one) { return one.shown() == address; });
  if (node == nodes_.end()) {
    return nullptr;
  }
  return std::make_unique<Server>(std::vector{*node}, node->shown(), false, environment_, enabled_, allowed_for(*node));
}

std::vector<TargetSource::News> NodeSource::news() {
  std::vector<News> news;
  const std::lock_guard lock(background_.mutex());
  for (auto& watched : watched_) {
    if (watched.looked && watched.reason != watched.said_reason) {
      watched.said_reason = watched.reason;
      watched.said_well = watched.said_well && watched.reason.empty();
      if (!watched.reason.empty()) {
        news.push_back({.good = false, .source = watched.shown, .text = watched.reason});
      }
    }
    if (watched.looked && watched.reason.empty() && !std::exchange(watched.said_well, true)) {
      news.push_back(
          {.good = true, .source = watched.shown, .text = std::to_string(watched.nodes.size()) + " servers"});
    }
  }
  if (left_out_ != std::exchange(said_left_out_, left_out_) && left_out_ != 0) {
    news.push_back({.good = false,
                    .source = watched_.front().shown,
                    .text = std::to_string(left_out_) + " servers are left out: at most " + std::to_string(kMostNodes) +
                            " are watched, let another exporter have some of them"});
  }
  return news;
}

std::span<const MetricDesc> NodeSource::metrics() const noexcept { return kMetrics; }

void NodeSource::write(Sink& sink) const {
  const std::lock_guard lock(background_.mutex());
  for (const auto& watched : watched_) {
    sink.add(kMetrics[0], watched.looked && watched.reason.empty() ? 1 : 0, {"redis", watched.shown});
    sink.add(kMetrics[1], watched.nodes.size(), {"redis", watched.shown});
  }
}

}  // namespace exporter::redis
