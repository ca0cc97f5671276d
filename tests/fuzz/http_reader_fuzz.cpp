// Feeds HttpReader with any bytes: in one piece, then cut in two at a place that the first byte names. It must say the
// same of both and hold no more than its limit.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "platform/http_reader.h"

namespace {

constexpr std::size_t kMost = 200;

void feed(platform::HttpReader& reader, std::string_view first, std::string_view second) {
  reader.begin();
  const std::size_t used = reader.feed(first);
  if (used == first.size()) {
    reader.feed(second);
  }
  reader.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = input.size() * data[0] / 256;
  platform::HttpReader whole(kMost);
  platform::HttpReader parts(kMost);
  feed(whole, input, {});
  feed(parts, input.substr(0, cut), input.substr(cut));
  if (whole.done() == whole.failed() || whole.body().size() > kMost || whole.done() != parts.done() ||
      whole.error() != parts.error() ||
      (whole.done() && (whole.status() != parts.status() || whole.body() != parts.body() ||
                        whole.content_type() != parts.content_type() || whole.keeps_alive() != parts.keeps_alive()))) {
    std::fprintf(stderr, "whole: %s; in two: %s\n", whole.error().c_str(), parts.error().c_str());
    std::abort();
  }
  return 0;
}
