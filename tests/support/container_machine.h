// A machine with control groups, written by a test: the other cgroup versions beside a collector's own fixture.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "exporter/sink.h"
#include "tests/support/fixture.h"

namespace tests {

// Whether the page holds exactly this line.
inline bool has_line(const std::string& page, const std::string& line) {
  return page.starts_with(line + "\n") || page.find("\n" + line + "\n") != std::string::npos;
}

enum class Cgroups { v1, v2, hybrid };

class ContainerMachine {
 public:
  // An id as runtimes make them.
  static inline const std::string kId = std::string(64, 'c');

  explicit ContainerMachine(Cgroups version);
  // Below sys/fs/cgroup/.
  void group_file(const std::string& path, std::string_view text) { file("sys/fs/cgroup/" + path, text); }
  void file(const std::string& path, std::string_view text);
  void remove(const std::string& path);
  // A symbolic link that leads to itself.
  void loop(const std::string& path);
  // `path` becomes the very file `source`: the same network namespace, for files of processes.
  void same_file(const std::string& source, const std::string& path);
  const std::filesystem::path& path() const { return folder_.path(); }
  // What dockerd writes for container `id`; `more` are further members, each after a comma.
  void docker(const std::string& id, const std::string& name, const std::string& more = "");
  void flag(const std::string& line);

  // One scrape with the collector; later calls scrape again.
  std::string page(std::string_view collector);
  std::uint32_t problems(exporter::Problem kind) const {
    return run_->sink().problems()[static_cast<std::size_t>(kind)];
  }

 private:
  FixtureCopy folder_;
  std::unique_ptr<FixtureRun> run_;
};

}  // namespace tests
