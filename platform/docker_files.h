// What Docker itself knows about its containers, from the files below its data directory: no socket, no daemon.
//
// Source: <data-root>/containers/<id>/config.v2.json, which dockerd replaces by rename at every change. Readable for
// root or with CAP_DAC_READ_SEARCH. One thread at a time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/dir.h"
#include "platform/file_stamp.h"

namespace platform {

struct Host;

struct DockerContainer {
  enum class Health : std::uint8_t { none, healthy, other };
  std::string name;                                         // without the leading slash
  std::string image;                                        // as the user wrote it
  std::vector<std::pair<std::string, std::string>> labels;  // ordered by name
  std::int64_t pid = 0;                                     // of the first process; 0 when unknown
  std::int64_t created = 0;                                 // Unix seconds; 0 when unknown
  std::int64_t started = 0;
  Health health = Health::none;

  FileStamp stamp;      // of the file this came from; FileStamp{} before the first one
  bool usable = false;  // the file of `stamp` could be understood
};

class DockerFiles {
 public:
  // Larger files are not read: real ones have a few kilobytes.
  static constexpr std::int64_t kMaxFile = 1 << 20;

  // `data_root` empty: /etc/docker/daemon.json, every running dockerd's command line and /var/lib/docker are asked.
  DockerFiles(const Host& host, std::string data_root);

  // Looks for data directories again: a daemon may have been started since.
  void find_roots();

  // unchanged: the file is the one `container` came from. absent: no Docker container of this id. denied: no permission
  // to look. invalid: unreadable, too large, cut or about something else; `container` is empty then.
  enum class Result : std::uint8_t { unchanged, updated, absent, denied, invalid };
  Result read(std::string_view id, DockerContainer& container, ReadBuffer& buffer);

  // The directory that read() was denied last.
  const std::string& denied_place() const noexcept { return denied_place_; }

 private:
  struct Root {
    std::string place;  // <data-root>/containers
    Dir containers;
  };
  void add_root(std::string_view path);
  void roots_of_daemons();
  void root_of_settings(const std::string& path);

  const Host& host_;
  std::string fixed_root_;
  std::vector<Root> roots_;
  std::string denied_place_;
};

}  // namespace platform
