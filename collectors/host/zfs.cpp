// OpenZFS. /proc/spl/kstat/zfs/<kstat> are the statistics of the module, /proc/spl/kstat/zfs/<pool>/ has those of a
// pool: io (before OpenZFS 2.1), objset-0x<id> for each dataset, both as zfs_kstat.h tells, and state:
//   ONLINE
#include "collectors/host/zfs_kstat.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/dir_names.h"
#include "platform/host.h"

namespace exporter::host::zfs {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_zfs_zpool_state", "1 for the state of the pool.", {"state", "zpool"}},
};
constexpr std::array<std::string_view, 7> kStates = {"online",  "degraded", "faulted",  "offline",
                                                     "removed", "unavail",  "suspended"};

// The kstats of the module that are shown, and the start of their metrics' names.
struct ModuleKstat {
  const char* file;
  std::string_view prefix;
};
constexpr ModuleKstat kModuleKstats[] = {
    {"abdstats", "node_zfs_abd_"},
    {"arcstats", "node_zfs_arc_"},
    {"dbufstats", "node_zfs_dbuf_"},
    {"dmu_tx", "node_zfs_dmu_tx_"},
    {"dnodestats", "node_zfs_dnode_"},
    {"fm", "node_zfs_fm_"},
    {"vdev_cache_stats", "node_zfs_vdev_cache_"},
    {"vdev_mirror_stats", "node_zfs_vdev_mirror_"},
    {"xuio_stats", "node_zfs_xuio_"},
    {"zfetchstats", "node_zfs_zfetch_"},
    {"zil", "node_zfs_zil_"},
};

struct ModuleFile {
  platform::KeptFile file;
  Families families;
};

struct Dataset {
  platform::LimitedFile file;
  std::string name;
  LabelBlock labels;
};

constexpr const char* kPoolFiles[] = {"io", "state"};

// It stays where it is made: its datasets refer to its folder.
struct Pool {
  Pool(std::string_view pool_name, platform::Dir&& folder, platform::OpenFiles& open_files)
      : name(pool_name), attributes(std::move(folder), kPoolFiles, open_files) {
    labels.append("zpool", pool_name);
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      states[i] = {kMetrics[0], {kStates[i], pool_name}};
    }
  }

  std::string name;
  platform::Attributes attributes;
  LabelBlock labels;
  std::array<LabelBlock, kStates.size()> states;
  platform::DirNames files;
  platform::RowCache<Dataset> datasets;
};

bool same_but_for_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

class Zfs final : public Collector {
 public:
  explicit Zfs(const Environment& environment)
      : proc_(&environment.host.proc),
        io_families_("node_zfs_zpool_", "io"),
        dataset_families_("node_zfs_zpool_dataset_", "objset"),
        pools_(environment.host.proc, "spl/kstat/zfs") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const int error = pools_.each(
        [&](std::string_view name, platform::Dir&& folder) {
          return std::make_unique<Pool>(name, std::move(folder), open_files_);
        },
        [&](std::string_view, std::unique_ptr<Pool>& pool) { write_pool(*pool, scrape.buffer, sink); });
    if (error != 0) {
      modules_.clear();
      return unreadable(sink, "spl/kstat/zfs", error);
    }
    if (modules_.empty()) {
      for (const auto& [file, prefix] : kModuleKstats) {
        modules_.push_back({{*proc_, std::string("spl/kstat/zfs/") + file}, {std::string(prefix), std::string(file)}});
      }
    }
    for (ModuleFile& one : modules_) {
      write_module(one, scrape.buffer, sink);
    }
    return Outcome::ok;
  }

 private:
  static void write_module(ModuleFile& one, platform::ReadBuffer& buffer, Sink& sink) {
    if (const int error = one.file.read(buffer)) {  // each version of OpenZFS has other kstats
      attribute_unreadable(sink, one.file.name(), error);
      return;
    }
    one.families.start(sink);
    bool good = true;
    const bool named =
        each_named(buffer.text(), [&](std::string_view name, std::string_view type, std::string_view data) {
          good = add_named(one.families, name, type, data, {}, sink) && good;
        });
    if (!named || !good) {
      sink.problem(Problem::parse, one.file.name());
    }
  }

  void write_pool(Pool& pool, platform::ReadBuffer& buffer, Sink& sink) {
    const auto io = attribute_text(pool.attributes, 0, buffer, sink);
    io_families_.start(sink);
    if (!io.empty() && !add_io(io_families_, io, pool.labels, sink)) {
      sink.problem(Problem::parse, pool.name);
    }
    const auto state = attribute_text(pool.attributes, 1, buffer, sink);
    for (std::size_t i = 0; !state.empty() && i < kStates.size(); ++i) {
      sink.add(kMetrics[0], same_but_for_case(state, kStates[i]) ? 1 : 0, pool.states[i]);
    }
    if (const int error = pool.files.read(pool.attributes.folder())) {
      attribute_unreadable(sink, pool.name, error);
    }
    pool.datasets.start();
    for (const auto& entry : pool.files.entries()) {
      const std::string_view name = entry.name;
      if (name.starts_with("objset-")) {
        Dataset& dataset = pool.datasets.at(name, [&] {
          return Dataset{{pool.attributes.folder(), std::string(name), open_files_}, {}, {}};
        });
        write_dataset(pool, dataset, buffer, sink);
      }
    }
    pool.datasets.finish();
  }

  void write_dataset(const Pool& pool, Dataset& dataset, platform::ReadBuffer& buffer, Sink& sink) {
    if (const int error = dataset.file.read(buffer)) {
      attribute_unreadable(sink, dataset.file.name(), error);
      return;
    }
    dataset_families_.start(sink);
    bool good = true;
    bool has_name = false;
    const bool named =
        each_named(buffer.text(), [&](std::string_view name, std::string_view type, std::string_view data) {
          if (name == "dataset_name") {
            has_name = !data.empty();
            if (dataset.name != data) {  // new or renamed
              dataset.name = data;
              dataset.labels.clear();
              dataset.labels.append("dataset", data);
              dataset.labels.append("zpool", pool.name);
            }
          } else if (has_name) {
            good = add_named(dataset_families_, name, type, data, dataset.labels, sink) && good;
          }
        });
    if (!named || !has_name || !good) {
      sink.problem(Problem::parse, dataset.file.name());
    }
  }

  const platform::Dir* proc_;
  platform::OpenFiles open_files_;
  std::vector<ModuleFile> modules_;
  Families io_families_;
  Families dataset_families_;
  platform::Devices<std::unique_ptr<Pool>> pools_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Zfs>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "zfs",
    .summary = "OpenZFS and its pools from /proc/spl/kstat/zfs",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::zfs
