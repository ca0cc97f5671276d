// The Scheduler's servers that others name: they come and go between scrapes.
#include <algorithm>
#include <utility>

#include "exporter/scheduler_parts.h"

namespace exporter {

void Scheduler::settle(Clock::time_point deadline) {
  for (auto& source : sources_) {
    if (source->source) {
      source->source->settle(deadline);
    }
  }
  tend();
}

void Scheduler::tend() {
  for (auto& source : sources_) {
    if (source->source) {
      take_in(*source);
    }
  }
  let_go();
}

void Scheduler::take_in(Source& source) {
  for (const auto& news : source.source->news()) {
    const std::string who = news.source + ": ";
    std::erase_if(source.trouble, [&](const std::string& line) { return line.starts_with(who); });
    if (!news.good) {
      source.trouble.push_back(news.text.starts_with(who) ? news.text : who + news.text);
    }
    log_.write(news.good ? LogLevel::info : LogLevel::warn,
               news.good ? "servers are named by others" : "servers that others should name are not known",
               {{"module", to_text(source.spec.module)}, {"by", news.source}, {"what", news.text}});
  }
  const auto addresses = source.source->changes(source.generation);
  if (!addresses) {
    return;
  }
  Remotes mine;
  for (const auto& address : *addresses) {
    const auto known = std::find_if(source.remotes.begin(), source.remotes.end(),
                                    [&](const auto& remote) { return remote->label == address; });
    if (known != source.remotes.end()) {
      mine.push_back(*known);
    } else if (auto target = source.source->make(address)) {
      mine.push_back(make_remote(source.spec, source.members, source.indices, std::move(target), true));
      make_worker(*mine.back());
      log_.info("server comes", {{"module", to_text(source.spec.module)}, {"target", address}});
    }
  }
  const auto in = [](const Remotes& list, const std::shared_ptr<Remote>& remote) {
    return std::find(list.begin(), list.end(), remote) != list.end();
  };
  auto all = std::make_shared<Remotes>();
  for (const auto& remote : *remotes_) {
    if (!in(source.remotes, remote)) {
      all->push_back(remote);
    }
  }
  all->insert(all->end(), mine.begin(), mine.end());
  for (const auto& remote : source.remotes) {
    if (!in(mine, remote)) {
      log_.info("server goes", {{"module", to_text(source.spec.module)}, {"target", remote->label}});
      leaving_.push_back(remote);
    }
  }
  source.remotes = std::move(mine);
  const std::lock_guard lock(flights_mutex_);
  remotes_ = std::move(all);
}

// Of those that nobody reads any more, without waiting for anybody.
void Scheduler::let_go() {
  std::erase_if(leaving_, [this](const std::shared_ptr<Remote>& remote) {
    if (remote.use_count() > 1 || !remote->worker->rest(Clock::now())) {
      return false;
    }
    const std::unique_lock lock(page_mutex_, Clock::now());
    if (!lock.owns_lock()) {
      return false;
    }
    remote->each_sink([this](const Sink& sink) { registry_.forget(sink); });
    return true;
  });
}

}  // namespace exporter
