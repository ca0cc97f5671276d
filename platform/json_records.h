// A JSON array of flat objects, such as [{"IfaceName": "eth0", "Bytes": 83}, ...].
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

// Names and values of one object. Numbers stand as the text they are written with, strings without their quotes; other
// values are left out.
using JsonRecord = std::map<std::string, std::string, std::less<>>;

// Nothing when the text is not such an array. Allocates: not for a warm scrape.
std::optional<std::vector<JsonRecord>> read_json_records(std::string_view text);

}  // namespace platform
