// CONFIG GET dir, CONFIG GET dbfilename: where the server keeps its dump. The file's size is asked of this machine, so
// it is right where the server runs here, under the same path.
#include <cerrno>

#include "collectors/redis/command.h"
#include "platform/file_stamp.h"
#include "platform/host.h"

namespace exporter::redis::rdb_file {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "redis_rdb_current_size_bytes", "Size of the dump file; 0 when there is none."},
};

class RdbFile final : public Command {
 public:
  explicit RdbFile(const platform::Host& host) : host_(host) {}

  void ask(const ServerInfo&, Requests& requests) override {
    requests.ask_config({"GET", "dir"});
    requests.ask_config({"GET", "dbfilename"});
  }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    if (!replies[0].is(Reply::Type::array) || !replies[1].is(Reply::Type::array)) {
      return unusable(replies[0].is(Reply::Type::array) ? replies[1] : replies[0], "CONFIG GET dir", sink);
    }
    const auto folder = array_value(replies[0], "dir").text();
    const auto name = array_value(replies[1], "dbfilename").text();
    if (!folder.starts_with('/') || name.empty() || name == "." || name == ".." ||
        name.find('/') != std::string_view::npos) {
      sink.problem(Problem::parse, "CONFIG GET dbfilename");
      return Outcome::no_data;
    }
    path_.assign(folder.substr(1)).append("/").append(name);  // below --path.rootfs
    platform::FileStamp stamp;
    const int error = platform::stamp_of(host_.root, path_.c_str(), stamp);
    if (error != 0 && error != ENOENT && error != ENOTDIR) {
      sink.problem(Problem::denied, path_, error);
      return Outcome::no_data;
    }
    if (error == 0 && !stamp.regular) {
      sink.problem(Problem::parse, path_);
      return Outcome::no_data;
    }
    sink.add(kMetrics[0], error != 0 ? 0 : stamp.size);
    return Outcome::ok;
  }

 private:
  const platform::Host& host_;
  std::string path_;
};

constexpr OptionDesc kOptions[] = {
    {"include-rdb-file-size-metric", OptionType::flag, "false",
     "Redis: export the size of the dump file, where the server runs on this machine.",
     "REDIS_EXPORTER_INCL_RDB_FILE_SIZE_METRIC"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<RdbFile>(environment.host); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.rdb_file",
    .summary = "size of the dump file; on with --include-rdb-file-size-metric",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "include-rdb-file-size-metric",
};

}  // namespace exporter::redis::rdb_file
