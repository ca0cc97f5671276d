// What is read anew on SIGHUP and POST /-/reload. One instance, in Environment::shared.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace exporter {

class Reloads {
 public:
  // Returns an empty text, or one line that says what is wrong: then what was in force stays.
  using Reload = std::function<std::string()>;

  // Any thread.
  void add(Reload reload) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(reload));
  }
  bool empty() const {
    const std::lock_guard lock(mutex_);
    return all_.empty();
  }
  // Calls all, one after the other, and returns what they say, one line each. Any thread.
  std::string run() {
    const std::lock_guard lock(mutex_);
    std::string wrong;
    for (const auto& reload : all_) {
      if (const auto line = reload(); !line.empty()) {
        wrong.append(wrong.empty() ? "" : "\n").append(line);
      }
    }
    return wrong;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Reload> all_;
};

}  // namespace exporter
