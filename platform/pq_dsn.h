// Where a PostgreSQL server is and how to log in: the connection texts that libpq and the lib/pq driver accept.
//
// Two forms: "host=db port=5433 user=x password='a b'" and "postgresql://x:secret@db:5433/app?sslmode=require"
// (libpq, "Connection Strings"). Beyond libpq, as users of the driver are used to: keys that only the driver knows are
// dropped, and other unknown keys are server settings (statement_timeout=5000), sent as options=-c key=value.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform {

class PqDsn {
 public:
  // Reads one DSN. Returns an empty text or what is wrong: one line that repeats nothing of `text` but key names.
  std::string parse(std::string_view text);

  // Replaces or adds a libpq keyword; an empty value removes it.
  void set(std::string_view keyword, std::string_view value);
  std::string_view get(std::string_view keyword) const noexcept;
  // True for a libpq keyword or a server setting given in the DSN.
  bool gives(std::string_view keyword) const noexcept;
  const std::vector<std::pair<std::string, std::string>>& settings() const noexcept { return settings_; }

  // As a DSN would give it: a libpq keyword, or a server setting. Returns an empty text or what is wrong.
  std::string give(std::string key, std::string value);
  // Logs in with what is set here and nothing else: no PGPASSWORD, password file or client certificate of the user that
  // this program runs as, and not to the address that PGHOSTADDR names.
  void keep_apart() { apart_ = true; }
  bool apart() const noexcept { return apart_; }
  // Everything as one text of key='value' pairs.
  std::string pairs() const;

  // "host:port" as written, "localhost" and "5432" where the DSN and libpq's environment say nothing.
  std::string server() const;
  // `message` without any occurrence of this DSN's passwords.
  std::string redact(std::string message) const;

 private:
  std::string parse_pairs(std::string_view text);
  std::string parse_uri(std::string_view text);
  std::vector<std::pair<std::string, std::string>> settings_;
  std::vector<std::string> server_settings_;  // names of those folded into options
  bool apart_ = false;
};

// What libpq would use for `keyword` when a DSN does not say: from PGHOST and its like, or built in; may be empty.
std::string pq_default(std::string_view keyword);

// Splits a comma separated list of DSNs. A comma inside quotes, a host list or a password does not split: only one
// that is followed by postgres://, postgresql:// or a libpq keyword and '=' does. Empty pieces are left out.
std::vector<std::string> split_dsns(std::string_view text);

}  // namespace platform
