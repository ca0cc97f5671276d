// Metrics that other programs leave in files, <folder>/*.prom, in text exposition 0.0.4: backup_age_seconds 42
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>
#include <unordered_map>
#include <utility>

#include "collectors/host/textfile_parser.h"
#include "exporter/collector.h"
#include "platform/dir_names.h"
#include "platform/file_stamp.h"

namespace exporter::host::textfile {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_textfile_mtime_seconds", "When a file that was read was last written.", {"file"}},
    {MetricType::gauge, "node_textfile_scrape_error", "1 when a file or folder could not be read or used, else 0."},
};

constexpr OptionDesc kOptions[] = {
    {"collector.textfile.directory", OptionType::list, "",
     "Folder with *.prom files; may hold wildcards, may be given several times."},
};

// A file and what was made of it, kept until the file changes.
struct File {
  std::string path;
  std::uint64_t generation = 0;
  platform::FileStamp stamp;
  bool settled = false;  // the stamp is so old that a later write must give another
  std::size_t hash = 0;  // of the text that was parsed
  std::size_t size = 0;
  bool parsed = false;
  std::string error;
  std::vector<Family> families;
  std::vector<std::vector<Label>> labels;  // of all samples, one after another: views into families
  LabelBlock name;
};

// A family of one file that is shown, and the help that all files of this name share.
struct Part {
  const Family* family = nullptr;
  const std::vector<Label>* labels = nullptr;  // of its first sample
  std::string help;
};

// What the first file that uses a name says of it.
struct Name {
  MetricType type = MetricType::untyped;
  std::string help;
  std::vector<const std::string*> files;
};

