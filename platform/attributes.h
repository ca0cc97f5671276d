// The attributes of one device: a folder of sysfs files that each hold one value
// (Documentation/filesystems/sysfs.rst), such as /sys/class/net/eth0/{mtu,speed,carrier}.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/dir.h"

namespace platform {

// How many attribute files a collector may keep open. Beyond it they are opened and closed at each read, so that
// thousands of devices do not use up the descriptors of the process.
class OpenFiles {
 public:
  static constexpr std::size_t kLimit = 2048;
  explicit OpenFiles(std::size_t limit = kLimit) noexcept : left_(limit) {}
  bool take() noexcept { return left_ != 0 && left_-- != 0; }
  void give(std::size_t count) noexcept { left_ += count; }

 private:
  std::size_t left_;
};

// A file that every scrape reads in one piece, kept open when there is room within `open_files`: for files whose names
// are known at run time only. For one thread at a time.
class LimitedFile {
 public:
  // `dir` and `open_files` must outlive this.
  LimitedFile(const Dir& dir, std::string name, OpenFiles& open_files)
      : file_(dir, std::move(name)), place_(open_files.take() ? &open_files : nullptr) {}
  LimitedFile(LimitedFile&& other) noexcept
      : file_(std::move(other.file_)), place_(std::exchange(other.place_, nullptr)) {}
  LimitedFile& operator=(LimitedFile&&) = delete;
  ~LimitedFile() {
    if (place_ != nullptr) {
      place_->give(1);
    }
  }

  // As KeptFile::read_once().
  int read(ReadBuffer& buffer) {
    const int error = file_.read_once(buffer);
    if (place_ == nullptr) {
      file_.close();
    }
    return error;
  }
  const std::string& name() const noexcept { return file_.name(); }

 private:
  KeptFile file_;
  OpenFiles* place_;
};

// Reads the attributes of one folder by their place in a fixed list of names. A name may hold '/'. Files are kept open
// within `open_files`; one that does not exist is remembered and looked for again from time to time only.
// For one thread at a time.
class Attributes {
 public:
  // `names`, whose texts end with a NUL, and `open_files` must outlive this. `folder` is kept.
  Attributes(Dir folder, std::span<const char* const> names, OpenFiles& open_files);
  Attributes(Attributes&& other) noexcept;
  Attributes& operator=(Attributes&&) = delete;
  ~Attributes();

  // The text of names[index] in `buffer`, at most 16 KiB; text() without the blanks around it is the value. Returns 0
  // or an errno value, then with an empty text: ENOENT when the device has no such attribute, and whatever the driver
  // says when it has no value just now (EINVAL, ENODATA, ENODEV, EOPNOTSUPP, ENXIO, EAGAIN, EIO).
  int read(std::size_t index, ReadBuffer& buffer);
  const char* name(std::size_t index) const noexcept { return names_[index]; }
  const Dir& folder() const noexcept { return folder_; }

 private:
  static constexpr int kClosed = -1;
  static constexpr int kOnce = -2;  // over the limit: opened for each read
  // At and below: absent; counts up to kClosed over the reads, then is looked for again.
  static constexpr int kAbsent = -3;
  static constexpr int kLongAbsent = -34;

  int open(std::size_t index, ReadBuffer& buffer);

  Dir folder_;
  std::span<const char* const> names_;
  OpenFiles* open_files_;
  std::vector<int> files_;
};

// True for what a driver answers when a device has no value for an attribute: not an error of the machine.
bool no_value(int error) noexcept;

}  // namespace platform
