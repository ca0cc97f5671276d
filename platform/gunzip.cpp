#include "platform/gunzip.h"

#include <libdeflate.h>

#include <new>

namespace platform {

void Gunzip::Free::operator()(libdeflate_decompressor* state) const noexcept { ::libdeflate_free_decompressor(state); }

Gunzip::Result Gunzip::unpack(std::string_view packed, std::size_t most, std::string& out) {
  out.clear();
  constexpr std::size_t kSmallest = 18;  // head and trailer
  if (packed.size() < kSmallest || !packed.starts_with("\x1f\x8b")) {
    return Result::broken;
  }
  // The last four octets say how long the text is, so that no room is made for more; what they say is not believed.
  std::size_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) {
    size = size << 8U | static_cast<unsigned char>(packed[packed.size() - i]);
  }
  if (size > most) {
    return Result::too_large;
  }
  if (!state_) {
    state_.reset(::libdeflate_alloc_decompressor());
    if (!state_) {
      throw std::bad_alloc();
    }
  }
  out.resize(size);
  std::size_t used = 0;
  std::size_t got = 0;
  const auto result =
      ::libdeflate_gzip_decompress_ex(state_.get(), packed.data(), packed.size(), out.data(), size, &used, &got);
  if (result != LIBDEFLATE_SUCCESS || used != packed.size() || got != size) {
    out.clear();
    return Result::broken;
  }
  return Result::ok;
}

}  // namespace platform
