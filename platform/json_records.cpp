#include "platform/json_records.h"

#include <nlohmann/json.hpp>

namespace platform {

std::optional<std::vector<JsonRecord>> read_json_records(std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_array()) {
    return std::nullopt;
  }
  std::vector<JsonRecord> records;
  for (const auto& object : document) {
    if (!object.is_object()) {
      return std::nullopt;
    }
    JsonRecord& record = records.emplace_back();
    for (const auto& [name, value] : object.items()) {
      if (value.is_string()) {
        record.emplace(name, value.get<std::string>());
      } else if (value.is_number()) {
        record.emplace(name, value.dump());
      }
    }
  }
  return records;
}

}  // namespace platform
