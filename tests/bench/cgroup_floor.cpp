// What the kernel itself takes for the files of many control groups: CPU time of one pass over all of them.
//   cgroup_floor GROUPS FILES
//     GROUPS: a path a line, below the folder that each line of FILES begins with
//     FILES: "FOLDER<TAB>NAME" a line: a hierarchy and the name of a file that every group has there
// Prints how many groups, files of a group and descriptors it holds. Then, for each line on standard input, a line with
// the CPU microseconds of a pass and the bytes it read:
//   open  every file by openat, read and close, below a descriptor of the group's folder where the limit of
//         descriptors leaves room for all of those, else by a path below the hierarchy's
//   kept  every file that was kept open by pread; what the limit of descriptors leaves no room for as with "open"
// One read for each file, nothing is looked at. Between the scrapes of a program, so that its caches are as cold.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kOwnDescriptors = 64;
std::array<char, 1 << 16> buffer;

struct File {
  int folder = -1;
  std::string name;
  int kept = -1;
};

double cpu_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::vector<std::string> lines_of(const char* path) {
  std::vector<std::string> lines;
  std::FILE* const file = std::fopen(path, "re");
  std::string line;
  for (int c = 0; file != nullptr && (c = std::fgetc(file)) != EOF;) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
    } else {
      lines.push_back(std::move(line));
      line.clear();
    }
  }
  if (file != nullptr) {
    std::fclose(file);
  }
  return lines;
}

int open_folder(int at, const std::string& path) {
  return openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

std::size_t room() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur) - kOwnDescriptors;
}

std::vector<File> find(const std::vector<std::string>& groups, const std::vector<std::string>& list, bool folders) {
  std::map<std::string, int> hierarchies;
  std::vector<std::pair<int, std::string>> names;
  for (const auto& line : list) {
    const auto tab = line.find('\t');
    const auto [place, made] = hierarchies.try_emplace(line.substr(0, tab), -1);
    if (made) {
      place->second = open_folder(AT_FDCWD, place->first);
    }
    names.emplace_back(place->second, line.substr(tab + 1));
  }
  std::vector<File> files;
  for (const auto& group : groups) {
    std::map<int, int> own;
    for (const auto& [hierarchy, name] : names) {
      if (!folders) {
        files.push_back({hierarchy, group + '/' + name});
        continue;
      }
      const auto [place, made] = own.try_emplace(hierarchy, -1);
      if (made) {
        place->second = open_folder(hierarchy, group);
      }
      files.push_back({place->second, name});
    }
  }
  return files;
}

std::size_t pass(const std::vector<File>& files, bool kept) {
  std::size_t bytes = 0;
  for (const File& file : files) {
    ssize_t size = -1;
    if (kept && file.kept >= 0) {
      size = pread(file.kept, buffer.data(), buffer.size(), 0);
    } else if (const int fd = openat(file.folder, file.name.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
      size = read(fd, buffer.data(), buffer.size());
      close(fd);
    }
    bytes += size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return bytes;
}

std::size_t keep(std::vector<File>& files, std::size_t most) {
  std::size_t kept = 0;
  for (File& file : files) {
    if (kept == most) {
      break;
    }
    file.kept = openat(file.folder, file.name.c_str(), O_RDONLY | O_CLOEXEC);
    kept += file.kept >= 0 ? 1U : 0U;
  }
  return kept;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: cgroup_floor GROUPS FILES\n");
    return 2;
  }
  const auto groups = lines_of(arguments[1]);
  const auto list = lines_of(arguments[2]);
  std::map<std::string, bool> hierarchies;
  for (const auto& line : list) {
    hierarchies[line.substr(0, line.find('\t'))] = true;
  }
  const std::size_t most = room();
  const std::size_t folders = groups.size() * hierarchies.size();
  const bool by_folder = folders <= most / 2;
  std::vector<File> files = find(groups, list, by_folder);
  const std::size_t kept = keep(files, most - (by_folder ? folders : 0));
  std::printf("%zu %zu %zu\n", groups.size(), list.size(), kept);
  std::fflush(stdout);
  std::array<char, 64> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), stdin) != nullptr) {
    const bool with_kept = std::string_view(line.data()).starts_with("kept");
    const double begin = cpu_microseconds();
    const std::size_t bytes = pass(files, with_kept);
    std::printf("%.1f %zu\n", cpu_microseconds() - begin, bytes);
    std::fflush(stdout);
  }
  return 0;
}
