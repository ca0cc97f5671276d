// How the module gets into servers: passwords from options or a file, and TLS. One instance, in Environment::shared.
#pragma once
#include <string>

#include "exporter/collector.h"
#include "platform/redis_connection.h"

namespace exporter::redis {

// Any thread.
class Access {
 public:
  // Throws OptionError when a file that the options name is no good.
  explicit Access(const Environment& environment);

  platform::RedisLogins& logins() noexcept { return logins_; }
  platform::TlsClient& tls() noexcept { return tls_; }
  // Which of the files is another by now and no good, so that what was read before is in use; empty when none is.
  std::string trouble();

 private:
  platform::RedisLogins logins_;
  platform::TlsClient tls_;
  const bool tls_files_;  // the options name some
};

Access& access_of(const Environment& environment);

// `reason`, one line, with what a user can do about it.
std::string with_remedy(std::string reason, platform::Fault fault);

}  // namespace exporter::redis
