// Directories and files by descriptor, so that /host/proc, a test fixture and /proc are the same thing.
//
// All functions return 0 or an errno value; nothing throws, nothing is logged.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform {

// Owns one file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Fd() { reset(); }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset(int fd = -1) noexcept;
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// A growing read buffer that is reused: its capacity never shrinks.
class ReadBuffer {
 public:
  static constexpr std::size_t kMaxFile = std::size_t{64} << 20;  // a larger file gives EFBIG

  std::string_view text() const noexcept { return {data_.get(), size_}; }
  void clear() noexcept { size_ = 0; }

  // Reads from `fd` at offset 0 to the end of the file.
  int fill(int fd);
  // One pread: for sysfs attributes and one-line files, which the kernel hands out in one piece of at most a page.
  int fill_once(int fd);

 private:
  void reserve(std::size_t capacity);
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

class Changes;

class Dir {
 public:
  Dir() = default;
  explicit Dir(const std::string& path);
  bool valid() const noexcept { return static_cast<bool>(fd_); }
  int fd() const noexcept { return fd_.get(); }

  // `name` is relative; "net/dev" is fine. `out` is left invalid on error.
  int open_dir(const char* name, Dir& out) const;
  int open_file(const char* name, Fd& out) const;
  // Opens, reads to the end, closes. For files that are not read at every scrape.
  int read(const char* name, ReadBuffer& buffer) const;
  // Names of the entries without "." and "..", in the kernel's order. `name` "." is the directory itself.
  int list(const char* name, std::vector<std::string>& names) const;
  // The text of a symbolic link.
  int link(const char* name, std::string& target) const;
  bool exists(const char* name) const noexcept;

  // Told by `changes`, which must outlive this: what is absent below this directory stays absent, and with `lists` the
  // folders below it list the same, as long as nothing changes. Directories opened from it do not inherit this.
  void follow(const Changes& changes, bool lists) noexcept {
    changes_ = &changes;
    lists_ = lists;
  }
  // The state in which something was looked for and found absent; the same later: it need not be looked for. 0: it
  // must.
  std::uint64_t absence() const noexcept;
  // The same for what a folder lists.
  std::uint64_t listing() const noexcept { return lists_ ? absence() : 0; }

 private:
  Fd fd_;
  const Changes* changes_ = nullptr;
  bool lists_ = false;
};

// Whether something exists; asked at every scrape.
class KeptPresence {
 public:
  // `dir` must outlive this.
  KeptPresence(const Dir& dir, std::string name) : dir_(&dir), name_(std::move(name)) {}
  bool there() noexcept {
    const std::uint64_t now = dir_->listing();
    if (now == 0 || now != asked_) {
      there_ = dir_->exists(name_.c_str());
      asked_ = now;
    }
    return there_;
  }

 private:
  const Dir* dir_;
  std::string name_;
  bool there_ = false;
  std::uint64_t asked_ = 0;
};

// A file that every scrape reads: opened once, then read with pread. A file that vanished (ENOENT, ENODEV, ESTALE) is
// opened anew at the next read, one that is absent once that may have changed (Dir::follow).
class KeptFile {
 public:
  // `dir` must outlive this.
  KeptFile(const Dir& dir, std::string name) : dir_(&dir), name_(std::move(name)) {}
  int read(ReadBuffer& buffer) { return read(buffer, false); }
  int read_once(ReadBuffer& buffer) { return read(buffer, true); }
  const std::string& name() const noexcept { return name_; }
  void close() noexcept { fd_.reset(); }

 private:
  int read(ReadBuffer& buffer, bool once);
  const Dir* dir_;
  std::string name_;
  Fd fd_;
  std::uint64_t absent_ = 0;  // Dir::absence() when it was looked for in vain
};

}  // namespace platform
