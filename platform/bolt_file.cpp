#include "platform/bolt_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace platform {
namespace {

constexpr std::uint32_t kMagic = 0xED0CDAED;
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kPageHeader = 16;  // id u64, flags u16, count u16, overflow u32
constexpr std::size_t kMetaBytes = 64;
constexpr std::size_t kElement = 16;
constexpr std::size_t kBucketHeader = 16;  // root u64, sequence u64
constexpr std::uint16_t kBranch = 1;
constexpr std::uint16_t kLeaf = 2;
constexpr std::uint32_t kBucketFlag = 1;
constexpr unsigned kMaxDepth = 32;
constexpr std::size_t kMaxPages = 65536;
constexpr std::uint64_t kMaxOverflow = 4096;  // 16 MB of one entry

// Little endian, as every machine that runs this writes it.
template <class T>
T at(std::string_view bytes, std::size_t offset) noexcept {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::uint64_t fnv1a(std::string_view bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

bool read_at(const Fd& file, char* out, std::size_t size, std::uint64_t offset) noexcept {
  while (size != 0) {
    const ssize_t got = ::pread(file.get(), out, size, static_cast<off_t>(offset));
    if (got <= 0) {
      if (got < 0 && errno == EINTR) {
        continue;
      }
      return false;
    }
    out += got;
    size -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace

int BoltFile::read_meta(std::size_t page_size, std::size_t index, std::uint64_t& newest) {
  std::array<char, kPageHeader + kMetaBytes> bytes;
  if (!read_at(file_, bytes.data(), bytes.size(), page_size * index)) {
    return EINVAL;
  }
  const std::string_view meta = std::string_view(bytes.data(), bytes.size()).substr(kPageHeader);
  const auto size = at<std::uint32_t>(meta, 8);
  if (at<std::uint32_t>(meta, 0) != kMagic || at<std::uint32_t>(meta, 4) != kVersion || size != page_size ||
      at<std::uint64_t>(meta, 56) != fnv1a(meta.substr(0, 56))) {
    return EINVAL;
  }
  if (const auto transaction = at<std::uint64_t>(meta, 48); page_size_ == 0 || transaction > newest) {
    newest = transaction;
    page_size_ = size;
    root_ = at<std::uint64_t>(meta, 16);
    pages_ = at<std::uint64_t>(meta, 40);
  }
  return 0;
}

int BoltFile::open(const Dir& dir, const char* name) {
  page_size_ = 0;
  transaction_ = 0;
  if (const int error = dir.open_file(name, file_)) {
    return error;
  }
  // The size of a page is known from the first meta page only; where that is damaged, the second is looked for.
  for (std::size_t size = 512; size <= 65536 && page_size_ == 0; size *= 2) {
    read_meta(size, 0, transaction_);
    read_meta(size, 1, transaction_);
  }
  return page_size_ == 0 ? EINVAL : 0;
}

// The owner writes a new transaction into pages that are free in the last one. So what was read is whole when the
// newest meta page still is the one it was read by.
int BoltFile::checked(int error) {
  const std::uint64_t before = transaction_;
  const std::uint64_t root = root_;
  const std::size_t size = page_size_;
  page_size_ = 0;
  read_meta(size, 0, transaction_);
  read_meta(size, 1, transaction_);
  if (page_size_ == 0) {
    page_size_ = size;
    transaction_ = before;
    return EINVAL;
  }
  return transaction_ == before && root_ == root ? error : EAGAIN;
}

int BoltFile::read_page(std::uint64_t number, Page& page) {
  if (number < 2 || number >= pages_ || budget_ == 0) {
    return EINVAL;
  }
  --budget_;
  page.resize(page_size_);
  const std::uint64_t offset = number * page_size_;
  if (!read_at(file_, page.data(), page.size(), offset)) {
    return EINVAL;
  }
  const std::uint64_t overflow = at<std::uint32_t>(page, 12);
  if (overflow == 0) {
    return 0;
  }
  if (overflow > kMaxOverflow || overflow >= pages_ - number || overflow >= budget_) {
    return EINVAL;
  }
  budget_ -= static_cast<std::size_t>(overflow);
  page.resize(page_size_ * (static_cast<std::size_t>(overflow) + 1));
  return read_at(file_, page.data(), page.size(), offset) ? 0 : EINVAL;
}

bool BoltFile::entry_of(const Page& page, std::size_t index, Entry& entry) {
  const std::size_t place = kPageHeader + index * kElement;
  if (place + kElement > page.size()) {
    return false;
  }
  const auto text = [&](std::uint64_t begin, std::uint64_t size, std::string_view& out) {
    if (begin > page.size() || size > page.size() - begin) {
      return false;
    }
    out = std::string_view(page).substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
    return true;
  };
  if (at<std::uint16_t>(page, 8) == kBranch) {
    entry.child = at<std::uint64_t>(page, place + 8);
    return text(place + at<std::uint32_t>(page, place), at<std::uint32_t>(page, place + 4), entry.key);
  }
  const std::uint64_t begin = place + at<std::uint32_t>(page, place + 4);
  const std::uint64_t key_size = at<std::uint32_t>(page, place + 8);
  entry.bucket = (at<std::uint32_t>(page, place) & kBucketFlag) != 0;
  return text(begin, key_size, entry.key) && text(begin + key_size, at<std::uint32_t>(page, place + 12), entry.value);
}

int BoltFile::search(const Bucket& bucket, std::string_view key, std::string& value, bool& is_bucket) {
  Page page = bucket.inlined;
  std::uint64_t number = bucket.root;
  for (unsigned depth = 0; depth < kMaxDepth; ++depth) {
    if (number != 0) {
      if (const int error = read_page(number, page)) {
        return error;
      }
    }
    if (page.size() < kPageHeader) {
      return EINVAL;
    }
    const auto flags = at<std::uint16_t>(page, 8);
    const std::size_t count = at<std::uint16_t>(page, 10);
    if (flags != kBranch && flags != kLeaf) {
      return EINVAL;
    }
    // The last entry that is not behind the key.
    Entry entry;
    std::size_t low = 0;
    for (std::size_t high = count; low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (!entry_of(page, middle, entry)) {
        return EINVAL;
      }
      if (entry.key <= key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) {
      return ENOENT;
    }
    if (!entry_of(page, low - 1, entry)) {
      return EINVAL;
    }
    if (flags == kLeaf) {
      if (entry.key != key) {
        return ENOENT;
      }
      is_bucket = entry.bucket;
      value.assign(entry.value);
      return 0;
    }
    number = entry.child;
    if (number == 0) {
      return EINVAL;
    }
  }
  return EINVAL;
}

int BoltFile::open_bucket(std::span<const std::string_view> path, Bucket& bucket) {
  bucket.root = root_;
  std::string value;
  for (const auto key : path) {
    bool is_bucket = false;
    if (const int error = search(bucket, key, value, is_bucket)) {
      return error;
    }
    if (!is_bucket) {
      return ENOENT;
    }
    if (value.size() < kBucketHeader) {
      return EINVAL;
    }
    bucket.root = at<std::uint64_t>(value, 0);
    bucket.inlined = bucket.root == 0 ? value.substr(kBucketHeader) : std::string();
    if (bucket.root == 0 && bucket.inlined.size() < kPageHeader) {
      return EINVAL;
    }
  }
  return 0;
}

int BoltFile::find(std::span<const std::string_view> path, std::string& value) {
  if (!file_ || page_size_ == 0 || path.empty()) {
    return ENOENT;
  }
  budget_ = kMaxPages;
  Bucket bucket;
  int error = open_bucket(path.first(path.size() - 1), bucket);
  if (error == 0) {
    bool is_bucket = false;
    error = search(bucket, path.back(), value, is_bucket);
    error = error == 0 && is_bucket ? ENOENT : error;
  }
  return checked(error);
}

int BoltFile::each(std::span<const std::string_view> path, const Visit& visit) {
  if (!file_ || page_size_ == 0) {
    return ENOENT;
  }
  budget_ = kMaxPages;
  Bucket bucket;
  int error = open_bucket(path, bucket);
  if (error == 0 && bucket.root != 0) {
    error = read_page(bucket.root, bucket.inlined);
  }
  if (error == 0) {
    error = visit_page(bucket.inlined, 0, visit);
  }
  return checked(error);
}

// NOLINTNEXTLINE(misc-no-recursion): the depth is bounded
int BoltFile::visit_page(const Page& page, unsigned depth, const Visit& visit) {
  if (page.size() < kPageHeader || depth >= kMaxDepth) {
    return EINVAL;
  }
  const auto flags = at<std::uint16_t>(page, 8);
  const std::size_t count = at<std::uint16_t>(page, 10);
  if (flags != kBranch && flags != kLeaf) {
    return EINVAL;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Entry entry;
    if (!entry_of(page, i, entry)) {
      return EINVAL;
    }
    if (flags == kLeaf) {
      visit(entry.key, entry.bucket ? std::string_view{} : entry.value, entry.bucket);
      continue;
    }
    Page child;
    int error = read_page(entry.child, child);
    error = error == 0 ? visit_page(child, depth + 1, visit) : error;
    if (error != 0) {
      return error;
    }
  }
  return 0;
}

}  // namespace platform
