#include "collectors/host/btrfs_file_system.h"

#include <algorithm>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/btrfs_metrics.h"
#include "collectors/host/keyed_lines.h"
#include "platform/text.h"

namespace exporter::host::btrfs {
namespace {

constexpr std::array<std::string_view, kTypeCount> kTypes = {"data", "metadata", "system"};

// From kReserved on one for each of kTypes.
enum File : std::size_t { kLabel, kCommitStats, kGlobalRsv, kReserved };
constexpr const char* kFiles[] = {
    "label",
    "commit_stats",
    "allocation/global_rsv_size",
    "allocation/data/bytes_reserved",
    "allocation/metadata/bytes_reserved",
    "allocation/system/bytes_reserved",
};
constexpr const char* kLayoutFiles[] = {"used_bytes", "total_bytes"};
constexpr const char* kDeviceFiles[] = {"size"};
constexpr double kSector = 512;

constexpr Mode kModes[] = {
    {"single", 1, 0},  {"raid0", 1, 0},   {"dup", 2, 0},   {"raid1", 2, 0}, {"raid10", 2, 0},
    {"raid1c3", 3, 0}, {"raid1c4", 4, 0}, {"raid5", 0, 1}, {"raid6", 0, 2},
};

const Mode* find_mode(std::string_view name) {
  const auto* const end = std::end(kModes);
  const auto* const mode = std::find_if(std::begin(kModes), end, [&](const Mode& one) { return one.name == name; });
  return mode == end ? nullptr : mode;
}

struct CommitField {
  std::string_view key;
  Metric metric;
  double scale;
};
constexpr CommitField kCommitFields[] = {
    {"commits", commits, 1},
    {"last_commit_ms", last_commit, 1e-3},
    {"max_commit_ms", max_commit, 1e-3},
    {"total_commit_ms", commit_seconds, 1e-3},
};

}  // namespace

FileSystem::FileSystem(std::string_view uuid, platform::Dir&& folder, platform::OpenFiles& open_files)
    : name_(uuid),
      uuid_(parse_btrfs_uuid(uuid)),
      open_files_(&open_files),
      attributes_(std::move(folder), kFiles, open_files),
      labels_(kMetrics[commits], {uuid}),
      layouts_{platform::Devices<Layout>{attributes_.folder(), "allocation/data"},
               platform::Devices<Layout>{attributes_.folder(), "allocation/metadata"},
               platform::Devices<Layout>{attributes_.folder(), "allocation/system"}},
      devices_(attributes_.folder(), "devices") {
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    reserved_labels_[i] = {kMetrics[reserved], {kTypes[i], uuid}};
  }
}

void FileSystem::write(platform::ReadBuffer& buffer, Sink& sink) {
  write_info(buffer, sink);
  add_attribute<std::uint64_t>(kMetrics[global_rsv], attributes_, kGlobalRsv, labels_, buffer, sink);
  write_commits(buffer, sink);
  const std::uint64_t count = write_devices(buffer, sink);
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    add_attribute<std::uint64_t>(kMetrics[reserved], attributes_, kReserved + i, reserved_labels_[i], buffer, sink);
    write_layouts(i, count, buffer, sink);
  }
  if (answered) {
    write_answers(sink);
  }
}

void FileSystem::write_info(platform::ReadBuffer& buffer, Sink& sink) {
  if (const int error = attributes_.read(kLabel, buffer)) {
    attribute_unreadable(sink, kFiles[kLabel], error);
    return;
  }
  const auto label = platform::trim(buffer.text());
  if (info_labels_.text().empty() || label != label_) {
    label_ = label;
    info_labels_ = {kMetrics[info], {label, name_}};
  }
  sink.add(kMetrics[info], 1, info_labels_);
}

void FileSystem::write_commits(platform::ReadBuffer& buffer, Sink& sink) {
  const auto visit = [&](std::string_view key, std::string_view text) {
    const auto* const end = std::end(kCommitFields);
    const auto* const field =
        std::find_if(std::begin(kCommitFields), end, [&](const CommitField& one) { return one.key == key; });
    if (field == end) {  // of a later kernel
      return;
    }
    const auto value = platform::number<std::uint64_t>(text);
    if (!value) {
      sink.problem(Problem::parse, kFiles[kCommitStats]);
    } else if (field->scale == 1) {
      sink.add(kMetrics[field->metric], *value, labels_);
    } else {
      sink.add(kMetrics[field->metric], scaled(static_cast<double>(*value), field->scale), labels_);
    }
  };
  each_line(attribute_text(attributes_, kCommitStats, buffer, sink), ' ', visit);
}

std::uint64_t FileSystem::write_devices(platform::ReadBuffer& buffer, Sink& sink) {
  std::uint64_t count = 0;
  const auto make = [&](std::string_view name, platform::Dir&& folder) {
    return SysfsDevice{{std::move(folder), kDeviceFiles, *open_files_}, {kMetrics[device_size], {name, name_}}};
  };
  devices_.each(make, [&](std::string_view, SysfsDevice& device) {
    ++count;
    if (!answered) {
      add_attribute<std::uint64_t>(kMetrics[device_size], device.attributes, 0, device.labels, buffer, sink, kSector);
    }
  });
  return count;
}

void FileSystem::write_layouts(std::size_t type, std::uint64_t devices, platform::ReadBuffer& buffer, Sink& sink) {
  const auto wanted = [](std::string_view name) { return find_mode(name) != nullptr; };
  const auto make = [&](std::string_view name, platform::Dir&& folder) {
    return Layout{{std::move(folder), kLayoutFiles, *open_files_},
                  {kMetrics[used], {kTypes[type], name, name_}},
                  find_mode(name)};
  };
  layouts_[type].each(wanted, make, [&](std::string_view, Layout& layout) {
    add_attribute<std::uint64_t>(kMetrics[used], layout.attributes, 0, layout.labels, buffer, sink);
    add_attribute<std::uint64_t>(kMetrics[size], layout.attributes, 1, layout.labels, buffer, sink);
    const Mode& mode = *layout.mode;
    if (mode.copies != 0) {
      sink.add(kMetrics[ratio], mode.copies, layout.labels);
    } else if (devices > mode.parities) {
      const auto all = static_cast<double>(devices);
      sink.add(kMetrics[ratio], all / (all - static_cast<double>(mode.parities)), layout.labels);
    }
  });
}

void FileSystem::write_answers(Sink& sink) {
  answered_.resize(answers_.size());
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const BtrfsDevice& device = answers_[i];
    Answered& labels = answered_[i];
    if (labels.device.text().empty() || labels.uuid != device.uuid || labels.name != device.name) {
      const std::string text = btrfs_uuid_text(device.uuid);
      labels.uuid = device.uuid;
      labels.name = device.name;
      labels.device = {kMetrics[device_unused], {text, device.name, name_}};
      for (std::size_t k = 0; k < kBtrfsErrors.size(); ++k) {
        labels.errors[k] = {kMetrics[device_errors], {text, device.name, kBtrfsErrors[k], name_}};
      }
    }
    sink.add(kMetrics[device_size], device.total_bytes, labels.device);
    sink.add(kMetrics[device_unused], device.unused_bytes, labels.device);
    for (std::size_t k = 0; k < kBtrfsErrors.size(); ++k) {
      sink.add(kMetrics[device_errors], device.errors[k], labels.errors[k]);
    }
  }
}

}  // namespace exporter::host::btrfs
