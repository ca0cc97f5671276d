#include "tests/support/fixture.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "collectors/all.h"
#include "exporter/registry.h"
#include "platform/perf_event.h"
#include "platform/text.h"
#include "tests/support/exposition.h"

namespace fs = std::filesystem;

namespace tests {
namespace {

// Events of a fixture: perf/cpu<N>/<type>-<config>, hexadecimal, which holds "value enabled running". Those that have
// no file do not exist on this machine.
platform::PerfKernel perf_of(const fs::path& folder) {
  platform::PerfKernel kernel;
  kernel.open = [folder](const platform::PerfEvent& event, int cpu, platform::Fd& out) {
    std::stringstream name;
    name << "cpu" << cpu << '/' << std::hex << event.type << '-' << event.config;
    return platform::Dir(folder.string()).open_file(name.str().c_str(), out);
  };
  kernel.read = [](const platform::Fd& file, platform::PerfCount& out) {
    thread_local platform::ReadBuffer buffer;
    if (const int error = buffer.fill(file.get())) {
      return error;
    }
    std::string_view rest = buffer.text();
    for (auto* const target : {&out.value, &out.enabled, &out.running}) {
      const auto value = platform::number<std::uint64_t>(platform::word(rest));
      if (!value) {
        return ENODATA;
      }
      *target = *value;
    }
    return 0;
  };
  return kernel;
}

}  // namespace

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const exporter::CollectorSpec& spec_of(std::string_view name) {
  for (const auto& listed : exporter::all_collectors()) {
    if (listed.spec->name == name) {
      return *listed.spec;
    }
  }
  throw std::runtime_error("no such collector: " + std::string(name));
}

void write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

void set_flags(const fs::path& folder, exporter::Options& options) {
  const std::string flags = read_text(folder / "flags");
  for (std::string_view rest = flags; !rest.empty();) {
    std::string_view line = platform::take(rest, '\n');
    const auto name = platform::take(line, '=');
    std::string value(line);
    if (const auto at = value.find("$FIXTURE"); at != std::string::npos) {
      value.replace(at, 8, folder.string());
    }
    options.set(name, value);
  }
}

FixtureCopy::FixtureCopy(const fs::path& source) {
  const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string name = (base / "fixture-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("no temporary folder");
  }
  path_ = name;
  fs::copy(source, path_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

FixtureCopy::~FixtureCopy() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

FixtureRun::FixtureRun(const exporter::CollectorSpec& spec, const fs::path& folder)
    : environment_{host_, options_, shared_}, sink_(spec.metrics) {
  const auto place = [&](const char* name) {
    // A fixture without the folder looks at an empty one.
    const fs::path path = folder / name;
    return fs::exists(path) ? path.string() : (folder / "none").string();
  };
  fs::create_directories(folder / "none");
  host_.procfs = place("proc");
  host_.sysfs = place("sys");
  host_.rootfs = place("root");
  host_.udev_data = place("udev");
  if (const auto wrong = host_.open(); !wrong.empty()) {
    throw std::runtime_error(wrong);
  }
  // The collectors of a room may share settings that one of them declares, and ask which others are on.
  options_.declare({"collector.disable-defaults", exporter::OptionType::flag, "false", "-"});
  options_.declare({"module.node", exporter::OptionType::flag, "true", "-"});
  for (const auto& listed : exporter::all_collectors()) {
    if (listed.spec->module == spec.module) {
      options_.declare(listed.spec->options);
      const std::string name = "collector." + std::string(listed.spec->name);
      options_.declare({name, exporter::OptionType::flag, listed.spec->on_by_default ? "true" : "false", "-"});
    }
  }
  set_flags(folder, options_);
  if (fs::exists(folder / "perf")) {
    shared_.get<platform::PerfKernel>() = perf_of(folder / "perf");
  }
  collector_ = std::get<exporter::MakeCollector>(spec.make)(environment_);
}

exporter::Outcome FixtureRun::scrape(std::chrono::milliseconds time) {
  static platform::ReadBuffer buffer;
  sink_.clear();
  const exporter::Scrape scrape{.deadline = std::chrono::steady_clock::now() + time,
                                .stop_fd = -1,
                                .generation = ++generation_,
                                .buffer = buffer};
  return collector_->collect(scrape, sink_);
}

std::string FixtureRun::page() const {
  exporter::Registry registry;
  std::string page;
  const exporter::Sink* sinks[] = {&sink_};
  tests::append_page(registry, sinks, page);
  return page;
}

namespace {

// Whether `line` fits `wanted`, in which each * stands for any text.
bool fits(std::string_view wanted, std::string_view line) {
  const auto star = wanted.find('*');
  if (star == std::string_view::npos) {
    return wanted == line;
  }
  if (line.substr(0, star) != wanted.substr(0, star)) {
    return false;
  }
  for (std::size_t skip = star; skip <= line.size(); ++skip) {
    if (fits(wanted.substr(star + 1), line.substr(skip))) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string difference(const std::string& expected, const std::string& page) {
  std::string_view a = expected;
  std::string_view b = page;
  std::string report;
  for (int shown = 0; (!a.empty() || !b.empty()) && shown < 12;) {
    const auto wanted = platform::take(a, '\n');
    const auto line = platform::take(b, '\n');
    if (!fits(wanted, line)) {
      report.append("\n- ").append(wanted).append("\n+ ").append(line);
      ++shown;
    }
  }
  return report;
}

}  // namespace tests
