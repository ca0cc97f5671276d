// What systemd says of its units, as ListUnits and the units' properties have it (org.freedesktop.systemd1(5)).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/bus.h"
#include "platform/regex.h"
#include "platform/row_cache.h"

namespace exporter::host::systemd {

inline constexpr std::array<std::string_view, 5> kStates = {"activating", "active", "deactivating", "failed",
                                                            "inactive"};
inline constexpr std::size_t kActive = 1;

// By the end of the name: the kinds that have properties of their own here.
enum class Kind : std::uint8_t { other, service, mount, socket, timer };
Kind kind_of(std::string_view name) noexcept;

struct Unit {
  std::string name;
  std::string path;  // of the object
  Kind kind = Kind::other;
  bool kept = false;                   // passes the filters
  std::size_t state = kStates.size();  // index into kStates; their number for a state of another name
  std::string type;                    // Service.Type or Mount.Type
  bool type_known = false;
};

// All units of one moment.
class Units {
 public:
  explicit Units(platform::Filter filter) : filter_(std::move(filter)) {}

  // Takes the reply of ListUnits, ten values a unit. False when that is not what it is.
  bool read(std::span<const platform::BusValue> values);
  // Those that pass the filters and whose definition is loaded.
  std::span<Unit* const> shown() const noexcept { return shown_; }
  // How many units are in each state, before the filters: kStates first, then what else was seen.
  std::span<const std::pair<std::string, std::uint64_t>> counts() const noexcept { return counts_; }
  // Asks anew for the type of each unit.
  void forget_types() noexcept;

 private:
  std::size_t count(std::string_view state);

  platform::Filter filter_;
  platform::RowCache<Unit> rows_;
  std::vector<Unit*> shown_;
  std::vector<std::pair<std::string, std::uint64_t>> counts_;
};

// The number in a version: 252.39 of "252.39-1~deb12u2", 247 of "v247-rc2".
std::optional<double> version_number(std::string_view text) noexcept;

// A pattern that must fit from end to end.
std::string anchored(const std::string& pattern);

}  // namespace exporter::host::systemd
