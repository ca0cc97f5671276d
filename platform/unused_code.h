// Letting go of code that only the start needed. The kernel maps a program's and its libraries' file pages in windows
// of 64 KiB around what is touched, so the resident size counts megabytes of text that never runs again: option tables,
// help, relocations of libraries. Windows that are used come back from the page cache at their next use: some 70
// faults, 0.3 ms of CPU, once, for a third of the resident size.
#pragma once

namespace platform {

// Unmaps (madvise(2), MADV_DONTNEED) the clean, read-only pages of this program and of all libraries that are loaded;
// what was written, such as relocated tables, is not touched. Breakpoints that a debugger wrote into the text are lost.
// Any thread, at any time.
void let_go_of_unused_code() noexcept;

}  // namespace platform
