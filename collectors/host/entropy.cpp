// /proc/sys/kernel/random/entropy_avail: "256", and poolsize beside it, both in bits (random(4))
#include <array>
#include <cerrno>
#include <cstdint>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::entropy {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_entropy_available_bits", "Entropy in the kernel's pool."},
    {MetricType::gauge, "node_entropy_pool_size_bits", "How much entropy the kernel's pool can hold."},
};

class Entropy final : public Collector {
 public:
  explicit Entropy(const Environment& environment)
      : files_{platform::KeptFile(environment.host.proc, "sys/kernel/random/entropy_avail"),
               platform::KeptFile(environment.host.proc, "sys/kernel/random/poolsize")} {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool any = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const int error = files_[i].read_once(scrape.buffer);
      if (error == ENOENT) {
        continue;
      }
      any = true;
      if (error != 0) {
        unreadable(sink, files_[i].name(), error);
      } else if (const auto value = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()))) {
        sink.add(kMetrics[i], *value);
      } else {
        sink.problem(Problem::parse, files_[i].name());
      }
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  std::array<platform::KeptFile, 2> files_;  // in the order of kMetrics
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Entropy>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "entropy",
    .summary = "entropy of the kernel's random number generator",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::entropy
