// What a reply of an NTP server says, and whether its time can be trusted (RFC 5905, RFC 4330).
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter::host::ntp {

inline constexpr std::size_t kPacket = 48;

// One question and its answer. Times of ours are nanoseconds since 1970.
struct Exchange {
  std::uint64_t cookie = 0;  // what stood in the question as time of sending; the answer repeats it
  std::int64_t sent = 0;
  std::int64_t received = 0;
  std::string_view reply;
};

struct Reading {
  unsigned stratum = 0;
  unsigned leap = 0;             // 0 none, 1 a second is inserted, 2 one is left out, 3 the clock is not synchronised
  std::int64_t server_time = 0;  // nanoseconds since 1970, as all times here
  double rtt = 0;                // seconds, as all spans here
  double offset = 0;
  double reference_time = 0;  // seconds since 1970; 0 when the server has none
  double root_delay = 0;
  double root_dispersion = 0;
  double root_distance = 0;
  double least_error = 0;  // by how much the times contradict each other
  bool valid = false;      // by the rules that a client has to keep
};

// Nothing when it is no answer to the question.
std::optional<Reading> read_reply(const Exchange& exchange) noexcept;

// Decides whether the server can be trusted. Keeps the day of a leap second, which servers announce until it is over
// and may smear on both sides.
class Judge {
 public:
  Judge(double most_distance, double tolerance) : most_distance_(most_distance), tolerance_(tolerance) {}
  bool sane(const Reading& reading) noexcept;

 private:
  double most_distance_;
  double tolerance_;
  std::optional<std::int64_t> leap_midnight_;
};

}  // namespace exporter::host::ntp
