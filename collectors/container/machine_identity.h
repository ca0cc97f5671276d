// The labels of every machine_* series.
//
// Source: the files of --machine_id_file, /sys/class/dmi/id/product_uuid (root only), /proc/sys/kernel/random/boot_id
// or
// --boot_id_file. What cannot be read is left out.
#pragma once
#include <string>
#include <string_view>

#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::container {

// The text of a file without the blanks around it; empty when it cannot be read. `name` is relative.
inline std::string first_line(const platform::Dir& dir, const char* name, platform::ReadBuffer& buffer) {
  return dir.read(name, buffer) == 0 ? std::string(platform::trim(buffer.text())) : std::string();
}

inline void append_if_known(LabelBlock& block, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    block.append(name, value);
  }
}

inline void append_identity(const Environment& environment, LabelBlock& labels) {
  const platform::Host& host = environment.host;
  platform::ReadBuffer buffer;
  const auto of_root = [&](std::string_view path) {
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    return path.empty() ? std::string() : first_line(host.root, std::string(path).c_str(), buffer);
  };
  std::string id;
  for (std::string_view files = environment.options.text("machine_id_file"); id.empty() && !files.empty();) {
    id = of_root(platform::trim(platform::take(files, ',')));
  }
  const std::string& boot = environment.options.text("boot_id_file");
  append_if_known(labels, "machine_id", id);
  append_if_known(labels, "system_uuid", first_line(host.sys, "class/dmi/id/product_uuid", buffer));
  append_if_known(labels, "boot_id",
                  boot.empty() ? first_line(host.proc, "sys/kernel/random/boot_id", buffer) : of_root(boot));
}

}  // namespace exporter::container
