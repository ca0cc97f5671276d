// The databases of a server that may be read: "app", "postgres" (PostgreSQL documentation, "pg_database")
#pragma once
#include <span>
#include <string>
#include <vector>

#include "collectors/postgres/query.h"

namespace exporter::postgres {

// Read with every scrape; without those that the user left out.
class DatabaseList final : public Query {
 public:
  void statement(const ServerInfo& server, std::string& sql) const override;
  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override;

  // The one that was asked.
  const std::string& own() const noexcept { return own_; }
  // In order of their names.
  std::span<const std::string> others() const noexcept { return others_; }

 private:
  std::string own_;
  std::vector<std::string> others_;
};

}  // namespace exporter::postgres
