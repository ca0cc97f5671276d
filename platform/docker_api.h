// What a runtime's API says of a container, over its unix socket: Docker's, and Podman's in its likeness. Only for
// those who ask for it, since the right to read such a socket is the right to write to it.
//
// Source: GET /containers/<id>/json (Docker Engine API, "Inspect a container"). Nothing but this request is ever sent.
// A thread of its own sends it, with a deadline; readers take what is there and never wait. The thread is made when the
// first container is asked for, and joined in the destructor.
#pragma once
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "platform/container_source.h"
#include "platform/deadline.h"

namespace platform {

class DockerApi final : public ContainerSource {
 public:
  using Clock = std::chrono::steady_clock;
  struct Times {
    std::chrono::milliseconds request{2000};   // most for one request
    std::chrono::milliseconds fresh{15000};    // a known container is asked for again after this
    std::chrono::milliseconds retry{5000};     // and one that gave an error
    std::chrono::milliseconds unused{300000};  // forgotten when nobody has read it for so long
  };

  // `path` of the socket, in this process' own view.
  DockerApi(std::string path, Times times);
  explicit DockerApi(std::string path) : DockerApi(std::move(path), Times()) {}
  ~DockerApi() override;

  bool serves(Runtime runtime) const noexcept override {
    return runtime == Runtime::docker || runtime == Runtime::unknown || runtime == Runtime::podman;
  }
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;

 private:
  struct Answer {
    ContainerFacts facts;
    std::uint64_t version = 0;  // 0: none yet
    bool denied = false;
    bool awaited = true;  // nobody has read it yet
    bool asking = true;
    Clock::time_point due;  // to be asked for again
    Clock::time_point used;
  };
  void work();
  void ask(const std::string& id);
  int request(const std::string& id, std::string& body) const;

  const std::string path_;
  const Times times_;
  Fd stop_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  bool stopping_ = false;
  std::uint64_t versions_ = 0;
  std::map<std::string, Answer, std::less<>> answers_;
  std::thread thread_;
};

// "unix:///run/docker.sock", "unix:/run/docker.sock" or a path; empty when it is none of these.
std::string socket_path(std::string_view address);

}  // namespace platform
