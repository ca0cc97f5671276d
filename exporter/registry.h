// Makes one page of many sinks: families merged and sorted by name, one HELP and TYPE each, duplicate series dropped.
//
// Output: Prometheus text exposition 0.0.4. Not thread-safe: the scheduler calls it under its own lock. A warm render
// (no new family since the last one) allocates nothing beyond the growth of `page`.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/body.h"
#include "exporter/sink.h"

namespace exporter {

class Registry {
 public:
  // A series or family that was left out of the page.
  struct Dropped {
    std::size_t sink;  // index in the span given to render()
    Problem kind;      // duplicate or conflict
    std::string what;  // name of a family, or the first series of this sink
    std::uint64_t count;
  };

  // Appends the page of `sinks` to `page`, the largest texts without a copy: they stay as they are while `page` has
  // them. Where two sinks write the same series, the one earlier in the span stays;
  // where they disagree on a family's type, the type seen first in this Registry's life stays and the other's samples
  // are left out. HELP is that of the first. Foreign sinks stand last in the span; a type that only they know is good
  // for one page.
  void render(std::span<const Sink* const> sinks, Body& page);

  // To be called before a sink that was on a page ends: another one may be made in its place.
  void forget(const Sink& sink) { known_.erase(&sink); }

  // What the last render() left out.
  std::span<const Dropped> dropped() const noexcept { return dropped_; }
  // Series on the last page.
  std::size_t series() const noexcept { return series_; }

 private:
  struct Family {
    std::string name;
    MetricType type{};
    std::string header;    // HELP and TYPE lines
    bool foreign = false;  // only foreign sinks know it
    std::int32_t first = -1;
    std::int32_t last = -1;
    // Fingerprints of the series of the last page on which all of them were different. The same again needs no further
    // look for duplicates.
    std::vector<std::uint64_t> different;
  };
  struct Part {
    const Sink::Column* column;
    std::size_t sink;
    std::int32_t next;
  };

  std::size_t family_of(const Sink::Column& column, bool foreign);
  static void describe(Family& family, const Sink::Column& column);
  static void append(const Sink::Column& column, Body& page);
  void append(Family& family, Body& page);
  bool same_as_before(const Family& family) const;
  void append_checked(Family& family, Body& page);
  std::size_t slot_of(std::string_view series, std::uint64_t hash);
  void start_round(std::size_t lines);
  void drop(std::size_t sink, Problem kind, std::string_view what, std::uint64_t count);

  std::vector<std::unique_ptr<Family>> families_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::vector<std::size_t> sorted_;
  std::vector<Part> parts_;
  // Families of each sink's columns, so that a warm render looks up no name.
  std::unordered_map<const Sink*, std::vector<std::size_t>> known_;

  std::vector<std::pair<std::uint32_t, std::string_view>> seen_;  // open-addressing table: (round, series)
  std::uint32_t round_ = 0;
  std::vector<Dropped> dropped_;
  std::size_t series_ = 0;
};

}  // namespace exporter
