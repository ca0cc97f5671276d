#include "platform/shared_library.h"

#include <dlfcn.h>

namespace platform {

SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) {
    ::dlclose(handle_);
  }
}

std::string SharedLibrary::open(const char* name) {
  if (handle_ == nullptr) {
    handle_ = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  if (handle_ != nullptr) {
    return {};
  }
  const char* const reason = ::dlerror();  // NOLINT(concurrency-mt-unsafe): per thread in glibc
  return reason == nullptr ? std::string(name) + ": cannot be loaded" : std::string(reason);
}

void* SharedLibrary::symbol(const char* name) const { return handle_ == nullptr ? nullptr : ::dlsym(handle_, name); }

}  // namespace platform
