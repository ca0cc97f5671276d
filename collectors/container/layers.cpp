#include "collectors/container/layers.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "collectors/container/processes.h"
#include "collectors/host/mount_table.h"
#include "platform/text.h"

namespace exporter::container {

std::string_view upper_folder(std::string_view mountinfo) noexcept {
  constexpr std::string_view kUpper = "upperdir=";
  std::string_view upper;
  while (!mountinfo.empty()) {
    const auto line = platform::take(mountinfo, '\n');
    const auto mount = host::parse_mount(line);
    if (!mount || mount->point != "/") {
      continue;
    }
    upper = {};  // what was mounted over it is hidden
    std::string_view options = mount->type == "overlay" ? line.substr(line.rfind(' ') + 1) : std::string_view();
    while (!options.empty()) {
      const auto option = platform::take(options, ',');
      if (option.starts_with(kUpper)) {
        upper = option.substr(kUpper.size());
      }
    }
  }
  return upper;
}

std::string state_folder(std::string_view upper, std::string_view id) {
  struct Place {
    std::string_view layers;
    std::string_view containers;
  };
  constexpr Place kPlaces[] = {{"/overlay2/", "/containers/"}, {"/overlay/", "/overlay-containers/"}};
  for (const auto& [layers, containers] : kPlaces) {
    if (const auto at = upper.rfind(layers); at != std::string_view::npos && !id.empty()) {
      return std::string(upper.substr(0, at)).append(containers).append(id);
    }
  }
  return {};
}

LayerSize LayerMeter::measure(const Layer& layer, const std::function<bool()>& rest) {
  LayerSize result;
  result.error = host_.proc.read(ProcessPath(layer.pid, "mountinfo").text(), buffer_);
  if (result.error != 0) {
    return result;
  }
  const std::string upper = host::unescape_octal(upper_folder(buffer_.text()));
  if (upper.empty()) {
    result.error = EOPNOTSUPP;  // another kind of root file system
    return result;
  }
  platform::Fd folder;
  struct stat status {};
  struct statvfs size {};
  result.error = platform::open_below(host_.root, upper, folder);
  if (result.error == 0 && (::fstat(folder.get(), &status) != 0 || ::fstatvfs(folder.get(), &size) != 0)) {
    result.error = errno;
  }
  if (result.error != 0) {
    return result;
  }
  result.device = std::to_string(major(status.st_dev)).append(":").append(std::to_string(minor(status.st_dev)));
  result.capacity = std::uint64_t{size.f_blocks} * size.f_frsize;
  result.error = usage_.add(folder, rest, result.total);
  const std::string state = state_folder(upper, layer.id);
  if (result.error == 0 && !state.empty() && platform::open_below(host_.root, state, folder) == 0) {
    result.error = usage_.add(folder, rest, result.total);
  }
  return result;
}

}  // namespace exporter::container
