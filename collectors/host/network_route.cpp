// Unicast routes of all tables, IPv4 and IPv6, by rtnetlink (RTM_GETROUTE, see rtnetlink(7) and ip-route(8)):
//   192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2
#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <tuple>
#include <vector>

#include "collectors/host/link_table.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/netlink.h"
#include "platform/netlink_text.h"
#include "platform/traffic_messages.h"

namespace exporter::host::network_route {
namespace {

namespace netlink = platform::netlink;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_network_route_info",
     "1 for each unicast route, and for each hop of a route over several.",
     {"device", "src", "dest", "gw", "priority", "proto", "weight"}},
    {MetricType::gauge, "node_network_routes", "Unicast routes over the device.", {"device"}},
};

constexpr OptionDesc kOptions[] = {
    {.name = "collector.network_route.fixtures",
     .type = OptionType::text,
     .default_value = "",
     .help = "Folder whose file messages, netlink messages as text, to read instead of asking the kernel.",
     .hidden = true},
};

struct Protocol {
  unsigned number;
  std::string_view name;
};
// linux/rtnetlink.h, RTPROT_*
constexpr Protocol kProtocols[] = {
    {0, "unspec"},   {1, "redirect"}, {2, "kernel"}, {3, "boot"},      {4, "static"}, {8, "gated"}, {9, "ra"},
    {10, "mrt"},     {11, "zebra"},   {12, "bird"},  {13, "dnrouted"}, {14, "xorp"},  {15, "ntk"},  {16, "dhcp"},
    {17, "mrouted"}, {42, "babel"},   {186, "bgp"},  {187, "isis"},    {188, "ospf"}, {189, "rip"}, {192, "eigrp"},
};

std::string_view protocol_name(unsigned number) {
  const auto* const found = std::find_if(std::begin(kProtocols), std::end(kProtocols),
                                         [&](const Protocol& protocol) { return protocol.number == number; });
  return found == std::end(kProtocols) ? "unknown" : found->name;
}

// An address, 4 or 16 octets, or none.
struct Octets {
  unsigned size = 0;
  std::array<unsigned char, 16> bytes{};
  bool operator==(const Octets&) const = default;
  bool operator<(const Octets& other) const { return std::tie(size, bytes) < std::tie(other.size, other.bytes); }
};

Octets octets_of(std::string_view from) {
  Octets result;
  if (from.size() == 4 || from.size() == 16) {
    result.size = static_cast<unsigned>(from.size());
    std::copy(from.begin(), from.end(), result.bytes.begin());
  }
  return result;
}

// All that the labels of one series are made of.
struct Row {
  int link = 0;
  Octets destination;
  unsigned prefix = 0;
  Octets source;
  Octets gateway;
  std::uint32_t priority = 0;
  unsigned protocol = 0;
  unsigned weight = 0;  // 0: a route over one link has none
  bool operator==(const Row&) const = default;
  bool operator<(const Row& other) const { return key() < other.key(); }

 private:
  std::tuple<const int&, const Octets&, const unsigned&, const Octets&, const Octets&, const std::uint32_t&,
             const unsigned&, const unsigned&>
  key() const {
    return std::tie(link, destination, prefix, source, gateway, priority, protocol, weight);
  }
};

// True for ::0102:0304, which inet_ntop() writes as ::1.2.3.4, unlike what dashboards know.
bool looks_like_ipv4(const Octets& address) {
  const auto nonzero = [](unsigned char octet) { return octet != 0; };
  return address.size == 16 && std::none_of(address.bytes.begin(), address.bytes.begin() + 12, nonzero) &&
         std::any_of(address.bytes.begin() + 12, address.bytes.begin() + 14, nonzero);
}

// Text of numbers and addresses, made in place.
class Text {
 public:
  Text& add(const Octets& address) {
    if (looks_like_ipv4(address)) {
      const auto word = [&](std::size_t at) { return address.bytes[at] * 256U + address.bytes[at + 1]; };
      add(':').add(':').add(word(12), 16).add(':').add(word(14), 16);
    } else if (address.size != 0) {
      ::inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.bytes.data(), text_.data() + size_,
                  static_cast<socklen_t>(text_.size() - size_));
      size_ += std::string_view(text_.data() + size_).size();
    }
    return *this;
  }
  Text& add(char c) {
    text_[size_++] = c;
    return *this;
  }
  Text& add(std::uint32_t number, int base = 10) {
    char* const end = std::to_chars(text_.data() + size_, text_.data() + text_.size(), number, base).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
    return *this;
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 64> text_{};  // an address of IPv6 takes at most 46, its prefix 4
  std::size_t size_ = 0;
};

