#include "platform/statfs_pool.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace platform {

// Outlives the pool as long as a helper hangs.
struct StatfsPool::State {
  Function function;
  std::mutex mutex;
  std::condition_variable work;     // a job was queued, or the end
  std::condition_variable changed;  // a job began or finished, or a helper left
  std::vector<std::shared_ptr<Job>> queue;
  std::vector<std::shared_ptr<Job>> running;
  unsigned threads = 0;
  bool ending = false;

  // True when no helper will come for the queue soon: all hang.
  bool all_hang(unsigned most, std::chrono::nanoseconds timeout, Clock::time_point now) const {
    return running.size() >= most &&
           std::all_of(running.begin(), running.end(), [&](const auto& job) { return now - job->started_ >= timeout; });
  }
};

int StatfsPool::system_statfs(const char* path, struct statfs& out) {
  for (;;) {
    if (::statfs(path, &out) == 0) {
      return 0;
    }
    if (errno != EINTR) {
      return errno;
    }
  }
}

StatfsPool::StatfsPool(unsigned helpers, Function function)
    : state_(std::make_shared<State>()), most_(std::max(helpers, 1U)) {
  state_->function = std::move(function);
  state_->running.reserve(most_);
}

StatfsPool::~StatfsPool() {
  std::unique_lock lock(state_->mutex);
  state_->ending = true;
  state_->queue.clear();
  state_->work.notify_all();
  state_->changed.wait(lock, [&] { return state_->threads == state_->running.size(); });
}

bool StatfsPool::submit(const std::shared_ptr<Job>& job) {
  const std::lock_guard lock(state_->mutex);
  if (job->state_ == Job::State::running) {  // begun for an earlier scrape, perhaps just now
    return !job->given_up_;
  }
  if (job->state_ == Job::State::queued) {  // left over from a scrape in which all helpers hung
    return true;
  }
  job->state_ = Job::State::queued;
  state_->queue.push_back(job);
  const std::size_t free = state_->threads - state_->running.size();
  if (state_->queue.size() > free && state_->threads < most_) {
    try {
      std::thread(help, state_).detach();
      ++state_->threads;
    } catch (const std::system_error&) {  // no thread to be had: those there are, if any, will come to it
      if (state_->threads == 0) {
        job->state_ = Job::State::idle;
        state_->queue.pop_back();
        return false;
      }
    }
  }
  state_->work.notify_one();
  return true;
}

int StatfsPool::wait(Job& job, std::chrono::nanoseconds timeout, Clock::time_point deadline, struct statfs& out) {
  std::unique_lock lock(state_->mutex);
  for (;;) {
    if (job.state_ == Job::State::done) {
      out = job.result_;
      return job.error_;
    }
    const auto now = Clock::now();
    const bool running = job.state_ == Job::State::running;
    if (now >= deadline || (running && now - job.started_ >= timeout) ||
        (!running && state_->all_hang(most_, timeout, now))) {
      job.given_up_ = running;
      return kStuck;
    }
    auto until = deadline;
    if (running) {
      until = std::min(until, job.started_ + std::chrono::duration_cast<Clock::duration>(timeout));
    } else {
      for (const auto& other : state_->running) {  // the moment at which all might be hanging
        const auto limit = other->started_ + std::chrono::duration_cast<Clock::duration>(timeout);
        until = limit > now ? std::min(until, limit) : until;
      }
    }
    state_->changed.wait_until(lock, until);
  }
}

unsigned StatfsPool::helpers() const {
  const std::lock_guard lock(state_->mutex);
  return state_->threads;
}

void StatfsPool::help(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->work.wait(lock, [&] { return state->ending || !state->queue.empty(); });
    if (state->ending) {
      break;
    }
    const auto job = state->queue.front();
    state->queue.erase(state->queue.begin());
    job->state_ = Job::State::running;
    job->started_ = Clock::now();
    job->given_up_ = false;
    state->running.push_back(job);
    state->changed.notify_all();
    lock.unlock();
    job->error_ = state->function(job->path_.c_str(), job->result_);
    lock.lock();
    job->state_ = Job::State::done;
    std::erase(state->running, job);
    state->changed.notify_all();
  }
  --state->threads;
  state->changed.notify_all();
}

}  // namespace platform
