// Values of a JSON document that others wrote: whatever is missing or of another kind reads as empty. For .cpp files of
// this room only.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "platform/container_facts.h"

namespace platform {

using Json = nlohmann::json;

// A discarded value when the text is no JSON.
inline Json read_json(std::string_view text) { return Json::parse(text, nullptr, false); }
const Json& member(const Json& object, const char* name);
std::string text_of(const Json& object, const char* name);
// Whole numbers only.
std::optional<std::int64_t> integer_of(const Json& object, const char* name);
// The members of an object that are texts, ordered by name.
TextPairs texts_of(const Json& object);
// ["NAME=value", ...]
TextPairs environment_of(const Json& array);

}  // namespace platform
