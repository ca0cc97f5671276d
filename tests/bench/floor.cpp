// What the kernel itself takes for a scrape: CPU time of each pass over a list of files, once with open, read and
// close, once with descriptors kept open and pread; of sending a page; and of the text itself, read and written. No
// exporter can be cheaper than the last three together.
//   floor LIST [PAGE_BYTES [SERIES]]
//   floor LIST paced    for each line on standard input one pass with pread and its milliseconds: between the scrapes
//   of
//                       others, with caches as cold as theirs
//     LIST: one a line: a file to read, a folder to list (with '/' at its end), "link PATH" or "statfs PATH"
// Prints: files, bytes, milliseconds with open/read/close, milliseconds with pread, milliseconds to send PAGE_BYTES
// over a loopback connection; with SERIES, milliseconds to find the end of each line of the files, and for each series
// to read a number and write a line; separated by tabs. What cannot be kept open, over the limit of descriptors, counts
// with its open/read/close in both.
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr double kLongEnough = 150;  // milliseconds
constexpr std::string_view kStatfs = "statfs ";
constexpr std::string_view kLink = "link ";
std::array<char, 1 << 18> buffer;

struct Entry {
  std::string path;
  enum class Kind { file, folder, link, mount } kind = Kind::file;
  int fd = -1;
};

// Of this thread alone: the one that drains the page is not counted.
double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

Entry entry_of(std::string line) {
  Entry entry;
  if (line.starts_with(kStatfs)) {
    entry.kind = Entry::Kind::mount;
    line.erase(0, kStatfs.size());
  } else if (line.starts_with(kLink)) {
    entry.kind = Entry::Kind::link;
    line.erase(0, kLink.size());
  } else if (line.ends_with('/')) {
    entry.kind = Entry::Kind::folder;
  }
  entry.path = std::move(line);
  return entry;
}

std::vector<Entry> read_list(const char* path) {
  std::vector<Entry> entries;
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) {
    return entries;
  }
  std::string line;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
    } else if (!line.empty()) {
      entries.push_back(entry_of(std::move(line)));
      line.clear();
    }
  }
  std::fclose(file);
  return entries;
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

void list_all(int fd) {
  lseek(fd, 0, SEEK_SET);
  while (getdents64(fd, buffer.data(), buffer.size()) > 0) {
  }
}

std::size_t use(const Entry& entry, int fd) {
  if (entry.kind == Entry::Kind::folder) {
    list_all(fd);
    return 0;
  }
  return read_all(fd);
}

std::size_t visit(const Entry& entry, bool keep) {
  if (entry.kind == Entry::Kind::mount) {
    struct statfs numbers {};
    statfs(entry.path.c_str(), &numbers);
    return 0;
  }
  if (entry.kind == Entry::Kind::link) {
    return static_cast<std::size_t>(std::max<ssize_t>(0, readlink(entry.path.c_str(), buffer.data(), buffer.size())));
  }
  if (keep && entry.fd >= 0) {
    return use(entry, entry.fd);
  }
  const int fd = open(entry.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  const std::size_t bytes = use(entry, fd);
  close(fd);
  return bytes;
}

template <class Pass>
double milliseconds_of(Pass pass) {
  const double start = cpu_milliseconds();
  int passes = 0;
  do {
    pass();
    ++passes;
  } while (cpu_milliseconds() - start < kLongEnough);
  return (cpu_milliseconds() - start) / passes;
}

// A connection whose other end is read and thrown away.
int drained_connection(std::thread& drain) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 1) != 0 || getsockname(listener, generic, &size) != 0) {
    return -1;
  }
  const int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(out, generic, size) != 0) {
    return -1;
  }
  const int in = accept(listener, nullptr, nullptr);
  close(listener);
  drain = std::thread([in] {
    std::vector<char> sink(1 << 20);
    while (read(in, sink.data(), sink.size()) > 0) {
    }
    close(in);
  });
  return out;
}

