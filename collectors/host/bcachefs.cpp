// bcachefs file systems, /sys/fs/bcachefs/<uuid>/ (fs/bcachefs/sysfs.c). btree_cache_size is one value; tables are
// compression_stats, btree_write_stats and errors, the last without a head and with the time of the last error:
//                      nr        size                  lru_entry_bad                 4537    1771753700
//   initial:           3298401   100k
// counters/<name> says
//   since mount:                   475G
//   since filesystem creation:     44.5T
// and dev-<N>/ has label, state, bucket_size, nbuckets, durability, io_done and io_errors:
//   read:                                              IO errors since filesystem creation
//   sb          :       86016                            read:    197416
#include <memory>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/bcachefs_device.h"
#include "collectors/host/bcachefs_metrics.h"
#include "collectors/host/human_size.h"
#include "collectors/host/keyed_lines.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/dir_names.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::bcachefs {
namespace {

enum File : std::size_t { kBtreeCache, kCompression, kErrors, kBtreeWrites };
constexpr const char* kFiles[] = {"btree_cache_size", "compression_stats", "errors", "btree_write_stats"};

constexpr std::string_view kDevice = "dev-";  // the start of a device's folder

using RowLabels = platform::RowCache<LabelBlock>;

struct Counter {
  platform::LimitedFile file;
  FamilyId family;
};

// Calls visit(name, columns) for each line below the head of a table.
template <class Visit>
void each_row(std::string_view table, Visit&& visit) {
  platform::take(table, '\n');
  each_line(table, ' ', [&](std::string_view name, std::string_view columns) {
    visit(name.ends_with(':') ? name.substr(0, name.size() - 1) : name, columns);
  });
}

// The count of "113913  1771755828". A count that fills its column of 8 touches the time, which has 10 digits.
std::string_view error_count(std::string_view columns) {
  constexpr std::size_t kTime = 10;
  const auto count = platform::word(columns);
  return columns.empty() && count.size() > kTime ? count.substr(0, count.size() - kTime) : count;
}

// It stays where it is made: its members refer to each other.
class FileSystem {
 public:
  FileSystem(std::string_view uuid, platform::Dir&& folder, platform::OpenFiles& open_files)
      : uuid_(uuid),
        open_files_(&open_files),
        attributes_(std::move(folder), kFiles, open_files),
        labels_(kMetrics[info], {uuid}),
        devices_(attributes_.folder(), ".") {}

  void write(platform::ReadBuffer& buffer, Sink& sink) {
    sink.add(kMetrics[info], 1, labels_);
    if (const auto text = attribute_text(attributes_, kBtreeCache, buffer, sink); !text.empty()) {
      add_size(btree_cache, text, labels_, kFiles[kBtreeCache], sink);
    }
    write_tables(buffer, sink);
    write_counters(buffer, sink);
    devices_.each([](std::string_view name) { return name.starts_with(kDevice); },
                  [&](std::string_view name, platform::Dir&& folder) {
                    return Device(uuid_, name.substr(kDevice.size()), std::move(folder), *open_files_);
                  },
                  [&](std::string_view, Device& device) { device.write(buffer, sink); });
  }

 private:
  const LabelBlock& row(RowLabels& rows, Metric metric, std::string_view name) const {
    return rows.at(name, [&] { return LabelBlock(kMetrics[metric], {name, uuid_}); });
  }

  void write_tables(platform::ReadBuffer& buffer, Sink& sink) {
    compression_.start();
    each_row(attribute_text(attributes_, kCompression, buffer, sink),
             [&](std::string_view name, std::string_view rest) {
               const LabelBlock& labels = row(compression_, compressed, name);
               add_size(compressed, platform::word(rest), labels, kFiles[kCompression], sink);
               add_size(uncompressed, platform::word(rest), labels, kFiles[kCompression], sink);
             });
    compression_.finish();
    errors_.start();
    each_line(attribute_text(attributes_, kErrors, buffer, sink), ' ',
              [&](std::string_view name, std::string_view rest) {
                add_count(errors, error_count(rest), row(errors_, errors, name), kFiles[kErrors], sink);
              });
    errors_.finish();
    btree_writes_.start();
    each_row(attribute_text(attributes_, kBtreeWrites, buffer, sink),
             [&](std::string_view name, std::string_view rest) {
               const LabelBlock& labels = row(btree_writes_, btree_writes, name);
               add_count(btree_writes, platform::word(rest), labels, kFiles[kBtreeWrites], sink);
               add_size(btree_write_size, platform::word(rest), labels, kFiles[kBtreeWrites], sink);
             });
    btree_writes_.finish();
  }

  void write_counters(platform::ReadBuffer& buffer, Sink& sink) {
    if (sink_ != &sink) {  // the families belong to the sink
      counters_.clear();
      sink_ = &sink;
    }
    if (const int error = names_.read_kept(attributes_.folder(), "counters")) {
      attribute_unreadable(sink, "counters", error);
    }
    counters_.start();
    for (const auto& entry : names_.entries()) {
      const std::string_view name = entry.name;
      Counter& counter = counters_.at(name, [&] { return make_counter(name, sink); });
      if (const int error = counter.file.read(buffer)) {
        attribute_unreadable(sink, counter.file.name(), error);
        continue;
      }
      bool found = false;
      each_line(buffer.text(), ':', [&](std::string_view key, std::string_view text) {
        const auto value = key == "since filesystem creation" ? human_size(text) : std::nullopt;
        if (value) {
          sink.add(counter.family, *value, labels_);
          found = true;
        }
      });
      if (!found) {
        sink.problem(Problem::parse, counter.file.name());
      }
    }
    counters_.finish();
  }

  Counter make_counter(std::string_view name, Sink& sink) {
    std::string metric = "node_bcachefs_";
    append_sanitized_name(metric, name);
    metric += "_total";
    const std::string help = "Counter " + std::string(name) + " since the file system was made.";
    return {{names_.folder(), std::string(name), *open_files_}, sink.dynamic(kCounter, metric, help)};
  }

  std::string uuid_;
  platform::OpenFiles* open_files_;
  platform::Attributes attributes_;
  LabelBlock labels_;
  RowLabels compression_;
  RowLabels errors_;
  RowLabels btree_writes_;
  platform::DirNames names_;  // of the counters
  platform::RowCache<Counter> counters_;
  const Sink* sink_ = nullptr;
  platform::Devices<Device> devices_;
};

class Bcachefs final : public Collector {
 public:
  explicit Bcachefs(const Environment& environment) : file_systems_(environment.host.sys, "fs/bcachefs") {}

  // Some kernels walk the whole file system for compression_stats.
  bool nothing_to_read() override { return file_systems_.none(); }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    std::size_t count = 0;
    const int error = file_systems_.each(
        [&](std::string_view name, platform::Dir&& folder) {
          return std::make_unique<FileSystem>(name, std::move(folder), open_files_);
        },
        [&](std::string_view, std::unique_ptr<FileSystem>& one) {
          ++count;
          one->write(scrape.buffer, sink);
        });
    if (error != 0) {
      return unreadable(sink, "fs/bcachefs", error);
    }
    return count == 0 ? Outcome::no_data : Outcome::ok;
  }

 private:
  platform::OpenFiles open_files_;
  platform::Devices<std::unique_ptr<FileSystem>> file_systems_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Bcachefs>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "bcachefs",
    .summary = "bcachefs file systems from /sys/fs/bcachefs",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::bcachefs
