// What Podman knows about its containers, of root and of ordinary users.
//
// Sources, below the storage's folder (/var/lib/containers/storage, $HOME/.local/share/containers/storage, graphroot
// and runroot of storage.conf; readable for their owner, root or CAP_DAC_READ_SEARCH):
//   <driver>-containers/{containers,volatile-containers}.json   ids, names and images of all containers, also stopped
//   db.sql (SQLite; Podman 4.8 and later) or libpod/bolt_state.db (bbolt)   labels, environment and state
// containers.json is read again when its stamp changes, the databases when a container is looked up that is new.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/container_source.h"
#include "platform/sqlite_file.h"

namespace platform {

struct Host;

class PodmanFiles final : public ContainerSource {
 public:
  explicit PodmanFiles(const Host& host) : host_(host) { look_again(); }

  bool serves(Runtime runtime) const noexcept override {
    return runtime == Runtime::podman || runtime == Runtime::unknown;
  }
  void begin() override;
  Result read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) override;
  void look_again() override;

  // All containers, also those that do not run, with what the databases say of them. begin() comes first.
  using Visit = std::function<void(const std::string& id, ContainerFacts facts)>;
  void each(const Visit& visit);
  // Differs when something may have changed since: by the stamps of tables and databases.
  std::uint64_t fingerprint() const;

 private:
  struct Entry {
    std::string name;
    std::string image;
    std::int64_t created = 0;
  };
  struct Table {
    std::string file;  // without the leading slash
    FileStamp stamp;
    std::map<std::string, Entry, std::less<>> entries;
  };
  struct Place {
    std::string folder;  // without the leading slash, as the others
    std::string sqlite;
    std::string bolt;
    std::vector<Table> tables;
    bool denied = false;
  };
  // All that the database below `place` says of container `id`. False when it says nothing.
  bool read_database(const std::string& place, std::string_view id, ContainerFacts& facts);
  void add_place(std::string_view folder);
  void place_of_user(std::uint32_t user);
  void places_of_settings(const std::string& path);
  void refresh(Place& place);
  static void read_table(std::string_view text, Table& table);

  const Host& host_;
  std::vector<Place> places_;
  std::set<std::uint32_t> users_;
  ReadBuffer buffer_;
  SqliteLibrary sqlite_;
};

// The JSON texts that Podman keeps of a container in its database. Both may be empty.
void read_podman_config(std::string_view config, ContainerFacts& facts);
void read_podman_state(std::string_view state, ContainerFacts& facts);

}  // namespace platform
