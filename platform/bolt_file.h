// A bbolt database, read only: containerd's meta.db and Podman's bolt_state.db.
//
// File format: pages of one size; page 0 and 1 are meta pages, of which the valid one with the higher transaction
// number counts; each bucket is a B+ tree of branch and leaf pages, small buckets stand inline in their parent's leaf
// (go.etcd.io/bbolt, page.go and bucket.go). Nothing is locked and nothing mapped: pages are read with pread and every
// offset is checked, so a file that is cut, changed or made up costs an error, never more. One thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "platform/dir.h"

namespace platform {

class BoltFile {
 public:
  // Opens and finds the newest meta page. Returns 0 or an errno value; EINVAL: not such a file.
  int open(const Dir& dir, const char* name);

  // The value under the last of `path`; those before it are buckets. ENOENT: there is none. EAGAIN: the owner wrote
  // meanwhile, try again. EINVAL: damaged.
  int find(std::span<const std::string_view> path, std::string& value);

  // Visits the entries of the bucket at `path` (empty: the top) in order. `bucket`: the entry is a bucket, `value` is
  // nothing then. Errors as of find(); entries may have been visited before one.
  using Visit = std::function<void(std::string_view key, std::string_view value, bool bucket)>;
  int each(std::span<const std::string_view> path, const Visit& visit);

 private:
  // A page with those that continue it, or a bucket's inline page.
  using Page = std::string;
  struct Entry {
    std::string_view key;
    std::string_view value;
    std::uint64_t child = 0;  // of a branch
    bool bucket = false;
  };
  struct Bucket {
    std::uint64_t root = 0;
    Page inlined;  // where root is 0
  };
  int read_meta(std::size_t page_size, std::size_t index, std::uint64_t& newest);
  int read_page(std::uint64_t number, Page& page);
  int open_bucket(std::span<const std::string_view> path, Bucket& bucket);
  int search(const Bucket& bucket, std::string_view key, std::string& value, bool& is_bucket);
  int visit_page(const Page& page, unsigned depth, const Visit& visit);
  static bool entry_of(const Page& page, std::size_t index, Entry& entry);
  int checked(int error);

  Fd file_;
  std::size_t page_size_ = 0;
  std::uint64_t root_ = 0;
  std::uint64_t pages_ = 0;        // beyond the last one in use
  std::uint64_t transaction_ = 0;  // of the meta page
  std::size_t budget_ = 0;         // pages that this call may still read: a damaged file may run in circles
};

}  // namespace platform
