// What the main thread does between scrapes for the process as a whole.
#pragma once
#include <chrono>
#include <functional>

namespace exporter {

class Upkeep {
 public:
  using Clock = std::chrono::steady_clock;
  // After the start every server has been reached and every buffer has its size.
  static constexpr std::chrono::seconds kFirst{10};
  static constexpr std::chrono::minutes kNext{10};

  // `responds` says whether the scrape port is alive. Throws OptionError when systemd wants to hear of us more often
  // than tend() is called.
  explicit Upkeep(std::function<bool()> responds);

  // Tells systemd's watchdog that the port is alive, when it is, and lets go of code that nobody has used lately. Every
  // few seconds, one thread.
  void tend(Clock::time_point now);

 private:
  const std::function<bool()> responds_;
  const bool watched_;
  Clock::time_point let_go_ = Clock::now() + kFirst;
};

}  // namespace exporter
