// Unpacks what others packed with gzip (RFC 1952), within a limit that the packed bytes cannot talk it out of.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct libdeflate_decompressor;

namespace platform {

// Keeps its memory from call to call. One thread at a time.
class Gunzip {
 public:
  enum class Result : std::uint8_t { ok, broken, too_large };
  // `out` becomes the text of the one member that `packed` is, of at most `most` octets.
  Result unpack(std::string_view packed, std::size_t most, std::string& out);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* state) const noexcept;
  };
  std::unique_ptr<libdeflate_decompressor, Free> state_;  // made at first use
};

}  // namespace platform
