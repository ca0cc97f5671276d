#include "platform/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>

#include "platform/dir.h"
#include "tests/support/fixture.h"

namespace platform {
namespace {

// What systemd does: a datagram socket, by path or in the abstract namespace.
TEST(Notify, ReachesTheServiceManager) {
  const tests::FixtureCopy folder(std::filesystem::path(FIXTURES) / "host/loadavg");
  const std::string path = (folder.path() / "notify").string();
  for (const std::string& name : {path, "@" + path}) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name[0] == '@') {
      address.sun_path[0] = '\0';
    }
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_service_manager("READY=1");
    char text[32];
    const ssize_t got = ::recv(socket.get(), text, sizeof text, MSG_DONTWAIT);
    EXPECT_EQ(std::string_view(text, got < 0 ? 0 : static_cast<std::size_t>(got)), "READY=1") << name;
  }
  ::unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");  // nobody to tell: no harm
}

}  // namespace
}  // namespace platform
