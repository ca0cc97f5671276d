// Users and passwords for Redis servers whose address has none: one password for all, or a file.
//
// The file holds a password and nothing else, which then is the one for all; or a JSON object of passwords by server:
//   {"redis://db1:6379": "secret", "rediss://watcher@*.cache.example.com:*": "other", "unix:///run/redis.sock": ""}
// Keys are addresses of the servers, with the wildcards and networks of platform/server_list.h; without a port 6379 is
// meant. A user in front of the host belongs to the password. An entry of rediss:// or valkeys:// is for connections
// with TLS only, the others for all. Of several entries the most exact counts: the right user before none, a host
// before a pattern, a longer pattern before a shorter one. An empty password means that none is sent.
//
// The file is read again when it changed, which costs a stat for each login. While it is unreadable or no JSON, what
// was read before stays. Any thread. No text that this returns contains a key's user, a password or anything else of
// the file.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/file_stamp.h"
#include "platform/redis_address.h"
#include "platform/server_list.h"

namespace platform {

struct RedisLoginSettings {
  std::string user;      // for servers whose address has none
  std::string password;  // for all servers; the file is not read then
  std::string file;      // empty: none
};

class RedisLogins {
 public:
  explicit RedisLogins(RedisLoginSettings settings) : settings_(std::move(settings)) {}
  RedisLogins(const RedisLogins&) = delete;
  RedisLogins& operator=(const RedisLogins&) = delete;

  // What may be sent to a server: nothing, only what an entry of the file names the server for, or also the password
  // for all.
  enum class Allowed : std::uint8_t { none, named, all };
  // Gives `address` its login, unless it has one.
  void fill(RedisAddress& address, Allowed allowed);
  // True when fill() with Allowed::all would use the password for all.
  bool common(const RedisAddress& address);
  // True when an entry of the file is for this server, whatever its user.
  bool names(const RedisAddress& address);

  // Reads the file, whether or not it seems to have changed. Empty, or what is wrong.
  std::string reload();
  // Looks whether the file changed. Empty, or why the file as it is now is not in use.
  std::string look();
  // Grows whenever something else is in force.
  std::uint64_t generation();

 private:
  struct Entry {
    std::string user;
    ServerList server;
    std::string password;
    bool tls = false;        // for connections with TLS only
    bool pattern = false;    // for more than one host
    std::size_t length = 0;  // of the host as it is written
  };
  void refresh();
  std::string read();
  static std::string read_entries(std::string_view text, std::vector<Entry>& entries);
  static std::string read_key(std::string_view key, Entry& entry);
  const Entry* find(const RedisAddress& address, const std::string& user) const;

  const RedisLoginSettings settings_;
  std::mutex mutex_;
  bool looked_ = false;
  FileStamp stamp_;
  std::string trouble_;
  std::uint64_t generation_ = 0;
  std::vector<Entry> entries_;  // most exact first
  std::string file_password_;   // of a file that holds nothing else
};

}  // namespace platform
