// What the readers of texts share.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/migrate.h"
#include "exporter/migrate_tables.h"

namespace exporter::migrate {

// The exporters of a compose file or of Kubernetes' objects; false when there are none.
bool find_in_yaml(std::string_view name, std::string_view text, Found& found);

// By the file's name, else by its options and variables.
std::optional<Original> guess_original(std::string_view file, const Program& settings);

// Where a port published as "127.0.0.1:9122:9121/tcp" or "9122:9121" is on the machine; empty when the text is no such.
std::string published_address(std::string_view text);

}  // namespace exporter::migrate
