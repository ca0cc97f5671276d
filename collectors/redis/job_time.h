// When a job came, as the systems of queue_systems.h write it down.
#pragma once
#include <optional>
#include <string_view>

namespace exporter::redis::queues {

// The text of the value that stands under `name` in a JSON object itself, not in what it holds; of a string with its
// quotes. Empty when there is none. Allocates nothing.
std::string_view json_member(std::string_view json, std::string_view name) noexcept;

// Seconds since 1970 of seconds, of milliseconds (from 1973 on) or of 2024-06-27T16:21:00.513000Z. None for anything
// else.
std::optional<double> moment_of(std::string_view text) noexcept;

}  // namespace exporter::redis::queues
