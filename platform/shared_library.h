// A library that only few need, loaded when the first of them asks for it: what is linked costs memory on every
// machine (dlopen(3)).
#pragma once
#include <string>
#include <utility>

namespace platform {

class SharedLibrary {
 public:
  SharedLibrary() = default;
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;
  ~SharedLibrary();

  // `name` with its version: "libsystemd.so.0". Empty when it is loaded, else one line that says what is missing.
  std::string open(const char* name);
  // Sets `function` to the symbol `name`. False when the library is not open or has no such symbol.
  template <class F>
  bool find(const char* name, F*& function) const {
    function = reinterpret_cast<F*>(symbol(name));
    return function != nullptr;
  }

 private:
  void* symbol(const char* name) const;
  void* handle_ = nullptr;
};

}  // namespace platform
