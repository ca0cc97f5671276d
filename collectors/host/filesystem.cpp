// Mounts from /proc/1/mountinfo (proc_pid_mountinfo(5)) and their sizes by statfs(2):
//   27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
#include <sys/vfs.h>

#include <algorithm>
#include <utility>

#include "collectors/host/filesystem.h"

#include "collectors/host/filter_options.h"
#include "collectors/host/mount_table.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/statfs_pool.h"
#include "platform/text.h"

namespace exporter::host::filesystem {
namespace {

using platform::StatfsPool;

enum Metric : std::size_t { size, free, avail, files, files_free, purgeable, read_only, device_error, mount_info };

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_filesystem_size_bytes",
     "Size of the file system.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_free_bytes",
     "Free space, that kept for root included.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_avail_bytes",
     "Free space for everybody.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_files",
     "Inodes the file system can have.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_files_free",
     "Free inodes.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_purgeable_bytes",
     "Space that the system may reclaim; always 0 on Linux.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_readonly",
     "1 when nothing can be written.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_device_error",
     "1 when statfs failed or hangs; device_error says why.",
     {"device", "device_error", "fstype", "mountpoint"}},
    {MetricType::gauge,
     "node_filesystem_mount_info",
     "Device numbers of the mount; the value is 1.",
     {"device", "major", "minor", "mountpoint"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.filesystem.mount-points-exclude", OptionType::regex,
     "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
     "Mount points to leave out; not together with mount-points-include."},
    {"collector.filesystem.mount-points-include", OptionType::regex, "",
     "Mount points to show; replaces the default of mount-points-exclude."},
    {.name = "collector.filesystem.ignored-mount-points",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.filesystem.mount-points-exclude.",
     .hidden = true,
     .notice = "use collector.filesystem.mount-points-exclude"},
    {"collector.filesystem.fs-types-exclude", OptionType::regex,
     "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
     "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$",
     "File system types to leave out; not together with fs-types-include."},
    {"collector.filesystem.fs-types-include", OptionType::regex, "",
     "File system types to show; replaces the default of fs-types-exclude."},
    {.name = "collector.filesystem.ignored-fs-types",
     .type = OptionType::regex,
     .default_value = "",
     .help = "Old name of collector.filesystem.fs-types-exclude.",
     .hidden = true,
     .notice = "use collector.filesystem.fs-types-exclude"},
    {.name = "collector.filesystem.mount-timeout",
     .type = OptionType::seconds,
     .default_value = "5s",
     .help = "Time after which a mount that does not answer counts as stuck.",
     .hidden = true},
    {.name = "collector.filesystem.stat-workers",
     .type = OptionType::integer,
     .default_value = "4",
     .help = "Helper threads for mounts that may hang, at most.",
     .hidden = true},
};

platform::Filter filter_of(const Options& options, std::string_view include_name, std::string_view exclude_name,
                           std::string_view old_name) {
  const std::string& include = options.text(include_name);
  const bool exclude_given = options.given(exclude_name) || options.given(old_name);
  if (!include.empty() && exclude_given) {
    throw OptionError("options " + std::string(include_name) + " and " + std::string(exclude_name) +
                      " exclude each other");
  }
  return filter_from(include, include.empty() ? either(options, exclude_name, old_name) : std::string());
}

// A mount that is shown, with what stays the same until the mounts change.
struct Entity {
  std::string device;
  std::string type;
  std::string point;  // without the rootfs prefix
  bool read_only = false;
  bool repeated = false;  // same device, type and point as an earlier one: only its device numbers differ
  LabelBlock fine;        // with an empty device_error
  LabelBlock numbers;
  std::shared_ptr<StatfsPool::Job> job;
  bool remote = false;  // asked by a helper
  bool asked = false;   // in this scrape, so that there is an answer to wait for
  int error = 0;        // the last one, whose text is in `failed`
  LabelBlock failed;
};

// blocks * size, exact while it fits.
Value bytes(std::uint64_t blocks, std::uint64_t block_size) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(blocks, block_size, &product)) {
    return static_cast<double>(blocks) * static_cast<double>(block_size);
  }
  return product;
}

