#include "collectors/postgres/relations_sql.h"

#include "collectors/postgres/sql_text.h"

namespace exporter::postgres {
namespace {

std::string list_of(std::span<const RelationColumn> columns, bool aggregate, bool by_name) {
  std::string list;
  for (const auto& column : columns) {
    const auto value = by_name ? column.name : column.value;
    list.append(", ");
    if (aggregate) {
      list.append(column.latest ? "max(" : "sum(").append(value).append(")");
    } else {
      list.append(value);
    }
    list.append(" AS ").append(column.name);
  }
  return list;
}

// The table that `s` is shown as. Roots of partitioned tables are known since 12; older ones have children one deep.
std::string_view shown_as(int version) {
  return version >= 120000
             ? "coalesce(pg_partition_root(s.relid), (SELECT inhparent FROM pg_inherits WHERE inhrelid = s.relid"
               " AND inhseqno = 1), s.relid)"
             : "coalesce((SELECT inhparent FROM pg_inherits WHERE inhrelid = s.relid AND inhseqno = 1), s.relid)";
}

}  // namespace

RelationChoice::RelationChoice(const Options& options)
    : include_(options.text("postgres.table-include")),
      exclude_(options.text("postgres.table-exclude")),
      roll_up_(options.flag("postgres.roll-up-partitions")),
      most_(options.integer("postgres.max-tables")) {
  if (most_ < 0) {
    throw OptionError("--postgres.max-tables=" + std::to_string(most_) + ": expected 0 (all) or more");
  }
}

std::string RelationChoice::condition() const {
  std::string condition = "schemaname !~ '^pg_temp_'";
  const auto add = [&](std::string_view relation, std::string_view pattern) {
    if (!pattern.empty()) {
      condition.append(" AND (schemaname || '.' || relname) ").append(relation).append(" ");
      append_sql_text(condition, pattern);
    }
  };
  add("~", include_);
  add("!~", exclude_);
  return condition;
}

std::string RelationChoice::sql(int version, std::string_view from, std::string_view where,
                                std::span<const RelationColumn> columns) const {
  std::string rows(from);
  rows.append(" s");
  std::string conditions = where.empty() ? "" : std::string(where);
  if (!roll_up_ && most_ == 0) {
    conditions.append(conditions.empty() ? "" : " AND ").append(condition());
    return "SELECT current_database() AS datname, schemaname, relname" + list_of(columns, false, false) + " FROM " +
           rows + " WHERE " + conditions;
  }
  // A row for each table, with its values and where it is shown.
  std::string tables = "SELECT ";
  if (roll_up_) {
    tables += "n.nspname AS schemaname, p.relname, c.relpages";
    rows.append(" JOIN pg_class c ON c.oid = s.relid JOIN pg_class p ON p.oid = ").append(shown_as(version));
    rows.append(" JOIN pg_namespace n ON n.oid = p.relnamespace");
  } else {
    tables += "s.schemaname, s.relname, c.relpages";
    rows.append(" JOIN pg_class c ON c.oid = s.relid");
  }
  tables.append(list_of(columns, false, false)).append(" FROM ").append(rows);
  if (!conditions.empty()) {
    tables.append(" WHERE ").append(conditions);
  }
  std::string grouped = "SELECT schemaname, relname" + list_of(columns, true, true) +
                        ", row_number() OVER (ORDER BY sum(relpages) DESC, schemaname, relname) AS place FROM (" +
                        tables + ") t WHERE " + condition() + " GROUP BY schemaname, relname";
  if (most_ == 0) {
    return "SELECT current_database() AS datname, schemaname, relname" + list_of(columns, false, true) + " FROM (" +
           grouped + ") g";
  }
  const std::string shown = "place <= " + std::to_string(most_);
  return "SELECT current_database() AS datname, CASE WHEN " + shown +
         " THEN schemaname ELSE '' END AS schemaname,"
         " CASE WHEN " +
         shown + " THEN relname ELSE 'other' END AS relname" + list_of(columns, true, true) + " FROM (" + grouped +
         ") g GROUP BY 1, 2, 3";
}

}  // namespace exporter::postgres