double send_milliseconds(std::size_t bytes) {
  std::thread drain;
  const int out = drained_connection(drain);
  if (out < 0) {
    return 0;
  }
  const std::string page(bytes, 'x');
  const double result = milliseconds_of([&] {
    for (std::size_t sent = 0; sent < page.size();) {
      const ssize_t now = send(out, page.data() + sent, page.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) {
        return;
      }
      sent += static_cast<std::size_t>(now);
    }
  });
  close(out);
  drain.join();
  return result;
}

std::string all_text(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) {
    const int fd = entry.kind == Entry::Kind::file ? open(entry.path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
    for (ssize_t size = 0; fd >= 0 && (size = read(fd, buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    if (fd >= 0) {
      close(fd);
    }
  }
  return text;
}

// Every line's end looked for; for each series a number of eight digits read, and a line of the page's mean length
// written with it at the end.
double text_milliseconds(const std::string& text, std::size_t bytes, std::size_t series) {
  constexpr std::string_view kNumber = "12345678";
  const std::size_t length = bytes / series > kNumber.size() + 1 ? bytes / series - kNumber.size() - 1 : 0;
  const std::string labels(length, 'x');
  std::string page(series * (length + 32), '\0');
  std::size_t lines = 0;
  const double result = milliseconds_of([&] {
    for (const char* at = text.data(); at != nullptr; ++lines) {
      const auto left = static_cast<std::size_t>(text.data() + text.size() - at);
      const auto* const end = static_cast<const char*>(std::memchr(at, '\n', left));
      at = end == nullptr ? nullptr : end + 1;
    }
    char* out = page.data();
    for (std::size_t i = 0; i < series; ++i) {
      unsigned long long value = 0;
      std::from_chars(kNumber.data(), kNumber.data() + kNumber.size(), value);
      std::memcpy(out, labels.data(), length);
      out = std::to_chars(out + length, page.data() + page.size(), value + i).ptr;
      *out++ = '\n';
    }
    asm volatile("" : : "r"(page.data()), "r"(lines) : "memory");  // else nothing of this were done
  });
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Entry> entries = argc >= 2 ? read_list(argv[1]) : std::vector<Entry>{};
  std::size_t files = 0;
  std::size_t bytes = 0;
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const std::size_t most = descriptors.rlim_cur - 16;  // for sockets, and for what is opened each time
  for (Entry& entry : entries) {
    if (entry.kind != Entry::Kind::mount && entry.kind != Entry::Kind::link && files < most) {
      entry.fd = open(entry.path.c_str(), O_RDONLY | O_CLOEXEC);
    }
    ++files;
    bytes += visit(entry, true);  // the first read is dearer: the kernel allocates
  }
  if (files == 0) {
    std::fputs("floor: the list is empty\n", stderr);
    return 1;
  }
  const auto pass = [&](bool keep) {
    for (const Entry& entry : entries) {
      visit(entry, keep);
    }
  };
  if (argc >= 3 && std::string_view(argv[2]) == "paced") {
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), stdin) != nullptr) {
      const double start = cpu_milliseconds();
      pass(true);
      std::printf("%.4f\n", cpu_milliseconds() - start);
      std::fflush(stdout);
    }
    return 0;
  }
  const double opened = milliseconds_of([&] { pass(false); });
  const double kept = milliseconds_of([&] { pass(true); });
  const double sent = argc >= 3 ? send_milliseconds(std::strtoul(argv[2], nullptr, 10)) : 0;
  std::printf("%zu\t%zu\t%.4f\t%.4f\t%.4f", files, bytes, opened, kept, sent);
  const std::size_t series = argc >= 4 ? std::strtoul(argv[3], nullptr, 10) : 0;
  if (series != 0) {
    std::printf("\t%.4f", text_milliseconds(all_text(entries), std::strtoul(argv[2], nullptr, 10), series));
  }
  std::printf("\n");
  return 0;
}
