// The form of a request's head, checked before the library reads it: what two readers could understand differently is
// refused (RFC 9112, sections 2 to 5 and 11.2).
#pragma once
#include <string_view>

namespace exporter {

// `head` ends with its empty line. True for a request line "METHOD TARGET HTTP/1.0" or 1.1 and lines "NAME: VALUE"
// without continuation, blank before the colon, or control characters.
bool well_formed_head(std::string_view head) noexcept;

}  // namespace exporter
