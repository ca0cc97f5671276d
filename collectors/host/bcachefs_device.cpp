#include "collectors/host/bcachefs_device.h"

#include <algorithm>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/bcachefs_metrics.h"
#include "collectors/host/keyed_lines.h"
#include "platform/text.h"

namespace exporter::host::bcachefs {
namespace {

enum File : std::size_t { kLabel, kState, kBucketSize, kBuckets, kDurability, kIoDone, kIoErrors };
constexpr const char* kFiles[] = {"label", "state", "bucket_size", "nbuckets", "durability", "io_done", "io_errors"};

}  // namespace

Device::Device(std::string_view uuid, std::string_view name, platform::Dir&& folder, platform::OpenFiles& open_files)
    : uuid_(uuid),
      name_(name),
      attributes_(std::move(folder), kFiles, open_files),
      labels_(kMetrics[buckets], {name, uuid}) {}

void Device::write(platform::ReadBuffer& buffer, Sink& sink) {
  write_info(buffer, sink);
  if (const auto text = attribute_text(attributes_, kBucketSize, buffer, sink); !text.empty()) {
    add_size(bucket_size, text, labels_, kFiles[kBucketSize], sink);
  }
  add_attribute<std::uint64_t>(kMetrics[buckets], attributes_, kBuckets, labels_, buffer, sink);
  add_attribute<std::uint64_t>(kMetrics[durability], attributes_, kDurability, labels_, buffer, sink);
  write_io_done(buffer, sink);
  write_io_errors(buffer, sink);
}

void Device::write_info(platform::ReadBuffer& buffer, Sink& sink) {
  bool changed = info_labels_.text().empty();
  const auto keep = [&](std::string& kept, std::string_view text) {
    changed = changed || kept != text;
    kept = text;
  };
  keep(label_, attribute_text(attributes_, kLabel, buffer, sink));
  keep(state_, attribute_text(attributes_, kState, buffer, sink));
  if (changed) {
    info_labels_ = {kMetrics[device_info], {name_, label_, state_, uuid_}};
  }
  sink.add(kMetrics[device_info], 1, info_labels_);
}

void Device::write_io_done(platform::ReadBuffer& buffer, Sink& sink) {
  constexpr std::array<std::string_view, 2> kOperations = {"read", "write"};
  std::size_t operation = kOperations.size();
  io_done_[0].start();
  io_done_[1].start();
  each_line(attribute_text(attributes_, kIoDone, buffer, sink), ':', [&](std::string_view key, std::string_view text) {
    const auto* const begins = std::find(kOperations.begin(), kOperations.end(), key);
    if (text.empty() && begins != kOperations.end()) {
      operation = static_cast<std::size_t>(begins - kOperations.begin());
    } else if (operation != kOperations.size()) {
      const LabelBlock& labels = io_done_[operation].at(key, [&] {
        return LabelBlock(kMetrics[io_done], {key, name_, kOperations[operation], uuid_});
      });
      add_count(io_done, text, labels, kFiles[kIoDone], sink);
    }
  });
  io_done_[0].finish();
  io_done_[1].finish();
}

void Device::write_io_errors(platform::ReadBuffer& buffer, Sink& sink) {
  bool wanted = false;
  io_errors_.start();
  each_line(attribute_text(attributes_, kIoErrors, buffer, sink), ':',
            [&](std::string_view key, std::string_view text) {
              if (key.starts_with("IO errors since ")) {  // there is also a part that an operator may reset
                wanted = key.ends_with("filesystem creation");
              } else if (wanted) {
                const LabelBlock& labels = io_errors_.at(key, [&] {
                  return LabelBlock(kMetrics[io_errors], {name_, key, uuid_});
                });
                add_count(io_errors, text, labels, kFiles[kIoErrors], sink);
              }
            });
  io_errors_.finish();
}

}  // namespace exporter::host::bcachefs
