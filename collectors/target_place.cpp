#include "collectors/target_place.h"

#include <sys/stat.h>

#include <cerrno>

#include "collectors/container/names.h"
#include "platform/socket_owner.h"

namespace exporter {
namespace {

// A look that the deadline ended is tried again with the next scrapes, but not for ever.
constexpr int kMostTries = 3;

}  // namespace

void TargetPlace::fill(int socket, const platform::Deadline& deadline, const Scrape& scrape, TargetPage& page) {
  struct stat status {};
  if (::fstat(socket, &status) != 0) {
    return;
  }
  if (status.st_ino != connection_) {
    connection_ = status.st_ino;
    tries_ = kMostTries;
    group_.clear();
    container_.clear();
  }
  if (tries_ > 0) {
    look_up(socket, deadline, scrape, page.self);
  }
  page.group = group_;
  page.container = container_;
}

void TargetPlace::look_up(int socket, const platform::Deadline& deadline, const Scrape& scrape, Sink& self) {
  int pid = 0;
  const int error = platform::peer_process(environment_.host, socket, deadline, pid);
  tries_ = error == ETIMEDOUT ? tries_ - 1 : 0;
  if (error == EACCES || error == EPERM) {
    self.problem(Problem::denied,
                 "which container a server reached by TCP runs in needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", error);
  }
  if (error != 0) {
    return;
  }
  group_ = platform::group_of_process(environment_.host, pid);
  const auto who = platform::cgroup_name(group_);
  if (who.runtime != platform::Runtime::none) {
    platform::ContainerFacts facts;
    container::Names names(environment_);
    names.begin();
    names.identify(who, facts, scrape);
    container_ = facts.pod_container.empty() ? facts.name : facts.pod_container;
  }
}

}  // namespace exporter