class Textfile final : public Collector {
 public:
  explicit Textfile(const Environment& environment) {
    for (const auto& folder : environment.options.list("collector.textfile.directory")) {
      folders_.push_back(folder);
      while (folders_.back().size() > 1 && folders_.back().ends_with('/')) {
        folders_.back().pop_back();
      }
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    failed_ = false;
    changed_ = false;
    order_.clear();
    for (const auto& folder : folders_) {
      if (folder.find_first_of("*?[\\") == std::string::npos || !read_matching(folder, scrape, sink)) {
        read_folder(folder, scrape, sink);
      }
    }
    if (changed_ || order_ != planned_) {
      planned_ = order_;
      plan();
    }
    std::erase_if(files_, [&](const auto& entry) { return entry.second.generation != scrape.generation; });
    write(sink);
    return Outcome::ok;
  }

 private:
  // Kernels before 6.13 stamp files with the time of the last tick: a file written twice within one looks unchanged.
  static constexpr std::int64_t kTickNs = 20'000'000;

  // False when nothing matches: then the text is taken for the name of a folder.
  bool read_matching(const std::string& pattern, const Scrape& scrape, Sink& sink) {
    glob_t found{};
    // Unsafe among threads only where ~ is looked up, which is not asked for.
    const int result = ::glob(pattern.c_str(), 0, nullptr, &found);  // NOLINT(concurrency-mt-unsafe)
    for (std::size_t i = 0; result == 0 && i < found.gl_pathc; ++i) {
      read_folder(found.gl_pathv[i], scrape, sink);
    }
    ::globfree(&found);
    return result == 0;
  }

  void read_folder(const std::string& folder, const Scrape& scrape, Sink& sink) {
    const platform::Dir dir(folder);
    const int error = dir.valid() ? names_.read(dir) : errno;
    if (error != 0) {
      failed_ = true;
      sink.problem(Problem::io, folder, error);
      return;
    }
    for (const auto& [name, inode] : names_.entries()) {
      if (!name.ends_with(".prom")) {
        continue;
      }
      path_.assign(folder);
      path_.append(path_.ends_with('/') ? "" : "/").append(name);
      File& file = file_of(path_);
      if (file.generation == scrape.generation) {
        continue;  // two of the folders are the same
      }
      file.generation = scrape.generation;
      refresh(file, dir, name.data(), scrape, sink);
      order_.push_back(&file);
    }
  }

  File& file_of(const std::string& path) {
    const auto found = files_.find(path);
    if (found != files_.end()) {
      return found->second;
    }
    changed_ = true;
    File& file = files_[path];
    file.path = path;
    file.name = LabelBlock(kMetrics[0], {path});
    return file;
  }

  void refresh(File& file, const platform::Dir& dir, const char* name, const Scrape& scrape, Sink& sink) {
    platform::FileStamp now;
    int error = stamp_of(dir, name, now);
    if (error == 0 && file.parsed && file.settled && now == file.stamp) {
      report(file, sink);
      return;
    }
    platform::Fd fd;
    if (error == 0) {
      error = now.regular ? dir.open_file(name, fd) : EINVAL;  // reading a FIFO would wait for its writer
    }
    if (error == 0) {
      error = stamp_of(fd, file.stamp);
    }
    timespec clock{};
    ::clock_gettime(CLOCK_REALTIME, &clock);
    if (error == 0) {
      error = scrape.buffer.fill(fd.get());
    }
    if (error != 0) {
      changed_ = changed_ || file.parsed;
      file.parsed = false;
      file.families.clear();
      file.labels.clear();
      failed_ = true;
      sink.problem(error == EACCES ? Problem::denied : Problem::io, file.path, error);
      return;
    }
    const std::int64_t age = (clock.tv_sec - std::max(file.stamp.modified, file.stamp.changed));
    const std::int64_t newest =
        file.stamp.modified > file.stamp.changed ? file.stamp.modified_ns : file.stamp.changed_ns;
    file.settled = age > 1 || (age >= 0 && age * 1'000'000'000 + clock.tv_nsec - newest > kTickNs);
    load(file, scrape.buffer.text());
    report(file, sink);
  }

  void load(File& file, std::string_view text) {
    const std::size_t hash = std::hash<std::string_view>{}(text);
    if (file.parsed && file.hash == hash && file.size == text.size()) {
      return;  // touched, or written anew with the same text
    }
    changed_ = true;
    file.parsed = true;
    file.hash = hash;
    file.size = text.size();
    auto result = parse_file(text);
    file.families = std::move(result.families);
    file.error.clear();
    if (!result.error.empty()) {
      file.error.append(file.path).append(": ").append(result.error);
    }
    file.labels.clear();
    for (const auto& family : file.families) {
      for (const auto& sample : family.samples) {
        auto& labels = file.labels.emplace_back();
        for (const auto& label : sample.labels) {
          labels.push_back({label.name, label.value});
        }
      }
    }
  }

  void report(const File& file, Sink& sink) {
    if (!file.error.empty()) {
      failed_ = true;
      sink.problem(Problem::parse, file.error);
    }
  }

  // Decides what is shown of each file; runs only when a file came, went or changed. The first file of a name, in the
  // order of their names, says its type and help; a family that contradicts it is left out.
  void plan() {
    parts_.clear();
    conflicts_.clear();
    std::unordered_map<std::string_view, Name> names;
    for (const File* const file : order_) {
      for (const auto& family : file->families) {
        Name& name = names.try_emplace(family.name, Name{family.type, {}, {}}).first->second;
        name.help = name.help.empty() ? family.help : name.help;
        name.files.push_back(&file->path);
      }
    }
    for (const File* const file : order_) {
      std::size_t next = 0;
      for (const auto& family : file->families) {
        const std::size_t first = std::exchange(next, next + family.samples.size());
        const Name& name = names.find(family.name)->second;
        // What was shown once keeps its type until the program is started anew: scrapers remember it as well.
        const auto shown = types_.try_emplace(family.name, name.type).first;
        if (family.type != shown->second || (!family.help.empty() && family.help != name.help)) {
          conflicts_.push_back(file->path + ": type or help of " + family.name + " contradicts an earlier one");
          continue;
        }
        parts_.push_back({&family, &file->labels[first], help_of(name)});
      }
    }
  }

  static std::string help_of(const Name& name) {
    if (!name.help.empty()) {
      return name.help;
    }
    std::string help;
    for (const auto* const file : name.files) {
      help.append(help.empty() ? "Metric read from " : ", ").append(*file);
    }
    return help;
  }

  void write(Sink& sink) {
    for (const Part& part : parts_) {
      const FamilyId id = sink.dynamic(part.family->type, part.family->name, part.help);
      const auto* labels = part.labels;
      for (const Sample& sample : part.family->samples) {
        if (sample.suffix.empty()) {
          sink.add(id, sample.value, *labels++);
        } else {
          sink.add_part(id, sample.suffix, sample.value, *labels++);
        }
      }
    }
    for (const auto& conflict : conflicts_) {
      failed_ = true;
      sink.problem(Problem::conflict, conflict);
    }
    for (const File* const file : order_) {
      if (file->parsed && file->error.empty()) {
        sink.add(kMetrics[0], file->stamp.modified, file->name);
      }
    }
    sink.add(kMetrics[1], failed_ ? 1 : 0);
  }

  std::vector<std::string> folders_;
  platform::DirNames names_;
  std::string path_;
  std::unordered_map<std::string, File> files_;
  std::vector<const File*> order_;
  std::vector<const File*> planned_;
  std::vector<Part> parts_;
  std::vector<std::string> conflicts_;
  std::unordered_map<std::string, MetricType> types_;
  bool failed_ = false;
  bool changed_ = false;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Textfile>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "textfile",
    .summary = "metrics of other programs from *.prom files",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::textfile
