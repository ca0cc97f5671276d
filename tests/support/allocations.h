// Counts operator new of the calling thread, so that a test can say "nothing".
#pragma once
#include <cstddef>

namespace tests {

// Calls of operator new by this thread so far; always 0 in a sanitizer build, which brings its own operator new.
std::size_t allocations() noexcept;

}  // namespace tests
