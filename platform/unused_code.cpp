#include "platform/unused_code.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <span>

namespace platform {
namespace {

// Text that the loader had to change is no copy of the file's. No toolchain makes such objects for 64-bit machines.
bool has_changed_text(const dl_phdr_info& object, std::span<const ElfW(Phdr)> segments) {
  for (const auto& segment : segments) {
    if (segment.p_type == PT_DYNAMIC) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are numbers here
      const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + segment.p_vaddr);
      for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
          return true;
        }
      }
    }
  }
  return false;
}

int let_go(dl_phdr_info* object, std::size_t, void* page_size) {
  const std::span segments(object->dlpi_phdr, object->dlpi_phnum);
  if (has_changed_text(*object, segments)) {
    return 0;
  }
  const auto page = *static_cast<const std::uintptr_t*>(page_size);
  for (const auto& segment : segments) {
    // Segments that may be written, and what becomes read-only after relocation, are PF_W here.
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0) {
      const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
      const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
    }
  }
  return 0;
}

}  // namespace

void let_go_of_unused_code() noexcept {
  auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  ::dl_iterate_phdr(let_go, &page);
}

}  // namespace platform
