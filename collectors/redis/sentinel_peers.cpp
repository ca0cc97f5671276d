// SENTINEL MASTERS, then for each master SENTINEL CKQUORUM: "OK 3 usable Sentinels. ..." or an error; SENTINEL
// SENTINELS and SENTINEL SLAVES: arrays of names and values, "ip" "10.0.0.2" "port" "26379" "flags" "sentinel,s_down"
// ... (https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/)
#include "collectors/redis/command.h"

namespace exporter::redis::sentinel_peers {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "redis_sentinel_master_ckquorum_status",
     "1 when enough Sentinels can be reached for a failover; the Sentinel's words are a label.",
     {"master_name", "message"}},
    {MetricType::gauge,
     "redis_sentinel_master_ok_sentinels",
     "Sentinels of the master that are up, this one counted.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_master_ok_slaves",
     "Replicas of the master that are up.",
     {"master_name", "master_address"}},
    {MetricType::gauge,
     "redis_sentinel_peer_info",
     "Another Sentinel of the master, in labels; always 1.",
     {"master_name", "master_address", "name", "ip", "port", "runid", "flags"}},
};
constexpr std::size_t kQuestions = 3;  // for each master

struct Master {
  std::string name;
  std::string address;
};

// Those whose flags say neither that this Sentinel nor that all of them hold them for down.
std::int64_t up(Reply servers) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto flags = array_value(servers[i], "flags").text();
    const bool down = flags.find("s_down") != std::string_view::npos || flags.find("o_down") != std::string_view::npos;
    count += down ? 0 : 1;
  }
  return count;
}

class SentinelPeers final : public Command {
 public:
  explicit SentinelPeers(const Environment& environment)
      : each_(environment.options.flag("include-sentinel-peer-info")) {}

  void ask(const ServerInfo& server, Requests& requests) override {
    if (server.mode() == Mode::sentinel) {
      requests.ask({"SENTINEL", "MASTERS"});
    }
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    count_ = 0;
    questions_.clear();
    if (replies.empty()) {
      return Outcome::no_data;
    }
    if (!replies[0].is(Reply::Type::array)) {
      return unusable(replies[0], "SENTINEL MASTERS", sink);
    }
    for (std::size_t i = 0; i < replies[0].size(); ++i) {
      const Reply one = replies[0][i];
      const auto name = array_value(one, "name").text();
      if (name.empty()) {
        continue;  // the collector sentinel complains
      }
      if (count_ == masters_.size()) {
        masters_.emplace_back();
      }
      Master& master = masters_[count_++];
      master.name = name;
      master.address.assign(array_value(one, "ip").text()).append(":").append(array_value(one, "port").text());
      questions_.ask({"SENTINEL", "CKQUORUM", name});
      questions_.ask({"SENTINEL", "SENTINELS", name});
      questions_.ask({"SENTINEL", "SLAVES", name});
    }
    return Outcome::no_data;
  }

  Outcome ask_on(ServerInfo&, Dialogue& dialogue, Sink& sink, Outcome so_far) override {
    if (count_ == 0) {
      return so_far;
    }
    if (!dialogue.exchange(questions_)) {
      sink.problem(Problem::deadline, "SENTINEL CKQUORUM");
      return so_far;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      const Master& master = masters_[i];
      const Reply quorum = dialogue.reply(kQuestions * i);
      if (quorum.text().starts_with("NOPERM")) {
        unusable(quorum, "SENTINEL CKQUORUM", sink);
      } else if (!quorum.text().empty()) {
        sink.add(kMetrics[0], quorum.is(Reply::Type::error) ? 0 : 1, {master.name, quorum.text()});
      }
      read_peers(master, dialogue.reply(kQuestions * i + 1), sink);
      const Reply slaves = dialogue.reply(kQuestions * i + 2);
      if (slaves.is(Reply::Type::array)) {
        sink.add(kMetrics[2], up(slaves), {master.name, master.address});
      } else {
        unusable(slaves, "SENTINEL SLAVES", sink);
      }
    }
    return Outcome::ok;
  }

 private:
  void read_peers(const Master& master, Reply sentinels, Sink& sink) const {
    if (!sentinels.is(Reply::Type::array)) {
      unusable(sentinels, "SENTINEL SENTINELS", sink);
      return;
    }
    sink.add(kMetrics[1], up(sentinels) + 1, {master.name, master.address});
    for (std::size_t i = 0; each_ && i < sentinels.size(); ++i) {
      const auto field = [&](std::string_view name) { return array_value(sentinels[i], name).text(); };
      sink.add(
          kMetrics[3], 1,
          {master.name, master.address, field("name"), field("ip"), field("port"), field("runid"), field("flags")});
    }
  }

  const bool each_;
  std::vector<Master> masters_;  // beyond count_: of earlier scrapes, for their capacity
  std::size_t count_ = 0;
  Questions questions_;
};

constexpr OptionDesc kOptions[] = {
    {"include-sentinel-peer-info", OptionType::flag, "false", "Redis: export the other Sentinels of each master.",
     "REDIS_EXPORTER_INCL_SENTINEL_PEER_INFO"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<SentinelPeers>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.sentinel_peers",
    .summary = "quorum, other Sentinels and replicas of each master, asked of a Sentinel",
    .module = Module::redis,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::redis::sentinel_peers
