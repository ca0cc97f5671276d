#include "exporter/http_waiting.h"

#include <algorithm>
#include <utility>

namespace exporter {

HttpWaiting::Tag HttpWaiting::enter() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t at = free_.back();
  free_.pop_back();
  ++size_;
  return {places_[at].turn, at};
}

void HttpWaiting::put(Held connection, Tag tag) {
  Place& place = places_[tag.place];
  place.weight = connection->weight();
  place.connection = std::move(connection);
  held_ += place.weight;
}

HttpWaiting::Held HttpWaiting::take_from(Place& place) {
  if (place.connection) {
    held_ -= place.weight;
  }
  return std::move(place.connection);
}

HttpWaiting::Held HttpWaiting::take(Tag tag) {
  return places_[tag.place].turn == tag.turn ? take_from(places_[tag.place]) : nullptr;
}

void HttpWaiting::leave(std::uint32_t place) {
  if (++places_[place].turn == 0) {
    places_[place].turn = 1;
  }
  free_.push_back(place);
  --size_;
}

HttpWaiting::Held HttpWaiting::oust() {
  const auto ends = [](const Place& place) {
    return place.connection ? place.connection->ends : Clock::time_point::max();
  };
  const auto first = std::min_element(places_.begin(), places_.end(),
                                      [&](const Place& a, const Place& b) { return ends(a) < ends(b); });
  if (first == places_.end() || !first->connection) {
    return nullptr;
  }
  Held ousted = take_from(*first);
  leave(static_cast<std::uint32_t>(first - places_.begin()));
  return ousted;
}

HttpWaiting::Clock::time_point HttpWaiting::expire(Clock::time_point now) {
  auto next = Clock::time_point::max();
  for (std::uint32_t i = 0; i < places_.size(); ++i) {
    const Held& connection = places_[i].connection;
    if (connection && connection->ends <= now) {
      take_from(places_[i]);
      leave(i);
    } else if (connection) {
      next = std::min(next, connection->ends);
    }
  }
  return next;
}

}  // namespace exporter
