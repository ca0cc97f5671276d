// An NTP server, asked once with each scrape (RFC 4330): 48 octets there and 48 back, by default to the server of this
// machine itself.
#include <arpa/inet.h>
#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "collectors/host/ntp_reply.h"
#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/text.h"
#include "platform/udp_query.h"

namespace exporter::host::ntp {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_ntp_stratum", "Distance of the server from a reference clock."},
    {MetricType::gauge, "node_ntp_leap",
     "Leap indicator: 1 and 2 announce a leap second, 3 is an unsynchronised clock."},
    {MetricType::gauge, "node_ntp_rtt_seconds", "Time that question and answer were under way."},
    {MetricType::gauge, "node_ntp_offset_seconds", "How far the server's clock is ahead of ours."},
    {MetricType::gauge, "node_ntp_reference_timestamp_seconds",
     "When the server's clock was set last, in seconds since 1970; 0 for never."},
    {MetricType::gauge, "node_ntp_root_delay_seconds", "Time from the server to the reference clock and back."},
    {MetricType::gauge, "node_ntp_root_dispersion_seconds", "Error of the server's clock against the reference clock."},
    {MetricType::gauge, "node_ntp_sanity", "1 when the server's time keeps all limits."},
};
enum Metric : std::size_t { stratum, leap, rtt, offset, reference_time, root_delay, root_dispersion, sanity };

constexpr OptionDesc kOptions[] = {
    {"collector.ntp.server", OptionType::text, "127.0.0.1", "NTP server to ask."},
    {"collector.ntp.server-port", OptionType::integer, "123", "Its port."},
    {"collector.ntp.protocol-version", OptionType::integer, "4", "Version of NTP: 2, 3 or 4."},
    {"collector.ntp.server-is-local", OptionType::flag, "false",
     "The server is this machine's although its address is not one of the loopback."},
    {"collector.ntp.ip-ttl", OptionType::integer, "1", "Hops that a question may take."},
    {"collector.ntp.max-distance", OptionType::seconds, "3.46608s", "Most distance from the reference clock."},
    {"collector.ntp.local-offset-tolerance", OptionType::seconds, "1ms",
     "Most by which the server's clock may contradict ours."},
    {.name = "collector.ntp.fixtures",
     .type = OptionType::text,
     .default_value = "",
     .help = "Folder with a recorded exchange, for tests.",
     .hidden = true},
};

constexpr std::chrono::seconds kPatience{1};
constexpr std::chrono::milliseconds kMargin{50};  // to finish before the scrape's deadline

bool is_loopback(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24U) == 127;
  }
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::int64_t in_range(const Options& options, std::string_view name, std::int64_t least, std::int64_t most) {
  const auto value = options.integer(name);
  if (value < least || value > most) {
    throw OptionError("option " + std::string(name) + ": not within " + std::to_string(least) + " to " +
                      std::to_string(most));
  }
  return value;
}

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class Ntp final : public Collector {
 public:
  explicit Ntp(const Options& options)
      : query_{options.text("collector.ntp.server"),
               static_cast<std::uint16_t>(in_range(options, "collector.ntp.server-port", 1, 65535)),
               static_cast<int>(in_range(options, "collector.ntp.ip-ttl", 0, 255))},
        version_(static_cast<unsigned>(in_range(options, "collector.ntp.protocol-version", 2, 4))),
        judge_(options.number("collector.ntp.max-distance"), options.number("collector.ntp.local-offset-tolerance")) {
    if (!options.flag("collector.ntp.server-is-local") && !is_loopback(query_.host)) {
      throw OptionError("option collector.ntp.server: not a loopback address; collector.ntp.server-is-local allows it");
    }
    if (options.number("collector.ntp.local-offset-tolerance") < 0) {
      throw OptionError("option collector.ntp.local-offset-tolerance: must not be negative");
    }
    if (const auto& folder = options.text("collector.ntp.fixtures"); !folder.empty()) {
      recorded_ = platform::Dir(folder);
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    Exchange exchange;
    const int error = recorded_.valid() ? read_recorded(scrape, exchange) : ask_server(scrape, exchange);
    if (error != 0) {
      sink.problem(error == ETIMEDOUT ? Problem::deadline : Problem::io, query_.host, error);
      return Outcome::failed;
    }
    const auto reading = read_reply(exchange);
    if (!reading) {
      sink.problem(Problem::parse, query_.host);
      return Outcome::failed;
    }
    sink.add(kMetrics[stratum], reading->stratum);
    sink.add(kMetrics[leap], reading->leap);
    sink.add(kMetrics[rtt], reading->rtt);
    sink.add(kMetrics[offset], reading->offset);
    sink.add(kMetrics[reference_time], reading->reference_time);
    sink.add(kMetrics[root_delay], reading->root_delay);
    sink.add(kMetrics[root_dispersion], reading->root_dispersion);
    sink.add(kMetrics[sanity], judge_.sane(*reading) ? 1 : 0);
    return Outcome::ok;
  }

 private:
  int ask_server(const Scrape& scrape, Exchange& exchange) {
    const auto start = std::chrono::steady_clock::now();
    const platform::Deadline deadline{std::min(scrape.deadline - kMargin, start + kPatience), scrape.stop_fd};
    // A number that cannot be guessed instead of our time: whoever answers has seen the question.
    if (::getrandom(&exchange.cookie, sizeof exchange.cookie, GRND_NONBLOCK) < 0) {
      return errno;
    }
    std::array<char, kPacket> question{};
    question[0] = static_cast<char>(version_ << 3U | 3U);  // 3: a client
    for (std::size_t i = 0; i < sizeof exchange.cookie; ++i) {
      question[kPacket - 1 - i] = static_cast<char>(exchange.cookie >> (8 * i));
    }
    // The span between sending and receiving is taken from the clock that nobody sets.
    std::chrono::steady_clock::time_point sent;
    std::size_t got = 0;
    const int error = platform::ask(
        query_, question,
        [&] {
          exchange.sent = now();
          sent = std::chrono::steady_clock::now();
        },
        answer_, got, deadline);
    exchange.received = exchange.sent + std::chrono::nanoseconds(std::chrono::steady_clock::now() - sent).count();
    exchange.reply = {answer_.data(), got};
    return error;
  }

  // The file `exchange`: cookie, both times of ours and the reply, a line each; cookie and reply in hexadecimal.
  int read_recorded(const Scrape& scrape, Exchange& exchange) {
    if (const int error = recorded_.read("exchange", scrape.buffer)) {
      return error;
    }
    std::string_view rest = scrape.buffer.text();
    exchange.cookie = platform::hex_number<std::uint64_t>(platform::take(rest, '\n')).value_or(0);
    exchange.sent = platform::number<std::int64_t>(platform::take(rest, '\n')).value_or(0);
    exchange.received = platform::number<std::int64_t>(platform::take(rest, '\n')).value_or(0);
    const auto digits = platform::take(rest, '\n');
    std::size_t size = 0;
    for (; size < answer_.size() && 2 * size + 1 < digits.size(); ++size) {
      answer_[size] = static_cast<char>(platform::hex_number<unsigned char>(digits.substr(2 * size, 2)).value_or(0));
    }
    exchange.reply = {answer_.data(), size};
    return 0;
  }

  platform::UdpQuery query_;
  unsigned version_;
  Judge judge_;
  platform::Dir recorded_;
  std::array<char, 512> answer_{};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Ntp>(environment.options); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "ntp",
    .summary = "the time of an NTP server",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .deprecated = true,
};

}  // namespace exporter::host::ntp
