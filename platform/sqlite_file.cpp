#include "platform/sqlite_file.h"

#include <cerrno>

namespace platform {
namespace {

// Numbers of sqlite3.h, which never change.
constexpr int kOk = 0;
constexpr int kRow = 100;
constexpr int kDone = 101;
constexpr int kOpenReadOnly = 0x1;
constexpr int kOpenUri = 0x40;
constexpr int kOpenNoMutex = 0x8000;
constexpr int kLimitLength = 0;
constexpr int kMostSteps = 1000000;  // some 10 ms
constexpr int kMostBytes = 4 << 20;  // of a text; larger ones are errors

std::string address_of(const std::string& path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte / 16];
      result += kDigits[byte % 16];
    } else {
      result += c;
    }
  }
  return result + "?mode=ro&immutable=1";
}

}  // namespace

bool SqliteLibrary::load() {
  if (!tried_) {
    tried_ = true;
    const bool found =
        library_.open("libsqlite3.so.0").empty() && library_.find("sqlite3_close", close_) &&
        library_.find("sqlite3_prepare_v2", prepare_) && library_.find("sqlite3_bind_text", bind_text_) &&
        library_.find("sqlite3_step", step_) && library_.find("sqlite3_column_count", columns_) &&
        library_.find("sqlite3_column_blob", column_blob_) && library_.find("sqlite3_column_bytes", column_bytes_) &&
        library_.find("sqlite3_finalize", finalize_) && library_.find("sqlite3_limit", limit_) &&
        library_.find("sqlite3_progress_handler", progress_) && library_.find("sqlite3_open_v2", open_);
    open_ = found ? open_ : nullptr;
  }
  return open_ != nullptr;
}

int SqliteLibrary::first_row(const std::string& path, const char* sql, std::string_view parameter,
                             std::vector<std::string>& row) {
  if (!load()) {
    return ENOSYS;
  }
  void* database = nullptr;
  void* statement = nullptr;
  int error = EIO;
  if (open_(address_of(path).c_str(), &database, kOpenReadOnly | kOpenUri | kOpenNoMutex, nullptr) == kOk) {
    limit_(database, kLimitLength, kMostBytes);
    progress_(
        database, kMostSteps, [](void*) { return 1; }, nullptr);
    if (prepare_(database, sql, -1, &statement, nullptr) == kOk &&
        bind_text_(statement, 1, parameter.data(), static_cast<int>(parameter.size()), nullptr) == kOk) {
      const int stepped = step_(statement);
      error = stepped == kRow ? 0 : stepped == kDone ? ENOENT : EIO;
      for (int i = 0; error == 0 && i < columns_(statement); ++i) {
        const void* const text = column_blob_(statement, i);
        const int size = column_bytes_(statement, i);
        row.emplace_back(text == nullptr ? "" : static_cast<const char*>(text),
                         text == nullptr ? 0 : static_cast<std::size_t>(size));
      }
    }
  }
  finalize_(statement);
  close_(database);
  return error;
}

}  // namespace platform
