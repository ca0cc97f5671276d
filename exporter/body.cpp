#include "exporter/body.h"

#include <libdeflate.h>

namespace exporter {
namespace {

// Level 1: a 60 kB page takes 0.07 ms instead of 0.6 ms with zlib's default, for a sixth more bytes.
constexpr int kLevel = 1;
constexpr std::size_t kKept = 4;

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
    gzip_.resize(bound);
    gzip_.resize(libdeflate_gzip_compress(compressor.state, text.data(), text.size(), gzip_.data(), bound));
    packed_ = true;
  }
  return gzip_;
}

void Body::recycle() {
  text.clear();
  gzip_.clear();
  packed_ = false;
}

std::shared_ptr<Body> BodyPool::take() {
  const std::lock_guard lock(mutex_);
  for (auto& body : bodies_) {
    if (body.use_count() == 1) {
      body->recycle();
      return body;
    }
  }
  auto body = std::make_shared<Body>();
  if (bodies_.size() < kKept) {
    bodies_.push_back(body);
  }
  return body;
}

}  // namespace exporter
