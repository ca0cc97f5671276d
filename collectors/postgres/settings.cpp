// pg_settings: "work_mem", "4096", "kB", "integer" (PostgreSQL documentation, "System Views: pg_settings")
//
// Numbers and switches become pg_settings_<name>, in bytes or seconds where the setting has a unit, with the unit in
// the metric's name; -1 (off, or automatic) stays -1. Texts and enumerations are left out. Values are those of the
// exporter's session, so ALTER ROLE and ALTER DATABASE show, but not what the exporter itself set for its session.
#include <algorithm>
#include <array>

#include "collectors/postgres/query.h"
#include "platform/text.h"

namespace exporter::postgres::settings {
namespace {

constexpr std::array<std::string_view, 4> kColumns{"name", "setting", "unit", "vartype"};

struct Unit {
  std::string_view name;
  std::string_view suffix;
  double factor;
};
constexpr std::array<Unit, 10> kUnits{{{"ms", "_seconds", 0.001},
                                       {"s", "_seconds", 1},
                                       {"min", "_seconds", 60},
                                       {"h", "_seconds", 3600},
                                       {"d", "_seconds", 86400},
                                       {"B", "_bytes", 1},
                                       {"kB", "_bytes", 1024},
                                       {"MB", "_bytes", 1024.0 * 1024},
                                       {"GB", "_bytes", 1024.0 * 1024 * 1024},
                                       {"TB", "_bytes", 1024.0 * 1024 * 1024 * 1024}}};

// "8kB": 8 units of kB. A unit that is not known has an empty suffix.
Unit find_unit(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const double count = digits == 0 ? 1 : platform::number<double>(text.substr(0, digits)).value_or(1);
  for (const auto& unit : kUnits) {
    if (unit.name == text.substr(digits)) {
      return {unit.name, unit.suffix, count * unit.factor};
    }
  }
  return {};
}

class Settings final : public Query {
 public:
  void statement(const ServerInfo& /*server*/, std::string& sql) const override {
    sql =
        "SELECT name, CASE WHEN source = 'session' OR name = 'transaction_read_only' AND NOT pg_is_in_recovery()"
        " THEN reset_val ELSE setting END AS setting, unit, vartype"
        " FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real')"
        // Two that vendors add with values that are none of these types.
        " AND name NOT IN ('sync_commit_cancel_wait', 'google_dataplex.max_messages')";
  }

  Outcome read(const ServerInfo& server, const Rows& rows, Sink& sink) override {
    std::array<std::size_t, kColumns.size()> columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i] = rows.find(kColumns[i]);
      if (columns[i] == Rows::kNone) {
        sink.problem(Problem::missing, kColumns[i]);
        return Outcome::failed;
      }
    }
    if (sink_ != &sink || server_ != server.server) {
      known_.clear();
      sink_ = &sink;
      server_ = server.server;
      labels_.clear();
      labels_.append("server", server_);
    }
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto text = [&](std::size_t i) { return rows.text(row, columns[i]); };
      // The server lists settings in one order: the n-th is nearly always the n-th of the last scrape.
      if (row == known_.size()) {
        known_.emplace_back();
      }
      Known& known = known_[row];
      if (known.name != text(0) || known.unit_text != text(2)) {
        known = meet(text(0), text(2), sink);
      }
      add(known, text(1), text(3), sink);
    }
    return Outcome::ok;
  }

 private:
  struct Known {
    std::string name;
    std::string unit_text;
    Unit unit{};
    bool usable = false;
    FamilyId family;
  };

  static Known meet(std::string_view name, std::string_view unit_text, Sink& sink) {
    Known known;
    known.name = name;
    known.unit_text = unit_text;
    known.unit = unit_text.empty() ? Unit{"", "", 1} : find_unit(unit_text);
    known.usable = !name.empty() && known.unit.factor > 0;
    if (known.usable) {
      std::string metric = "pg_settings_";
      for (const char c : name) {
        metric += c == '.' || c == '-' ? '_' : c;
      }
      metric.append(known.unit.suffix);
      std::string help = "Server setting " + known.name;
      if (!known.unit.suffix.empty()) {
        help.append(" in ").append(known.unit.suffix.substr(1));
      }
      known.family = sink.dynamic(MetricType::gauge, metric, help + ".");
    }
    return known;
  }

  void add(const Known& known, std::string_view text, std::string_view type, Sink& sink) const {
    if (!known.usable) {
      sink.problem(Problem::parse, known.name);
      return;
    }
    if (type == "bool") {
      sink.add(known.family, text == "on" ? 1 : 0, labels_);
      return;
    }
    // Some vendors put the unit into the value ("88413056kB"); it then counts instead of the setting's own.
    const auto digits = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
    const auto value = parse_value(text.substr(0, digits));
    const Unit own = digits < text.size() ? find_unit(text.substr(digits)) : known.unit;
    if (!value || own.suffix != known.unit.suffix || !(own.factor > 0)) {
      sink.problem(Problem::parse, known.name);
      return;
    }
    const auto number = platform::lenient_number(text.substr(0, digits)).value_or(0);
    if (own.factor == 1 || number == -1) {
      sink.add(known.family, *value, labels_);
    } else {
      // Divided where that is exact in the text: 0.2 s, not 0.2000000000001.
      sink.add(known.family, own.factor < 1 ? number / 1000 : number * own.factor, labels_);
    }
  }

  const Sink* sink_ = nullptr;
  std::string server_;
  LabelBlock labels_;
  std::vector<Known> known_;  // by row
};

std::unique_ptr<Query> make(const Environment& /*environment*/) { return std::make_unique<Settings>(); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "settings",
    .summary = "the server's settings that are numbers or switches",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = {},
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::settings
