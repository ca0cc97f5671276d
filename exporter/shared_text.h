// Text that its writer hands out without a copy: it stays as it is until the last reader has let go.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace exporter {

// A pointer to the text, as a shared_ptr is; but its owner can tell reliably that nobody else reads it any more. The
// owner is one thread at a time, copies may be dropped by any.
class SharedText {
 public:
  SharedText() : block_(new Block) {}
  SharedText(const SharedText& other) noexcept : block_(other.block_) {
    block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText& operator=(const SharedText&) = delete;
  ~SharedText() { drop(); }

  const std::string& text() const noexcept { return block_->text; }
  // For the owner, after empty(): while nobody else reads it.
  std::string& writable() noexcept { return block_->text; }
  // Makes it empty, with its capacity; with a new one when somebody reads it still.
  void empty() {
    if (block_->owners.load(std::memory_order_acquire) != 1) {
      Block* const fresh = new Block;
      drop();
      block_ = fresh;
    }
    block_->text.clear();
  }

 private:
  struct Block {
    std::atomic<std::uint32_t> owners{1};
    std::string text;
  };
  void drop() noexcept {
    if (block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete block_;
    }
  }

  Block* block_;
};

}  // namespace exporter
