// The kernel's load balancer. /proc/net/ip_vs_stats holds totals, hexadecimal, in its third line; /proc/net/ip_vs a
// line per virtual service, each followed by its real servers (net/netfilter/ipvs/ip_vs_ctl.c):
//   TCP  C0A80016:0CEA wlc
//     -> C0A85216:0CEA      Tunnel  100    248        2
//   FWM  10001000 wlc
//     -> [2001:0db8:0000:0000:0000:0000:0000:0001]:0050      Route   20     64         1
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::ipvs {
namespace {

// The backend metrics have the labels that the option names.
constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_ipvs_connections_total", "Connections made."},
    {MetricType::counter, "node_ipvs_incoming_packets_total", "Packets received."},
    {MetricType::counter, "node_ipvs_outgoing_packets_total", "Packets sent."},
    {MetricType::counter, "node_ipvs_incoming_bytes_total", "Bytes received."},
    {MetricType::counter, "node_ipvs_outgoing_bytes_total", "Bytes sent."},
    {MetricType::gauge, "node_ipvs_backend_connections_active", "Active connections of a real server."},
    {MetricType::gauge, "node_ipvs_backend_connections_inactive", "Inactive connections of a real server."},
    {MetricType::gauge, "node_ipvs_backend_weight", "Weight of a real server."},
};
constexpr std::size_t kTotals = 5;
constexpr std::size_t kActive = 5;
constexpr std::size_t kInactive = 6;
constexpr std::size_t kWeight = 7;

constexpr std::string_view kLabelsOption = "collector.ipvs.backend-labels";
constexpr OptionDesc kOptions[] = {
    {kLabelsOption, OptionType::text, "local_address,local_port,remote_address,remote_port,proto,local_mark",
     "Labels of backend series, separated by commas; servers alike in them are summed."},
};

constexpr std::array<std::string_view, 6> kLabels{"local_address", "local_port", "remote_address",
                                                  "remote_port",   "proto",      "local_mark"};
using LabelValues = std::array<std::string, kLabels.size()>;  // in this order
using Chosen = std::array<bool, kLabels.size()>;

Chosen chosen_labels(std::string_view names) {
  Chosen chosen{};
  while (!names.empty()) {
    const auto name = platform::take(names, ',');
    const auto* const found = std::find(kLabels.begin(), kLabels.end(), name);
    if (found != kLabels.end()) {
      chosen[static_cast<std::size_t>(found - kLabels.begin())] = true;
    } else if (!name.empty()) {
      throw OptionError("option " + std::string(kLabelsOption) + ": there is no label " + std::string(name) +
                        "; choose from " + std::string(kOptions[0].default_value));
    }
  }
  return chosen;
}

// "C0A80016:0CEA" or "[2001:0db8:...:0001]:0CEA". False when the text is neither.
bool parse_endpoint(std::string_view text, std::string& address, std::string& port) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  const auto number = platform::hex_number<std::uint16_t>(text.substr(colon + 1));
  const auto host = text.substr(0, colon);
  in6_addr binary{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  int family = AF_INET;
  if (host.starts_with('[') && host.ends_with(']')) {
    family = AF_INET6;
    if (::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &binary) != 1) {
      return false;
    }
  } else if (const auto four = platform::hex_number<std::uint32_t>(host); four && host.size() == 8) {
    binary.s6_addr32[0] = htonl(*four);
  } else {
    return false;
  }
  if (!number || ::inet_ntop(family, &binary, shown.data(), shown.size()) == nullptr) {
    return false;
  }
  address = shown.data();
  port = std::to_string(*number);
  return true;
}

// The real servers that the chosen labels do not tell apart.
struct Group {
  LabelBlock labels;
  std::uint64_t round = 0;  // of the last scrape with a server of this group
  bool whole = false;       // every server's numbers could be read
  std::int64_t weight = 0;
  std::uint64_t active = 0;
  std::uint64_t inactive = 0;
};

