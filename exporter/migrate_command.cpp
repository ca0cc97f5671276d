// The words of the command, the files that it reads and the one that it writes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "exporter/migrate.h"
#include "exporter/options.h"
#include "platform/dir.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

constexpr std::string_view kUsage =
    "Usage: resource_exporter migrate [--output=FILE] [--path.procfs=FOLDER] [FILE]...\n\n"
    "Prints settings that do what the node_exporter, cadvisor, postgres_exporter, redis_exporter and "
    "pgbouncer_exporter\n"
    "that run here do, or those that FILE starts (- is standard input): command lines, unit files, files of "
    "/etc/default,\n"
    "docker run, compose files, pods of Kubernetes. --output=FILE writes the options file with its passwords, readable "
    "for\n"
    "its owner alone; what is printed never has any. A file that was there stays as FILE.old.\n";

struct Words {
  std::string output;
  std::string procfs = "/proc";
  std::vector<std::string> files;
  bool help = false;
};

// As words come: --x=VALUE, or --x VALUE.
Words read_words(int argc, const char* const* argv) {
  Words words;
  for (int i = 2; i < argc; ++i) {
    std::string_view value = argv[i];
    if (value.size() < 2 || value[0] != '-') {
      words.files.emplace_back(value);
      continue;
    }
    const bool joined = value.find('=') != std::string_view::npos;
    const auto name = platform::take(value, '=');
    words.help = words.help || name == "--help" || name == "-h";
    if (name == "--help" || name == "-h") {
      continue;
    }
    if (name != "--output" && name != "--path.procfs") {
      throw OptionError("migrate: unknown option " + std::string(name));
    }
    value = joined ? value : i + 1 < argc ? argv[++i] : "";
    if (value.empty()) {
      throw OptionError("migrate: " + std::string(name) + " has no value");
    }
    (name == "--output" ? words.output : words.procfs) = value;
  }
  return words;
}

std::string reason(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe): there is one thread

// A file or standard input, until it is too long.
int read_whole(const std::string& file, std::string& text) {
  platform::Fd fd(file == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return errno;
  }
  char piece[16384];
  while (text.size() <= kLongestText) {
    const ssize_t size = ::read(fd.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size <= 0) {
      return size == 0 ? 0 : errno;
    }
    text.append(piece, static_cast<std::size_t>(size));
  }
  return 0;
}

int write_whole(const std::string& file, std::string_view text) {
  const platform::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) {
    return errno;
  }
  while (!text.empty()) {
    const ssize_t size = ::write(fd.get(), text.data(), text.size());
    if (size < 0) {
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return ::fsync(fd.get()) == 0 ? 0 : errno;
}

// Never half written, never readable for others; what was there is FILE.old. Returns 0 or an errno value, and then the
// file is as it was.
int write_private(const std::string& file, std::string_view text) {
  const std::string fresh = file + ".new";
  const std::string old = file + ".old";
  ::unlink(fresh.c_str());
  int error = write_whole(fresh, text);
  if (error == 0 && ::rename(file.c_str(), old.c_str()) != 0 && errno != ENOENT) {
    error = errno;
  }
  if (error == 0 && ::rename(fresh.c_str(), file.c_str()) != 0) {
    error = errno;
    ::rename(old.c_str(), file.c_str());
  }
  if (error != 0) {
    ::unlink(fresh.c_str());  // it has secrets
  }
  return error;
}

void look(const Words& words, Found& found) {
  for (const auto& file : words.files) {
    std::string text;
    if (const int error = read_whole(file, text)) {
      throw OptionError("migrate: " + file + ": " + reason(error));
    }
    find_in_text(file == "-" ? "standard input" : file, text, found);
  }
  join_texts(found);
  if (words.files.empty()) {
    platform::Host host;
    host.procfs = words.procfs;
    if (const auto wrong = host.open(); !wrong.empty()) {
      throw OptionError("migrate: " + wrong);
    }
    find_processes(host, found);
  }
}

}  // namespace

int run(int argc, const char* const* argv) {
  const Words words = read_words(argc, argv);
  if (words.help) {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
    return 0;
  }
  Found found;
  look(words, found);
  if (found.programs.empty()) {
    for (const auto& trouble : found.troubles) {
      std::fputs((trouble + "\n").c_str(), stderr);
    }
    std::fputs(words.files.empty()
                   ? "resource_exporter: no node_exporter, cadvisor, postgres_exporter, redis_exporter or "
                     "pgbouncer_exporter runs here, with or without prometheus- in front of its name\n"
                   : "resource_exporter: no exporter that is known in what was given; try migrate --help\n",
               stderr);
    return 1;
  }
  const Plan plan = make_plan(std::move(found.programs));
  std::fputs(report(plan, found.troubles).c_str(), stdout);
  if (std::fflush(stdout) != 0) {
    return 1;
  }
  if (!words.output.empty()) {
    if (const int error = write_private(words.output, options_file(plan, true))) {
      throw OptionError("migrate: " + words.output + ": " + reason(error));
    }
    std::fputs(("resource_exporter: wrote " + words.output + "\n").c_str(), stderr);
  }
  return 0;
}

}  // namespace exporter::migrate
