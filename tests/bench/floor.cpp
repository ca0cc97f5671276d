// What the kernel itself takes to produce the files of a scrape: CPU time for each pass over a list of files, once with
// open, read and close, once with descriptors kept open and pread. No exporter can be cheaper than the second.
//   floor LIST        LIST: one path a line
// Prints: files, bytes, milliseconds with open/read/close, milliseconds with pread; separated by tabs.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr int kPasses = 300;
std::array<char, 1 << 18> buffer;

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::vector<std::string> read_list(const char* path) {
  std::vector<std::string> lines;
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) {
    return lines;
  }
  std::string line;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
    } else if (!line.empty()) {
      lines.push_back(line);
      line.clear();
    }
  }
  std::fclose(file);
  return lines;
}

// The whole file, with as few calls as /proc allows: a short read is not the end there, an empty one is.
std::size_t read_all(int fd) {
  off_t offset = 0;
  for (ssize_t size = 0; (size = pread(fd, buffer.data(), buffer.size(), offset)) > 0; offset += size) {
    if (size < 1024) {
      return static_cast<std::size_t>(offset + size);  // small files end here; larger ones are asked once more
    }
  }
  return static_cast<std::size_t>(offset);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> all = argc == 2 ? read_list(argv[1]) : std::vector<std::string>{};
  std::vector<std::string> paths;
  std::vector<int> fds;
  for (const std::string& path : all) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
      fds.push_back(fd);
      paths.push_back(path);
    }
  }
  if (fds.empty()) {
    std::fputs("floor: no file of the list can be opened\n", stderr);
    return 1;
  }

  std::size_t bytes = 0;
  for (const int fd : fds) {
    bytes += read_all(fd);  // the first read is dearer: the kernel allocates
  }
  const double start = cpu_milliseconds();
  for (int pass = 0; pass < kPasses; ++pass) {
    for (const std::string& path : paths) {
      const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd >= 0) {
        read_all(fd);
        close(fd);
      }
    }
  }
  const double middle = cpu_milliseconds();
  for (int pass = 0; pass < kPasses; ++pass) {
    for (const int fd : fds) {
      read_all(fd);
    }
  }
  const double end = cpu_milliseconds();
  std::printf("%zu\t%zu\t%.4f\t%.4f\n", fds.size(), bytes, (middle - start) / kPasses, (end - middle) / kPasses);
  return 0;
}