class NetworkRoute final : public Collector {
 public:
  explicit NetworkRoute(const Environment& environment)
      : links_(environment.shared.get<LinkTable>()),
        recorded_(!environment.options.text("collector.network_route.fixtures").empty()),
        folder_(environment.options.text("collector.network_route.fixtures")),
        file_(folder_, "messages"),
        request_(RTM_GETROUTE, rtmsg{}) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    rows_.clear();
    const Outcome outcome = recorded_ ? from_file(scrape, sink) : from_netlink(sink);
    if (outcome == Outcome::ok) {
      write(sink);
    }
    return outcome;
  }

 private:
  Outcome from_netlink(Sink& sink) {
    int error = names_.read(links_);
    if (error == 0) {
      error = socket_.dump(
          request_, [&] { rows_.clear(); }, [&](const netlink::Message& message) { take(message); });
    }
    if (error != 0) {
      sink.problem(Problem::io, "rtnetlink routes", error);
      return Outcome::failed;
    }
    return Outcome::ok;
  }

  Outcome from_file(const Scrape& scrape, Sink& sink) {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    names_.clear();
    const std::size_t bad =
        netlink::read_text(scrape.buffer.text(), payload_, [&](const netlink::Message& message) { take(message); });
    names_.sort();
    if (bad != 0) {
      sink.problem(Problem::parse, file_.name());
    }
    return Outcome::ok;
  }

  void take(const netlink::Message& message) {
    if (message.type == RTM_NEWLINK) {
      if (const auto link = platform::parse_link(message.payload)) {
        names_.add(link->index, link->name);
      }
      return;
    }
    auto route = message.type == RTM_NEWROUTE ? platform::parse_route(message.payload) : std::nullopt;
    if (!route || route->type != RTN_UNICAST) {
      return;
    }
    Row row{.link = route->link,
            .destination = octets_of(route->destination),
            .prefix = route->prefix,
            .source = octets_of(route->source),
            .gateway = octets_of(route->gateway),
            .priority = route->priority,
            .protocol = route->protocol,
            .weight = 0};
    if (route->hops.empty()) {
      rows_.push_back(row);
      return;
    }
    while (const auto hop = platform::take_hop(route->hops)) {
      row.link = hop->link;
      row.gateway = octets_of(hop->gateway);
      row.weight = hop->weight;
      rows_.push_back(row);
    }
  }

  // Several tables may hold the same route: it counts each time, but is one series.
  void write(Sink& sink) {
    for (Row& row : rows_) {
      row.link = names_.find(row.link).empty() ? 0 : row.link;  // all that vanished have the same empty name
    }
    std::sort(rows_.begin(), rows_.end());
    for (std::size_t i = 0; i < rows_.size();) {
      const int link = rows_[i].link;
      const auto device = names_.find(link);
      std::uint64_t count = 0;
      for (; i < rows_.size() && rows_[i].link == link; ++i) {
        ++count;
        if (count == 1 || rows_[i] != rows_[i - 1]) {
          write(sink, rows_[i], device);
        }
      }
      sink.add(kMetrics[1], count, {device});
    }
  }

  static void write(Sink& sink, const Row& row, std::string_view device) {
    Text destination;
    if (row.prefix != 0) {
      destination.add(row.destination).add('/').add(row.prefix);
    }
    Text weight;
    if (row.weight != 0) {
      weight.add(row.weight);
    }
    sink.add(
        kMetrics[0], 1,
        {device, Text().add(row.source).view(), row.prefix == 0 ? "default" : destination.view(),
         Text().add(row.gateway).view(), Text().add(row.priority).view(), protocol_name(row.protocol), weight.view()});
  }

  LinkTable::Reader links_;
  LinkNames names_;
  bool recorded_;
  platform::Dir folder_;
  platform::KeptFile file_;
  std::vector<char> payload_;
  netlink::Socket socket_{NETLINK_ROUTE};
  netlink::Request request_;
  std::vector<Row> rows_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<NetworkRoute>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "network_route",
    .summary = "unicast routes by network device, by netlink",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // the rtnl lock is held for seconds where containers come and go
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .worker = "rtnl",
};

}  // namespace exporter::host::network_route
