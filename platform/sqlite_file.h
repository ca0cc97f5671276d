// Texts out of an SQLite database that belongs to someone else: opened read-only and without any lock (immutable), so
// its owner never waits for us. A writer may be at work meanwhile; what then looks damaged is read again later.
//
// A statement that takes too many steps is ended: the schema is the owner's and may hold anything. libsqlite3.so.0 is
// loaded when the first database is read (sqlite.org/c3ref). One thread at a time.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/shared_library.h"

namespace platform {

class SqliteLibrary {
 public:
  // Runs `sql`, whose parameter ?1 is `parameter`, and appends the columns of the first row to `row`; NULL is an empty
  // text. Returns 0, ENOENT for no row, or another errno value; ENOSYS when the library is not installed.
  int first_row(const std::string& path, const char* sql, std::string_view parameter, std::vector<std::string>& row);

 private:
  bool load();

  SharedLibrary library_;
  bool tried_ = false;
  int (*open_)(const char*, void**, int, const char*) = nullptr;
  int (*close_)(void*) = nullptr;
  int (*prepare_)(void*, const char*, int, void**, const char**) = nullptr;
  int (*bind_text_)(void*, int, const char*, int, void (*)(void*)) = nullptr;
  int (*step_)(void*) = nullptr;
  int (*columns_)(void*) = nullptr;
  const void* (*column_blob_)(void*, int) = nullptr;
  int (*column_bytes_)(void*, int) = nullptr;
  int (*finalize_)(void*) = nullptr;
  int (*limit_)(void*, int, int) = nullptr;
  void (*progress_)(void*, int, int (*)(void*), void*) = nullptr;
};

}  // namespace platform
