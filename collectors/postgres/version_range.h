// Which releases of PostgreSQL something is for: ">=14 <17", "9.6 || >=12.3".
//
// Terms separated by blanks or commas must all hold; "||" separates alternatives. A term is =, !=, <, <=, > or >= (none
// is =) and a version of one to three numbers. A version of fewer numbers than a release has stands for all its
// releases: "<=16" admits 16.4, ">16" does not. The form of semantic versions is the same: "14.2.0" is 14.2.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace exporter::postgres {

class VersionRange {
 public:
  // Empty, or what is wrong with the text, without the text.
  std::string parse(std::string_view text);
  // As server_version_num has it: 150004. All are admitted by a range that was never parsed.
  bool admits(int version) const noexcept;

 private:
  // From `from` on and below `until`; not `inside`: all but these.
  struct Term {
    int from = 0;
    int until = 0;
    bool inside = true;
    bool admits(int version) const noexcept { return (version >= from && version < until) == inside; }
  };
  static bool parse_term(std::string_view text, Term& term);

  std::vector<std::vector<Term>> alternatives_;
};

}  // namespace exporter::postgres
