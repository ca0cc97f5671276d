// What the collector `updates` makes of texts: kernel releases and the note that update-notifier leaves for logins.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter::host::updates {

// Whether two releases are of one line of kernels: all but their numbers is the same ("6.1.0-9-amd64" and
// "6.1.0-10-amd64", not "6.1.0-9-rt-amd64").
bool same_flavour(std::string_view a, std::string_view b) noexcept;

// Whether `a` is newer than `b`, by their numbers from left to right.
bool newer(std::string_view a, std::string_view b) noexcept;

// The counts in /var/lib/update-notifier/updates-available; those that it does not tell are empty.
struct Available {
  std::optional<std::uint64_t> all;
  std::optional<std::uint64_t> security;
};
Available available_updates(std::string_view text) noexcept;

// Number of different lines, blank ones aside.
std::uint64_t different_lines(std::string_view text);

}  // namespace exporter::host::updates