class Ipvs final : public Collector {
 public:
  explicit Ipvs(const Environment& environment)
      : chosen_(chosen_labels(environment.options.text(kLabelsOption))),
        totals_(environment.host.proc, "net/ip_vs_stats"),
        table_(environment.host.proc, "net/ip_vs") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = totals_.read(scrape.buffer)) {
      return unreadable(sink, totals_.name(), error);
    }
    write_totals(scrape.buffer.text(), sink);
    if (const int error = table_.read(scrape.buffer)) {
      unreadable(sink, table_.name(), error);
      return Outcome::ok;
    }
    read_table(scrape.buffer.text(), sink);
    for (const Group* group : order_) {
      if (!group->whole) {
        continue;
      }
      sink.add(kMetrics[kActive], group->active, group->labels);
      sink.add(kMetrics[kInactive], group->inactive, group->labels);
      sink.add(kMetrics[kWeight], group->weight, group->labels);
    }
    return Outcome::ok;
  }

 private:
  static void write_totals(std::string_view text, Sink& sink) {
    platform::take(text, '\n');  // two lines of headings
    platform::take(text, '\n');
    std::string_view line = platform::take(text, '\n');
    for (std::size_t i = 0; i < kTotals; ++i) {
      if (const auto value = platform::hex_number<std::uint64_t>(platform::word(line))) {
        sink.add(kMetrics[i], *value);
      } else {
        sink.problem(Problem::parse, kMetrics[i].name);
      }
    }
  }

  void read_table(std::string_view rest, Sink& sink) {
    ++round_;
    order_.clear();
    servers_.start();
    for (int headings = 0; headings < 3; ++headings) {
      platform::take(rest, '\n');
    }
    std::size_t service = 0;  // length of the service's part of key_
    key_.clear();
    while (!rest.empty()) {
      std::string_view line = platform::take(rest, '\n');
      const auto first = platform::word(line);
      if (first == "->") {
        key_.resize(service);
        key_.append(platform::word(line));
        read_server(line, sink);
      } else if (!first.empty()) {
        key_.assign(first).append(" ").append(platform::word(line)).append(" ");
        service = key_.size();
      }
    }
    servers_.finish();
    if (groups_.size() != order_.size()) {
      std::erase_if(groups_, [&](const auto& entry) { return entry.second->round != round_; });
    }
  }

  // The server that key_ names; `line` holds the way of forwarding and three numbers.
  void read_server(std::string_view line, Sink& sink) {
    Group* const group = servers_.at(key_, [&] { return make_group(key_); });
    platform::word(line);
    const auto weight = platform::number<std::int32_t>(platform::word(line));
    const auto active = platform::number<std::uint32_t>(platform::word(line));
    const auto inactive = platform::number<std::uint32_t>(platform::word(line));
    if (group == nullptr) {
      sink.problem(Problem::parse, table_.name());
      return;
    }
    if (group->round != round_) {
      group->round = round_;
      group->whole = true;
      group->weight = 0;
      group->active = 0;
      group->inactive = 0;
      order_.push_back(group);
    }
    if (!weight || !active || !inactive) {
      group->whole = false;
      sink.problem(Problem::parse, table_.name());
      return;
    }
    group->weight += *weight;
    group->active += *active;
    group->inactive += *inactive;
  }

  // The group of "<protocol> <service> <server>", or nullptr when that cannot be read.
  Group* make_group(std::string_view key) {
    auto& [local_address, local_port, remote_address, remote_port, proto, mark] = values_;
    proto = platform::take(key, ' ');
    const auto service = platform::take(key, ' ');
    mark.clear();
    if (proto == "FWM") {  // any destination, chosen by the firewall's mark
      local_address.clear();
      local_port = "0";
      mark = service;
    } else if (!parse_endpoint(service, local_address, local_port)) {
      return nullptr;
    }
    if (!parse_endpoint(key, remote_address, remote_port)) {
      return nullptr;
    }
    LabelBlock labels;
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
      if (chosen_[i]) {
        labels.append(kLabels[i], values_[i]);
      }
    }
    auto& group = groups_[std::string(labels.text())];
    if (!group) {
      group = std::make_unique<Group>();
      group->labels = std::move(labels);
    }
    return group.get();
  }

  Chosen chosen_;
  platform::KeptFile totals_;
  platform::KeptFile table_;
  std::unordered_map<std::string, std::unique_ptr<Group>> groups_;  // by label text
  platform::RowCache<Group*> servers_;                              // into groups_
  std::vector<Group*> order_;                                       // the groups of this scrape
  std::uint64_t round_ = 0;
  std::string key_;
  LabelValues values_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Ipvs>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "ipvs",
    .summary = "load balancing from /proc/net/ip_vs and ip_vs_stats",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::ipvs
