#include "platform/changes.h"

#include <linux/magic.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>

#include "platform/text.h"

namespace platform {
namespace {

constexpr unsigned kKernelGroup = 1;  // udev's own messages are in group 2
// Room for a message or two: what does not fit is lost, and that there was something is all that counts.
constexpr int kReceiveBuffer = 4096;

bool is_of_type(const Dir& dir, long magic) {
  struct statfs status {};
  return ::fstatfs(dir.fd(), &status) == 0 && status.f_type == magic;
}

// Uevents go to the network namespaces of the first user namespace only; its map is
//   0          0 4294967295
bool in_first_user_namespace(const Dir& proc) {
  ReadBuffer buffer;
  if (proc.read("self/uid_map", buffer) != 0) {
    return false;
  }
  std::string_view text = buffer.text();
  const bool from_zero = word(text) == "0" && word(text) == "0";
  return from_zero && word(text) == "4294967295";
}

Fd listen_to_events() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof(kReceiveBuffer));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    socket.reset();
  }
  return socket;
}

}  // namespace

Changes::Changes(const Dir& proc, const Dir& sys) {
  if (!is_of_type(proc, PROC_SUPER_MAGIC) || !is_of_type(sys, SYSFS_MAGIC) || !in_first_user_namespace(proc)) {
    return;
  }
  if (proc.open_file("1/mountinfo", mounts_) != 0) {
    proc.open_file("self/mountinfo", mounts_);
  }
  events_ = listen_to_events();
}

bool Changes::events_came() noexcept {
  // Taken away in one go when they are few; a flood is met by the next look again.
  constexpr int kMost = 16;
  for (int taken = 0; taken < kMost; ++taken) {
    std::array<char, 64> begin;
    if (::recv(events_.get(), begin.data(), begin.size(), MSG_DONTWAIT | MSG_TRUNC) < 0) {
      return taken != 0 || (errno != EAGAIN && errno != EINTR);  // ENOBUFS: some were lost
    }
  }
  return true;
}

bool Changes::mounts_changed() noexcept {
  pollfd table{mounts_.get(), POLLPRI, 0};
  return ::poll(&table, 1, 0) != 0;
}

void Changes::look(Clock::time_point now) noexcept {
  if (!events_ || !mounts_) {
    return;
  }
  const bool came = events_came();
  const bool mounted = mounts_changed();
  if (came || mounted || again_ || now - counted_ >= kLongest) {
    counted_ = now;
    number_.fetch_add(1, std::memory_order_release);
  }
  again_ = came;
}

}  // namespace platform
