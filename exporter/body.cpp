#include "exporter/body.h"

#include <libdeflate.h>

namespace exporter {
namespace {

// Level 1: a 60 kB page takes 0.07 ms instead of 0.6 ms with zlib's default, for a sixth more bytes.
constexpr int kLevel = 1;
constexpr std::size_t kMostKept = 4;

struct Compressor {
  libdeflate_compressor* const state = libdeflate_alloc_compressor(kLevel);
  std::mutex mutex;
  Compressor() = default;
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { libdeflate_free_compressor(state); }
};

}  // namespace

std::string_view Body::gzip() const {
  static Compressor compressor;  // made when the first client asks for gzip
  const std::lock_guard lock(mutex_);
  if (!packed_ && compressor.state != nullptr) {
    const std::lock_guard one_at_a_time(compressor.mutex);
    const std::size_t bound = libdeflate_gzip_compress_bound(compressor.state, text.size());
    if (capacity_ < bound) {
      gzip_ = std::make_unique_for_overwrite<char[]>(bound + bound / 8);
      capacity_ = bound + bound / 8;
    }
    size_ = libdeflate_gzip_compress(compressor.state, text.data(), text.size(), gzip_.get(), capacity_);
    packed_ = true;
  }
  return {gzip_.get(), size_};
}

void Body::recycle() {
  text.clear();
  size_ = 0;
  packed_ = false;
}

BodyPool::BodyPool() : kept_(std::make_shared<Kept>()) {}

std::shared_ptr<Body> BodyPool::take() {
  std::unique_ptr<Body> body;
  {
    const std::lock_guard lock(kept_->mutex);
    if (!kept_->bodies.empty()) {
      body = std::move(kept_->bodies.back());
      kept_->bodies.pop_back();
    }
  }
  if (!body) {
    body = std::make_unique<Body>();
  }
  return {body.release(), [kept = kept_](Body* done) {
            std::unique_ptr<Body> owned(done);
            const std::lock_guard lock(kept->mutex);
            if (kept->bodies.size() < kMostKept) {
              owned->recycle();
              kept->bodies.push_back(std::move(owned));
            }
          }};
}

}  // namespace exporter
