#include "platform/json_values.h"

#include <cerrno>

#include "platform/container_source.h"
#include "platform/text.h"

namespace platform {

const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) {
    return kNone;
  }
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string text_of(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::int64_t> integer_of(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) {
    return std::nullopt;
  }
  return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

TextPairs texts_of(const Json& object) {
  TextPairs result;
  if (object.is_object()) {
    for (const auto& [key, value] : object.items()) {
      if (value.is_string()) {
        result.emplace_back(key, value.get<std::string>());
      }
    }
  }
  return result;
}

TextPairs environment_of(const Json& array) {
  TextPairs result;
  if (array.is_array()) {
    for (const Json& entry : array) {
      if (entry.is_string()) {
        const auto& text = entry.get_ref<const std::string&>();
        std::string_view value = text;
        const auto name = take(value, '=');
        result.emplace_back(name, value);
      }
    }
  }
  return result;
}

bool is_denied(int error) noexcept { return error == EACCES || error == EPERM; }

}  // namespace platform
