#include "collectors/postgres/database_list.h"

namespace exporter::postgres {

void DatabaseList::statement(const ServerInfo& /*server*/, std::string& sql) const {
  // A connection limit of -2 marks a database whose DROP was cut short: nobody can connect.
  sql =
      "SELECT datname, current_database() AS own FROM pg_database WHERE datallowconn AND NOT datistemplate"
      " AND datconnlimit <> -2 AND has_database_privilege(oid, 'CONNECT') ORDER BY datname";
}

Outcome DatabaseList::read(const ServerInfo& server, const Rows& rows, Sink& /*sink*/) {
  if (rows.columns() < 2 || rows.rows() == 0) {
    return Outcome::failed;
  }
  own_ = rows.text(0, 1);
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto name = rows.text(row, 0);
    if (name == own_ || (server.databases != nullptr && !server.databases->allows(name))) {
      continue;
    }
    if (count == others_.size()) {
      others_.emplace_back();
    }
    others_[count++] = name;
  }
  others_.resize(count);
  return Outcome::ok;
}

}  // namespace exporter::postgres
