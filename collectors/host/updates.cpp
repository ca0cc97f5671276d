// Whether the machine waits for a restart and for updates, by the files that package managers leave:
//   /run/reboot-required, .pkgs    Debian, Ubuntu: exists; one package a line, repeated    (also kured's sentinel)
//   /run/reboot-needed             SUSE: exists
//   /run/ostree/staged-deployment  ostree, bootc: exists while a deployment waits for the next boot
//   /var/lib/update-notifier/updates-available    Ubuntu: "3 updates can be applied immediately."
//   /var/lib/apt/periodic/*-stamp, /var/cache/dnf/last_makecache    their time of modification
// and by the kernels that are installed: /lib/modules/<release>/modules.builtin, /boot/vmlinuz-<release>. Nothing is
// executed and no package list is read.
#include <algorithm>

#include "collectors/host/updates_parser.h"
#include "exporter/collector.h"
#include "platform/dir_names.h"
#include "platform/file_stamp.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::updates {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_reboot_required", "1 when updates wait for a restart of the machine."},
    {MetricType::gauge, "node_reboot_required_packages", "Packages that wait for a restart of the machine."},
    {MetricType::gauge, "node_updates_pending", "Updates that are available, as last counted by update-notifier."},
    {MetricType::gauge, "node_updates_security_pending", "Those of them that are for security."},
    {MetricType::gauge,
     "node_updates_last_refresh_timestamp_seconds",
     "When the list of packages was fetched last, in seconds since 1970.",
     {"manager"}},
    {MetricType::gauge,
     "node_updates_last_unattended_upgrade_timestamp_seconds",
     "When upgrades were installed last without being asked, in seconds since 1970.",
     {"manager"}},
    {MetricType::gauge,
     "node_updates_kernel_info",
     "The kernel that runs and the newest of its kind that is installed.",
     {"newest", "running"}},
    {MetricType::gauge, "node_updates_kernel_outdated", "1 when a newer kernel is installed than the one that runs."},
};
enum Metric : std::size_t {
  reboot_required,
  reboot_packages,
  pending,
  security_pending,
  last_refresh,
  last_upgrade,
  kernel_info,
  kernel_outdated,
};

// Each says that a restart is due. /var/run is a folder of its own on a few old systems.
constexpr const char* kRequired[] = {
    "run/reboot-required",   "var/run/reboot-required",      "run/reboot-needed",
    "var/run/reboot-needed", "run/ostree/staged-deployment",
};
// Who makes these files. Without any of them a file that is not there says nothing.
constexpr const char* kWriters[] = {
    "usr/share/update-notifier/notify-reboot-required",
    "etc/kernel/postinst.d/unattended-upgrades",
    "usr/bin/zypper",
    "run/ostree-booted",
};
constexpr const char* kPackages[] = {"run/reboot-required.pkgs", "var/run/reboot-required.pkgs"};

struct Stamp {
  Metric metric;
  const char* manager;
  const char* path;
};
constexpr Stamp kStamps[] = {
    {last_refresh, "apt", "var/lib/apt/periodic/update-success-stamp"},
    {last_refresh, "dnf", "var/cache/dnf/last_makecache"},
    {last_upgrade, "apt", "var/lib/apt/periodic/unattended-upgrades-stamp"},
};

class Updates final : public Collector {
 public:
  explicit Updates(const Environment& environment)
      : root_(environment.host.root), release_(environment.host.proc, "sys/kernel/osrelease") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    any_ = false;
    write_restart(scrape, sink);
    if (root_.read("var/lib/update-notifier/updates-available", scrape.buffer) == 0) {
      const Available counts = available_updates(scrape.buffer.text());
      add(counts.all, pending, sink);
      add(counts.security, security_pending, sink);
    }
    for (const Stamp& stamp : kStamps) {
      platform::FileStamp file;
      if (platform::stamp_of(root_, stamp.path, file) == 0) {
        sink.add(kMetrics[stamp.metric],
                 static_cast<double>(file.modified) + static_cast<double>(file.modified_ns) / 1e9, {stamp.manager});
        any_ = true;
      }
    }
    write_kernel(scrape, sink);
    return any_ ? Outcome::ok : Outcome::no_data;
  }

 private:
  bool exists(const char* path) const { return root_.exists(path); }

  void add(const std::optional<std::uint64_t>& value, Metric metric, Sink& sink) {
    if (value) {
      sink.add(kMetrics[metric], *value);
      any_ = true;
    }
  }

  void write_restart(const Scrape& scrape, Sink& sink) {
    const auto there = [this](const char* path) { return exists(path); };
    const bool required = std::any_of(std::begin(kRequired), std::end(kRequired), there);
    if (required || std::any_of(std::begin(kWriters), std::end(kWriters), there)) {
      sink.add(kMetrics[reboot_required], required ? 1 : 0);
      any_ = true;
    }
    for (const char* const path : kPackages) {
      if (root_.read(path, scrape.buffer) == 0) {
        sink.add(kMetrics[reboot_packages], different_lines(scrape.buffer.text()));
        any_ = true;
        break;
      }
    }
  }

  void write_kernel(const Scrape& scrape, Sink& sink) {
    if (release_.read_once(scrape.buffer) != 0) {
      return;
    }
    running_ = platform::trim(scrape.buffer.text());
    newest_.clear();
    if (modules_.read_kept(root_, "lib/modules") == 0) {
      for (const auto& [name, inode] : modules_.entries()) {
        // A folder that a removed kernel left behind has other files at most.
        path_.assign(name).append("/modules.builtin");
        if (modules_.folder().exists(path_.c_str())) {
          consider(name);
        }
      }
    }
    if (boot_.read_kept(root_, "boot") == 0) {
      static constexpr std::string_view kImage = "vmlinuz-";
      for (const auto& [name, inode] : boot_.entries()) {
        if (name.starts_with(kImage)) {
          consider(name.substr(kImage.size()));
        }
      }
    }
    if (!newest_.empty() && !running_.empty()) {
      sink.add(kMetrics[kernel_info], 1, {newest_, running_});
      sink.add(kMetrics[kernel_outdated], newer(newest_, running_) ? 1 : 0);
      any_ = true;
    }
  }

  void consider(std::string_view release) {
    if (same_flavour(release, running_) && (newest_.empty() || newer(release, newest_))) {
      newest_ = release;
    }
  }

  const platform::Dir& root_;
  platform::KeptFile release_;
  platform::DirNames modules_;
  platform::DirNames boot_;
  std::string running_;
  std::string newest_;
  std::string path_;
  bool any_ = false;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Updates>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "updates",
    .summary = "pending updates and restarts, by the files that package managers leave",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // the root file system may be on a network
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::updates
