#include "platform/docker_api.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/byte_stream.h"
#include "platform/docker_files.h"
#include "platform/http_post.h"

namespace platform {
namespace {

constexpr std::size_t kMostAnswers = 10000;
// Who has no name yet comes back ever less often, and must find it then.
constexpr int kTimesLongerAwaited = 12;

}  // namespace

std::string socket_path(std::string_view address) {
  for (const std::string_view scheme : {"unix://", "unix:"}) {
    if (address.starts_with(scheme)) {
      address.remove_prefix(scheme.size());
      break;
    }
  }
  return address.starts_with('/') ? std::string(address) : std::string();
}

DockerApi::DockerApi(std::string path, Times times)
    : path_(std::move(path)), times_(times), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

DockerApi::~DockerApi() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  wanted_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

DockerApi::Result DockerApi::read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& /*buffer*/) {
  // Nothing else may get into the request's path.
  if (name.id.empty() || name.id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") != std::string_view::npos) {
    return Result::absent;
  }
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  auto found = answers_.find(name.id);
  if (found == answers_.end()) {
    if (answers_.size() >= kMostAnswers) {
      return Result::absent;
    }
    found = answers_.emplace(std::string(name.id), Answer()).first;
    found->second.used = now;
    if (!thread_.joinable()) {
      thread_ = std::thread([this] { work(); });
    }
    wanted_.notify_all();
  }
  Answer& answer = found->second;
  answer.used = now;
  if (!answer.asking && now >= answer.due) {
    answer.asking = true;
    wanted_.notify_all();
  }
  if (answer.version == 0) {
    denied_place_ = path_;
    return answer.denied ? Result::denied : Result::absent;
  }
  answer.awaited = false;
  // The number of the answer stands where a file's stamp does.
  if (facts.usable && facts.stamp.inode == answer.version) {
    return Result::unchanged;
  }
  facts = answer.facts;
  facts.stamp.inode = answer.version;
  return Result::updated;
}

void DockerApi::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = Clock::now();
    std::erase_if(answers_, [&](const auto& entry) {
      const Answer& answer = entry.second;
      return now - answer.used > times_.unused * (answer.awaited ? kTimesLongerAwaited : 1);
    });
    const auto next =
        std::find_if(answers_.begin(), answers_.end(), [](const auto& entry) { return entry.second.asking; });
    if (next == answers_.end()) {
      wanted_.wait(lock);
      continue;
    }
    const std::string id = next->first;
    lock.unlock();
    ask(id);
    lock.lock();
  }
}

void DockerApi::ask(const std::string& id) {
  std::string body;
  ContainerFacts facts;
  int error = request(id, body);
  if (error == 0) {
    facts.usable = read_docker_config(id, body, facts);
    error = facts.usable ? 0 : EPROTO;
  }
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(id);
  if (found == answers_.end()) {
    return;
  }
  Answer& answer = found->second;
  answer.asking = false;
  answer.denied = is_denied(error);
  answer.due = Clock::now() + (error == 0 ? times_.fresh : times_.retry);
  if (error == 0) {
    answer.facts = std::move(facts);
    answer.version = ++versions_;
  } else if (error == ENOENT) {
    answer.version = 0;  // the runtime is there and does not know it
    answer.awaited = false;
  }
}

// Returns 0 with the reply's body, ENOENT for a container that the runtime does not know, or another errno value.
int DockerApi::request(const std::string& id, std::string& body) const {
  const Deadline deadline{.at = Clock::now() + times_.request, .stop_fd = stop_.get()};
  const Connected connected = connect_to({.host = {}, .port = 0, .path = path_}, deadline);
  if (!connected.stream) {
    return connected.error == ENOENT ? ECONNREFUSED : connected.error;
  }
  const std::string text = "GET /containers/" + id + "/json HTTP/1.0\r\nHost: docker\r\n\r\n";
  if (const int error = connected.stream->send(text, deadline)) {
    return error;
  }
  HttpReply reply;
  std::array<char, 16384> buffer;
  for (;;) {
    std::size_t got = 0;
    if (const int error = connected.stream->receive(buffer, got, deadline)) {
      return error;
    }
    if (got == 0) {
      break;
    }
    if (reply.text.size() + got > static_cast<std::size_t>(kMaxFile)) {
      return EMSGSIZE;
    }
    reply.text.append(buffer.data(), got);
  }
  parse_http_reply(reply);
  if (reply.error == 0 && reply.status == 200) {
    body = reply.body();
  }
  return reply.error != 0 ? reply.error : reply.status == 200 ? 0 : reply.status == 404 ? ENOENT : EPROTO;
}

}  // namespace platform
