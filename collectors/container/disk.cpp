// File systems of the machine on "/", and how much the writable layers of containers take of them.
//
// /proc/1/mountinfo and statfs(2) for "/": one row a device, of those that are on this machine's disks. Layers are
// measured between scrapes, see layers.h; container_fs_usage_age_seconds says how long ago, and there is no row before
// the first time. Needs CAP_DAC_READ_SEARCH.
//
// The limit of a container is the size of the file system that its layer is on. Inodes that are free are those of a
// file system, so they stand on "/" only; cAdvisor shows 0 on containers.
#include <fcntl.h>
#include <poll.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "collectors/container/between_scrapes.h"
#include "collectors/container/layers.h"
#include "collectors/container/processes.h"
#include "collectors/host/mount_table.h"

namespace exporter::container::disk {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_fs_inodes_free", "Inodes that are free.", {"device"}},
    {MetricType::gauge,
     "container_fs_inodes_total",
     "Inodes of a file system, or in use by a container's layer.",
     {"device"},
     Naming::legacy},
    {MetricType::gauge, "container_fs_limit_bytes", "Size of the file system.", {"device"}},
    {MetricType::gauge, "container_fs_usage_bytes", "Bytes in use, on a container by its layer and log.", {"device"}},
    {MetricType::gauge, "container_fs_usage_age_seconds", "Time since the layer was measured.", {"device"}},
};

constexpr OptionDesc kOptions[] = {
    {"container.disk-usage-interval", OptionType::seconds, "5m",
     "How often the writable layers of containers are measured, by at most a hundredth of a CPU; 0: never."},
};

struct FileSystem {
  std::string number;  // "254:1"
  std::string device;  // "/dev/vda1"
  std::string point;   // below the machine's root
  bool shown;          // one for each device
};

class Disk final : public Collector {
 public:
  explicit Disk(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        processes_(environment.shared.get<Processes>(environment)),
        meter_(environment.host) {
    const std::chrono::duration<double> interval(environment.options.number("container.disk-usage-interval"));
    if (interval.count() > 0) {
      layers_ = std::make_unique<Layers>(
          [this](const Layer& layer, const Layers::Rest& rest) { return meter_.measure(layer, rest); }, interval);
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    look_at_mounts(scrape);
    if (layers_ && subjects_changed()) {
      name_subjects(scrape);
    }
    denied_ = false;
    for (const Container* const container : inventory_.usage()) {
      if (container->is_root()) {
        machine(*container, sink);
      } else if (layers_ && container->is_container()) {
        layer(*container, sink);
      }
    }
    if (denied_) {
      sink.problem(Problem::denied, "layers of containers: their sizes need CAP_DAC_READ_SEARCH", EACCES);
    }
    return Outcome::ok;
  }

 private:
  using Layers = BetweenScrapes<Layer, LayerSize>;

  // The kernel tells readers of mountinfo by POLLPRI that it changed.
  void look_at_mounts(const Scrape& scrape) {
    pollfd changed{mountinfo_.get(), POLLPRI, 0};
    if (mountinfo_ && ::poll(&changed, 1, 0) == 0) {
      return;
    }
    file_systems_.clear();
    const platform::Dir& proc = inventory_.host().proc;
    if ((!mountinfo_ && proc.open_file("1/mountinfo", mountinfo_) != 0 &&
         proc.open_file("self/mountinfo", mountinfo_) != 0) ||
        scrape.buffer.fill(mountinfo_.get()) != 0) {
      mountinfo_.reset();
      return;
    }
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      const auto mount = host::parse_mount(platform::take(text, '\n'));
      if (!mount || !host::is_local_type(mount->type) ||
          (!mount->device.starts_with("/dev/") && mount->type != "zfs" && mount->type != "btrfs")) {
        continue;
      }
      const std::string device = host::unescape_octal(mount->device);
      const bool known = std::any_of(file_systems_.begin(), file_systems_.end(),
                                     [&](const FileSystem& other) { return other.device == device; });
      std::string point = host::unescape_octal(mount->point).substr(1);
      file_systems_.push_back({std::string(mount->major).append(":").append(mount->minor), device,
                               point.empty() ? "." : std::move(point), !known});
    }
  }

  void machine(const Container& root, Sink& sink) const {
    const auto& [inodes_free, inodes, limit, usage, age] = kMetrics;
    for (const FileSystem& one : file_systems_) {
      platform::Fd point;
      struct statvfs size {};
      if (!one.shown) {
        continue;
      }
      point.reset(::openat(inventory_.host().root.fd(), one.point.c_str(), O_PATH | O_CLOEXEC));
      if (!point || ::fstatvfs(point.get(), &size) != 0) {
        continue;  // hidden by another mount, or not of this root
      }
      const std::uint64_t unit = size.f_frsize;
      sink.add(limit, size.f_blocks * unit, root.labels, {one.device});
      sink.add(usage, (size.f_blocks - std::min(size.f_blocks, size.f_bfree)) * unit, root.labels, {one.device});
      if (size.f_files != 0) {  // btrfs and vfat count none
        sink.add(inodes, std::uint64_t{size.f_files}, root.labels, {one.device});
        sink.add(inodes_free, std::uint64_t{size.f_ffree}, root.labels, {one.device});
      }
    }
  }

  bool subjects_changed() {
    std::size_t count = 0;
    bool same = true;
    for (const Container* const container : inventory_.usage()) {
      if (container->is_container()) {
        same = same && count < known_.size() && known_[count] == container->cgroup->serial();
        ++count;
      }
    }
    return !same || count != known_.size() || missing_;
  }

  void name_subjects(const Scrape& scrape) {
    known_.clear();
    missing_ = false;
    std::vector<Layer> subjects;
    for (const Container* const container : inventory_.usage()) {
      if (!container->is_container()) {
        continue;
      }
      known_.push_back(container->cgroup->serial());
      const std::int32_t pid = processes_.first(*container, scrape);
      missing_ = missing_ || pid <= 0;  // it is just starting
      if (pid > 0) {
        subjects.push_back({container->cgroup->serial(), pid, std::string(container->runtime_id)});
      }
    }
    layers_->set_subjects(std::move(subjects));
  }

  void layer(const Container& container, Sink& sink) {
    layers_->with(container.cgroup->serial(), [&](const LayerSize& result, Layers::Seconds age) {
      denied_ = denied_ || result.error == EACCES || result.error == EPERM;
      missing_ = missing_ || Layers::gone(result.error);
      if (result.error != 0) {
        return;
      }
      const auto found = std::find_if(file_systems_.begin(), file_systems_.end(),
                                      [&](const FileSystem& one) { return one.number == result.device; });
      const std::string_view device = found != file_systems_.end() ? found->device : result.device;
      sink.add(kMetrics[1], result.total.inodes, container.labels, {device});
      sink.add(kMetrics[2], result.capacity, container.labels, {device});
      sink.add(kMetrics[3], result.total.bytes, container.labels, {device});
      sink.add(kMetrics[4], static_cast<std::int64_t>(age.count()), container.labels, {device});
    });
  }

  Inventory& inventory_;
  Processes& processes_;
  platform::Fd mountinfo_;
  std::vector<FileSystem> file_systems_;
  std::vector<std::uint64_t> known_;  // serials of the containers that the thread knows
  bool missing_ = false;              // a process was not there: look again
  bool denied_ = false;
  LayerMeter meter_;                // its thread's own
  std::unique_ptr<Layers> layers_;  // last: its thread ends first
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Disk>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.disk",
    .summary = "file systems of the machine and sizes of containers' writable layers",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH"},
};

}  // namespace exporter::container::disk
