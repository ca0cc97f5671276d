// Dates of the Gregorian calendar, before and after its invention. std::chrono's stop at the year 32767; those of
// PostgreSQL do not.
#pragma once
#include <cstdint>

namespace platform {

// Days from 1970-01-01; `month` 1 to 12, `day` 1 to 31. The year 0 is 1 BC.
constexpr std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  year -= month <= 2 ? 1 : 0;  // years begin in March, so that the leap day is their last; 400 of them are a cycle
  const std::int64_t cycle = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_cycle = year - cycle * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
  return cycle * 146097 + day_of_cycle - 719468;
}

}  // namespace platform
