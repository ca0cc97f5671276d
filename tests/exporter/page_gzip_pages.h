// Pages for the tests of the gzip form, and independent ways to pack and unpack them.
#pragma once
#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/page_gzip.h"

namespace exporter::page_gzip_test {

// What comes out of an independent decompressor, which also checks the CRC and the length.
inline std::string unpacked(std::string_view gzip, std::size_t size) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> reader(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::string text(size + 1, '\0');
  std::size_t in = 0;
  std::size_t out = 0;
  const auto result =
      libdeflate_gzip_decompress_ex(reader.get(), gzip.data(), gzip.size(), text.data(), text.size(), &in, &out);
  if (result != LIBDEFLATE_SUCCESS || in != gzip.size()) {
    return "not gzip";
  }
  text.resize(out);
  return text;
}

inline std::size_t size_by_libdeflate(std::string_view text) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> packer(
      libdeflate_alloc_compressor(1), libdeflate_free_compressor);
  std::string out(libdeflate_gzip_compress_bound(packer.get(), text.size()), '\0');
  return libdeflate_gzip_compress(packer.get(), text.data(), text.size(), out.data(), out.size());
}

class Packer {
 public:
  // The gzip form, empty when refused; what is not refused must be right.
  std::string_view pack(std::string_view text) {
    if (out_.size() < PageGzip::bound(text.size()) + kGuard) {
      out_.resize(PageGzip::bound(text.size()) + kGuard);
    }
    const std::size_t bound = PageGzip::bound(text.size());
    std::fill_n(out_.begin() + static_cast<std::ptrdiff_t>(bound), kGuard, '\x5a');
    const std::string_view packed(out_.data(), gzip.pack(text, out_.data(), bound));
    EXPECT_EQ(std::string(kGuard, '\x5a'), out_.substr(bound, kGuard)) << "nothing is written behind the end";
    if (!packed.empty() && unpacked(packed, text.size()) != text) {
      ADD_FAILURE() << "a page of " << text.size() << " bytes does not come back";
    }
    return packed;
  }
  // The same, for a page that must not be refused although nothing was known.
  std::string_view learn(std::string_view text) {
    EXPECT_TRUE(pack(text).empty());
    const auto packed = pack(text);
    EXPECT_FALSE(packed.empty());
    return packed;
  }

  PageGzip gzip;

 private:
  static constexpr std::size_t kGuard = 16;
  std::string out_;
};

struct Line {
  std::string series;
  std::string value;
};

inline std::vector<Line> lines_of(std::size_t families, std::size_t each) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < families; ++i) {
    const std::string name = "node_family" + std::to_string(i * 7919 % 1000) + "_bytes";
    for (std::size_t k = 0; k < each; ++k) {
      std::string head;
      if (k == 0) {
        head.append("# HELP ").append(name).append(" What family ").append(std::to_string(i)).append(" counts.\n");
        head.append("# TYPE ").append(name).append(" gauge\n");
      }
      lines.push_back(
          {head + name + "{device=\"sd" + std::to_string(k) + "\",mode=\"" + (k % 2 == 0 ? "idle" : "user") + "\"}",
           std::to_string(i * k * 104729 % 100003)});
    }
  }
  return lines;
}

inline std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text.append(line.series).append(" ").append(line.value).append("\n");
  }
  return text;
}

}  // namespace exporter::page_gzip_test
