// One finished answer: text that does not change any more, and its gzip form made at most once.
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/shared_text.h"

namespace exporter {

struct SharedPageGzip;

class Body {
 public:
  // The text, but for the largest pieces of a page, which are not copied. Filled by its maker before the Body is
  // shared, never after.
  std::string text;
  struct Piece {
    std::size_t at;  // it stands in front of text[at]
    SharedText lines;
  };
  std::vector<Piece> pieces;

  std::size_t size() const noexcept;
  // Calls write(std::string_view) with the text, from `offset` on, until that returns false; then it is false, too.
  template <class Write>
  bool write(std::size_t offset, Write&& write) const {
    std::size_t from = 0;
    const auto put = [&](std::string_view part) {
      const std::size_t skipped = std::min(offset, part.size());
      offset -= skipped;
      part.remove_prefix(skipped);
      return part.empty() || write(part);
    };
    for (const auto& piece : pieces) {
      if (!put(std::string_view(text).substr(from, piece.at - from)) || !put(piece.lines.text())) {
        return false;
      }
      from = piece.at;
    }
    return put(std::string_view(text).substr(from));
  }
  // A copy in one piece.
  std::string whole() const;

  // What knows pages of this kind, if any; set with the text.
  std::shared_ptr<SharedPageGzip> page_gzip;

  // The gzip form, made by the first caller (page_gzip, else libdeflate). Thread-safe. Empty when it could not be made.
  std::string_view gzip() const;

  // Makes the Body ready for another text; capacity stays.
  void recycle();

 private:
  void make_room(std::size_t bound) const;
  bool pack_as_known(std::string_view whole) const;
  void pack(std::string_view whole) const;

  mutable std::mutex mutex_;
  mutable bool packed_ = false;
  mutable std::unique_ptr<char[]> gzip_;  // not a string, which would fill it with zeros first
  mutable std::size_t capacity_ = 0;
  mutable std::size_t size_ = 0;
};

// Bodies whose memory is used again once nobody reads them, and with it that of the pointers' counts: a warm take()
// does not allocate. Thread-safe; bodies may outlive the pool.
class BodyPool {
 public:
  BodyPool();
  // An empty Body; it comes back to the pool when the last owner lets go.
  std::shared_ptr<Body> take();

 private:
  struct Kept;
  template <class T>
  struct Counts;
  std::shared_ptr<Kept> kept_;
};

}  // namespace exporter
