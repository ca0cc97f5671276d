// What a column of a user's statement is worth, by its SQL type: a sample's value, a label's text, a list of numbers.
//
// "t" of bool: 1, "true"; "2026-11-26 04:05:06.7+00" of timestamptz: 1795665906; "1 day 02:00:00" of interval: 93600.
// Types are numbers of pg_type (PQftype); 0 stands for text. Texts are of DateStyle ISO and IntervalStyle postgres.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metric.h"

namespace exporter::postgres {

// bool: 1 or 0. Dates and times of day and date: whole seconds since 1970, in UTC where they have no zone. interval:
// seconds, a month being 30 days and a year 365.25, as EXTRACT(EPOCH) has it. All else: what reads as a number,
// infinity and "nan" among them; integers stay exact. Nothing for other texts.
std::optional<Value> custom_number(std::string_view text, std::uint32_t type) noexcept;

// Appends to `out`. bool: true or false. Dates and times of day and date: seconds since 1970. Floating point as the
// exporter that users come from writes it: 1.5, 1e+06. All else as it is.
void append_custom_label(std::string& out, std::string_view text, std::uint32_t type);

// The elements of an array of numbers: "{0.1,1,Infinity}". False when it is none, or has NULLs or dimensions.
bool custom_numbers(std::string_view text, std::vector<double>& out);

}  // namespace exporter::postgres
