// Every file of /proc/net/stat: a line of names, then a line per CPU, hexadecimal (lnstat(8)):
//   entries  allocs   destroys hash_grows lookups  hits     res_failed ...
//   00000002 00000018 00000010 00000000   00000091 00000013 00000000 ...
#include <cerrno>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/dir_names.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::lnstat {
namespace {

constexpr std::string_view kHelp = "Counter of a network cache or table, by CPU.";
constexpr char kFolder[] = "net/stat";

// A file, with what stays the same until its names change.
struct Subsystem {
  platform::KeptFile file;
  std::string names;                  // the whole first line, to notice a change
  std::vector<std::string> families;  // by column; empty for a name that came before
  std::vector<LabelBlock> cpus;
};

class Lnstat final : public Collector {
 public:
  explicit Lnstat(const Environment& environment) : proc_(environment.host.proc) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = list_.read_kept(proc_, kFolder)) {
      return unreadable(sink, kFolder, error);
    }
    subsystems_.start();
    for (const auto& entry : list_.entries()) {
      Subsystem& subsystem = subsystems_.at(entry.name, [&] {
        return Subsystem{{proc_, std::string(kFolder).append("/").append(entry.name)}, {}, {}, {}};
      });
      const int error = subsystem.file.read(scrape.buffer);
      if (error == 0) {
        write(subsystem, entry.name, scrape.buffer.text(), sink);
      } else {  // gone with its module since the folder was listed
        unreadable(sink, subsystem.file.name(), error);
      }
    }
    subsystems_.finish();
    return list_.entries().empty() ? Outcome::no_data : Outcome::ok;
  }

 private:
  static void set_names(Subsystem& subsystem, std::string_view names) {
    subsystem.names = names;
    subsystem.families.clear();
    for (auto name = platform::word(names); !name.empty(); name = platform::word(names)) {
      std::string family = "node_lnstat_";
      append_sanitized_name(family, name);
      family += "_total";
      for (const auto& earlier : subsystem.families) {
        if (earlier == family) {
          family.clear();
          break;
        }
      }
      subsystem.families.push_back(std::move(family));
    }
  }

  void write(Subsystem& subsystem, std::string_view name, std::string_view rest, Sink& sink) {
    const auto names = platform::take(rest, '\n');
    if (subsystem.names != names) {
      set_names(subsystem, names);
    }
    families_.clear();
    for (const auto& family : subsystem.families) {
      families_.push_back(family.empty() ? FamilyId() : sink.dynamic(MetricType::counter, family, kHelp));
    }
    for (std::size_t cpu = 0; !rest.empty(); ++cpu) {
      if (cpu == subsystem.cpus.size()) {
        LabelBlock& labels = subsystem.cpus.emplace_back();
        labels.append("subsystem", name);
        labels.append("cpu", std::to_string(cpu));
      }
      std::string_view line = platform::take(rest, '\n');
      for (const FamilyId family : families_) {
        if (const auto value = platform::hex_number<std::uint64_t>(platform::word(line))) {
          sink.add(family, *value, subsystem.cpus[cpu]);
        } else {
          sink.problem(Problem::parse, subsystem.file.name());
        }
      }
    }
  }

  const platform::Dir& proc_;
  platform::DirNames list_;
  platform::RowCache<Subsystem> subsystems_;
  std::vector<FamilyId> families_;  // by column of the file being read
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Lnstat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "lnstat",
    .summary = "network caches by CPU from /proc/net/stat",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = {},
    .options = {},
    .make = make,
};

}  // namespace exporter::host::lnstat
