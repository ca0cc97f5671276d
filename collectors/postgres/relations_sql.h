// The statement of a collector that reads tables: which of them it shows, and under whose name.
//
// --postgres.table-include and -exclude choose tables by schema.table. --postgres.roll-up-partitions adds partitions,
// TimescaleDB's chunks and other children up under their parent. --postgres.max-tables shows the largest of each
// database and adds the rest up as relname="other", so that totals stay right; size is what the last VACUUM or ANALYZE
// noted (pg_class.relpages), which costs nothing and does not flap. All of it is done by the server: regular
// expressions are PostgreSQL's. Tables of other sessions' temporary schemas are never shown.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "exporter/options.h"

namespace exporter::postgres {

struct RelationColumn {
  std::string_view value;  // SQL of the columns of `from`; a number
  std::string_view name;
  bool latest = false;  // of several tables the greatest is shown, not the sum
};

class RelationChoice {
 public:
  explicit RelationChoice(const Options& options);

  // Labels datname, schemaname and relname, then `columns`. `from` is a view with relid, schemaname and relname, called
  // s; `where` may be empty.
  std::string sql(int version, std::string_view from, std::string_view where,
                  std::span<const RelationColumn> columns) const;
  // A condition on schemaname and relname, for collectors of what belongs to tables.
  std::string condition() const;

 private:
  std::string include_;
  std::string exclude_;
  bool roll_up_;
  std::int64_t most_;
};

}  // namespace exporter::postgres
