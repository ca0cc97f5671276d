// Feeds PageGzip with one page after another: an input is cut at each zero byte, and every piece is a page. A page may
// begin with a digit, which says how often the page before comes first. What is not refused must come back.
#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "exporter/page_gzip.h"

namespace {

void check(exporter::PageGzip& gzip, const std::string& text) {
  static libdeflate_decompressor* const reader = libdeflate_alloc_decompressor();
  // Of the exact size, so that the address sanitizer sees every byte beyond.
  const auto bound = exporter::PageGzip::bound(text.size());
  const auto out = std::make_unique<char[]>(bound);
  const std::size_t size = gzip.pack(text, out.get(), bound);
  if (size == 0) {
    return;
  }
  std::string back(text.size() + 1, '\0');
  std::size_t in = 0;
  std::size_t length = 0;
  const auto result = libdeflate_gzip_decompress_ex(reader, out.get(), size, back.data(), back.size(), &in, &length);
  back.resize(length);
  if (result != LIBDEFLATE_SUCCESS || in != size || back != text) {
    std::fprintf(stderr, "result %d, %zu of %zu bytes\n", static_cast<int>(result), in, size);
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  exporter::PageGzip gzip;
  std::string page;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t end = std::min(input.find('\0', at), input.size());
    std::string next;
    if (input[at] >= '1' && input[at] <= '9') {
      for (int i = '0'; i < input[at] && next.size() < 100000; ++i) {
        next += page;
      }
      ++at;
    }
    page = next + input.substr(at, end > at ? end - at : 0);
    check(gzip, page);
    check(gzip, page);
    at = end + 1;
  }
  return 0;
}
