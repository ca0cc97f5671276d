// Logins for GET /probe by name (--config.file), as postgres_exporter has them:
//
//   auth_modules:
//     app:
//       type: userpass
//       userpass: {username: monitor, password_file: /run/secrets/monitor}   # or password: in clear text
//       options: {sslmode: verify-full}
//
// A key that is not known is an error, and a file with an error changes nothing: what was read before stays.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/file_stamp.h"

namespace exporter::postgres {

struct AuthModule {
  std::string name;
  std::string user;
  std::string password;
  std::string password_file;                                 // read at each login; wins over `password`
  std::vector<std::pair<std::string, std::string>> options;  // of the DSN

  bool complete() const noexcept { return !user.empty() && !(password.empty() && password_file.empty()); }
};

// Reads a file's `text`. Returns an empty text, or one line that names the place and repeats no value.
std::string read_auth_modules(std::string_view file, std::string_view text, std::vector<AuthModule>& modules);

// The file, read again when it was replaced or changed. Thread-safe.
class AuthFile {
 public:
  // `named`: the user gave the path; else it is the usual one, and need not exist. Relative to the working directory.
  AuthFile(std::string path, bool named);

  Prober::Settings look();
  // A copy; false when there is no module of the name.
  bool find(std::string_view name, AuthModule& module) const;

  // Nothing before there is a file, or should be one.
  struct Reloads {
    bool any = false;
    bool good = false;
    double success_seconds = 0;  // since 1970; 0: never
  };
  Reloads reloads() const;

 private:
  std::string read(std::vector<AuthModule>& modules) const;

  const std::string path_;
  const bool named_;
  const platform::Dir folder_;
  mutable std::mutex mutex_;
  bool looked_ = false;
  platform::FileStamp stamp_;
  std::uint64_t generation_ = 0;
  Reloads reloads_;
  std::vector<AuthModule> modules_;
};

}  // namespace exporter::postgres