class Filesystem final : public Collector {
 public:
  Filesystem(const Environment& environment, StatfsPool::Function function)
      : statfs_(function),
        rootfs_(environment.host.rootfs),
        proc_(environment.host.proc),
        init_(environment.host.proc, "1/mountinfo"),
        self_(environment.host.proc, "self/mountinfo"),
        points_(filter_of(environment.options, "collector.filesystem.mount-points-include",
                          "collector.filesystem.mount-points-exclude", "collector.filesystem.ignored-mount-points")),
        types_(filter_of(environment.options, "collector.filesystem.fs-types-include",
                         "collector.filesystem.fs-types-exclude", "collector.filesystem.ignored-fs-types")),
        timeout_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(environment.options.number("collector.filesystem.mount-timeout")))),
        pool_(static_cast<unsigned>(std::clamp<std::int64_t>(
                  environment.options.integer("collector.filesystem.stat-workers"), 1, kMostHelpers)),
              std::move(function)) {}

  // Local file systems answer from memory, and the way to a mount point is always in memory as well.
  std::optional<Outcome> collect_at_once(const Scrape& scrape, Sink& sink) override {
    const auto remote = [](const Entity& entity) { return entity.remote; };
    if (read_mounts(scrape, sink) != 0 || std::any_of(entities_.begin(), entities_.end(), remote)) {
      sink.clear();
      return std::nullopt;
    }
    for (Entity& entity : entities_) {
      ask_local(entity, sink);
    }
    return Outcome::ok;
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = read_mounts(scrape, sink)) {
      sink.problem(Problem::io, self_.name(), error);
      return Outcome::failed;
    }
    for (Entity& entity : entities_) {  // the slow ones first: they work while the others are asked below
      entity.asked = entity.remote && pool_.submit(entity.job);
    }
    for (Entity& entity : entities_) {
      if (!entity.remote) {
        ask_local(entity, sink);
      }
    }
    const auto deadline = scrape.deadline - kMargin;
    for (Entity& entity : entities_) {
      if (entity.remote) {
        struct statfs now {};
        const int result = entity.asked ? pool_.wait(*entity.job, timeout_, deadline, now) : StatfsPool::kStuck;
        write(entity, result, now, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  static constexpr std::int64_t kMostHelpers = 64;
  static constexpr std::chrono::milliseconds kMargin{50};  // to finish the page's part before the deadline

  int read_mounts(const Scrape& scrape, Sink& sink) {
    const std::uint64_t now = proc_.absence();  // also a new number when a mount came or went
    if (now != 0 && now == read_at_ && unreadable_ == 0) {
      return 0;
    }
    // Init's mounts are the machine's; where /proc hides init, ours are the next best.
    int error = init_.read(scrape.buffer);
    if (error != 0) {
      error = self_.read(scrape.buffer);
    }
    read_at_ = error == 0 ? now : 0;
    if (error == 0 && (scrape.buffer.text() != text_ || unreadable_ != 0)) {
      parse(scrape.buffer.text(), sink);
    }
    return error;
  }

  void ask_local(Entity& entity, Sink& sink) {
    struct statfs now {};
    write(entity, statfs_(entity.job->path().c_str(), now), now, sink);
  }

  void parse(std::string_view text, Sink& sink) {
    const std::vector<Entity> before = std::exchange(entities_, {});
    std::vector<std::string> remote_points;  // whatever is mounted below them cannot be reached without them
    unreadable_ = 0;
    text_ = text;
    for (std::string_view rest = text; !rest.empty();) {
      const auto mount = parse_mount(platform::take(rest, '\n'));
      if (!mount) {
        ++unreadable_;
        sink.problem(Problem::parse, init_.name());
        continue;
      }
      const std::string whole = unescape_octal(mount->point);
      const bool remote =
          !is_local_type(mount->type) || std::any_of(remote_points.begin(), remote_points.end(),
                                                     [&](const auto& point) { return is_below(whole, point); });
      if (remote && whole != "/") {  // below a remote root everything would be
        remote_points.push_back(whole);
      }
      const auto point = strip_rootfs(whole, rootfs_);
      if (points_.keeps(point) && types_.keeps(mount->type)) {
        add(*mount, point, remote, before);
      }
    }
  }

  void add(const Mount& mount, std::string_view point, bool remote, const std::vector<Entity>& before) {
    Entity entity;
    entity.device = mount.device;
    entity.type = mount.type;
    entity.point = point;
    entity.read_only = mount.read_only;
    entity.remote = remote;
    entity.fine = LabelBlock(kMetrics[size], {mount.device, "", mount.type, point});
    entity.numbers = LabelBlock(kMetrics[mount_info], {mount.device, mount.major, mount.minor, point});
    const auto same = [&](const Entity& other) { return other.fine.text() == entity.fine.text(); };
    for (const Entity& other : entities_) {
      if (same(other) && other.numbers.text() == entity.numbers.text()) {
        return;
      }
      entity.repeated = entity.repeated || same(other);
    }
    // A mount that hangs keeps its job, and with it the helper that already waits for it.
    const auto known = std::find_if(before.begin(), before.end(), [&](const Entity& other) {
      return same(other) && other.numbers.text() == entity.numbers.text();
    });
    entity.job = known != before.end() ? known->job : std::make_shared<StatfsPool::Job>(path_of(point));
    entities_.push_back(std::move(entity));
  }

  std::string path_of(std::string_view point) const {
    std::string path = rootfs_;
    while (path.ends_with('/')) {
      path.pop_back();
    }
    return path.append(point);
  }

  static void write(Entity& entity, int error, const struct statfs& now, Sink& sink) {
    if (error != entity.error) {
      entity.error = error;
      if (error != 0) {
        entity.failed =
            LabelBlock(kMetrics[device_error],
                       {entity.device, error == StatfsPool::kStuck ? "mountpoint timeout" : error_text(error),
                        entity.type, entity.point});
      }
    }
    if (!entity.repeated) {
      const LabelBlock& labels = error == 0 ? entity.fine : entity.failed;
      sink.add(kMetrics[device_error], error == 0 ? 0 : 1, labels);
      sink.add(kMetrics[read_only], entity.read_only ? 1 : 0, labels);
    }
    if (error != 0) {
      return;
    }
    sink.add(kMetrics[mount_info], 1, entity.numbers);
    if (entity.repeated) {
      return;
    }
    const auto block = static_cast<std::uint64_t>(now.f_bsize);
    sink.add(kMetrics[size], bytes(now.f_blocks, block), entity.fine);
    sink.add(kMetrics[free], bytes(now.f_bfree, block), entity.fine);
    sink.add(kMetrics[avail], bytes(now.f_bavail, block), entity.fine);
    sink.add(kMetrics[files], std::uint64_t{now.f_files}, entity.fine);
    sink.add(kMetrics[files_free], std::uint64_t{now.f_ffree}, entity.fine);
    sink.add(kMetrics[purgeable], 0, entity.fine);
  }

  const StatfsPool::Function statfs_;
  const std::string rootfs_;
  const platform::Dir& proc_;
  platform::KeptFile init_;
  platform::KeptFile self_;
  platform::Filter points_;
  platform::Filter types_;
  std::chrono::nanoseconds timeout_;
  StatfsPool pool_;
  std::string text_;  // of the mounts in entities_
  std::uint64_t read_at_ = 0;
  unsigned unreadable_ = 0;
  std::vector<Entity> entities_;
};

}  // namespace

std::unique_ptr<Collector> make_with(const Environment& environment, StatfsPool::Function function) {
  return std::make_unique<Filesystem>(environment, std::move(function));
}

extern constinit const CollectorSpec spec{
    .name = "filesystem",
    .summary = "sizes of mounted file systems from /proc/1/mountinfo and statfs(2)",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = [](const Environment& environment) { return make_with(environment, StatfsPool::system_statfs); },
};

}  // namespace exporter::host::filesystem
