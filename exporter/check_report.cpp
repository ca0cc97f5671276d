#include "exporter/check_report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <set>
#include <system_error>
#include <utility>

#include "exporter/paragraph.h"

namespace exporter {
namespace {

constexpr std::size_t kOutcomeColumn = 44;
constexpr std::size_t kSamplesEnd = 66;
constexpr std::size_t kTimeEnd = 77;

std::size_t samples_of(const Sink& sink) {
  std::size_t samples = 0;
  for (const auto& column : sink.columns()) {
    samples += column->fingerprints.size();
  }
  return samples;
}

void append_right(std::string& out, const std::string& text, std::size_t end) {
  pad_to(out, end - std::min(end, text.size()));
  out += text;
}

std::string milliseconds(double seconds) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.2f", seconds * 1e3);
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

// What this user could be given to be let in: what the collector declares, else a guess.
std::string remedy(const CollectorResult& result, const Sink::Note& note) {
  if (note.kind != Problem::denied || result.server != 0 ||
      std::string_view(note.where.data()).find("CAP_") != std::string_view::npos) {
    return {};
  }
  if (const auto capabilities = result.spec->rights.capabilities; !capabilities.empty()) {
    return "; needs root or " + std::string(capabilities);
  }
  return note.error == EACCES ? "; needs root or CAP_DAC_READ_SEARCH, unless a security module forbids it"
                              : "; needs root or a capability, see the collector in COMPATIBILITY.md";
}

// For a server that does not let us in.
std::string_view remedy(const ServerResult& server) {
  const bool role = server.reason.find("role \"") != std::string_view::npos ||
                    server.reason.find("authentication") != std::string_view::npos;
  const bool said = server.reason.find("CREATE ROLE") != std::string_view::npos;
  return server.module == Module::postgres && role && !said
             ? "; `resource_exporter acl postgres` prints the statements that make the role"
             : "";
}

class Report {
 public:
  explicit Report(const Results& results) : results_(results) {}

  void add_module(Module module, std::span<const CollectorSpec* const> all,
                  std::span<const CollectorSpec* const> enabled) {
    std::string on;
    std::string off;
    for (const auto* spec : all) {
      if (spec->module == module) {
        const bool is_on = std::find(enabled.begin(), enabled.end(), spec) != enabled.end();
        std::string& list = is_on ? on : off;
        list.append(list.empty() ? "" : ", ").append(spec->name);
      }
    }
    text_.append(text_.empty() ? "" : "\n").append(to_text(module));
    if (!on.empty()) {
      append_right(text_, "samples", kSamplesEnd);
      append_right(text_, "ms", kTimeEnd);
    }
    text_ += '\n';
    const unsigned shown = on_;
    add_collectors(module, 0, enabled);
    bool asked = false;
    for (std::size_t i = 0; i < results_.servers.size(); ++i) {
      if (results_.servers[i].module == module) {
        add_server(i + 1, enabled);
        asked = true;
      }
    }
    if (!on.empty() && !asked && (module == Module::postgres || module == Module::redis)) {
      text_ += "  no server is named\n";
    }
    if (on_ == shown) {
      add_list("on: ", on);  // nobody was asked
    }
    add_list("off: ", off);
  }

  void mend(const std::string& what) {
    if (said_.insert(what).second) {
      mend_ += "  ";
      append_paragraph(mend_, what, 4);
    }
  }

  CheckReport finish() {
    for (const auto& line : results_.unnamed) {
      mend("servers that others should name are not known: " + line);
    }
    if (denied_) {
      mend("`resource_exporter acl systemd` prints a drop-in with the capabilities that the service lacks");
    }
    if (!mend_.empty()) {
      text_ += "\nTo be mended\n" + mend_;
    }
    text_ += '\n';
    std::string verdict = std::to_string(on_) + (on_ == 1 ? " collector" : " collectors");
    verdict += failed_ == 0 ? "" : ", " + std::to_string(failed_) + " failed";
    verdict += servers_ == 0 ? "" : "; " + std::to_string(servers_) + (servers_ == 1 ? " server" : " servers");
    verdict += down_ == 0 ? "" : ", " + std::to_string(down_) + " down";
    verdict += results_.unnamed.empty() ? "" : "; others are not known";
    const bool well = failed_ == 0 && down_ == 0 && results_.unnamed.empty();
    text_ += verdict + (!well ? "\n" : mend_.empty() ? ": all well\n" : ": nothing failed\n");
    return {std::move(text_), well};
  }

 private:
  void add_list(std::string_view title, const std::string& names) {
    if (!names.empty()) {
      text_.append("  ").append(title);
      append_paragraph(text_, names, 2 + title.size());
    }
  }

  // In the order of the list.
  void add_collectors(Module module, std::size_t server, std::span<const CollectorSpec* const> enabled) {
    for (const auto* spec : enabled) {
      for (const auto& result : results_.collectors) {
        if (result.spec == spec && spec->module == module && result.server == server) {
          add_collector(result);
        }
      }
    }
  }

  void add_collector(const CollectorResult& result) {
    ++on_;
    const bool late = result.sink == nullptr;
    // What is there and may not be read is not what is not there.
    const bool denied = !late && result.outcome == Outcome::no_data &&
                        result.sink->problems()[static_cast<std::size_t>(Problem::denied)] != 0;
    const bool failed = !late && result.outcome == Outcome::failed;
    failed_ += late || denied || failed ? 1 : 0;
    text_.append("  ").append(result.spec->name);
    pad_to(text_, kOutcomeColumn);
    text_ += late ? "late" : failed ? "failed" : denied ? "denied" : result.outcome == Outcome::ok ? "ok" : "no data";
    if (!late) {
      append_right(text_, std::to_string(samples_of(*result.sink)), kSamplesEnd);
      append_right(text_, milliseconds(result.seconds), kTimeEnd);
    }
    text_ += '\n';
    std::string who(result.spec->name);
    if (result.server != 0) {
      who.append(", ").append(results_.servers[result.server - 1].address);
    }
    if (late) {
      mend(who + ": not done before the deadline");
    } else {
      add_problems(who, result);
    }
  }

  void add_server(std::size_t number, std::span<const CollectorSpec* const> enabled) {
    const ServerResult& server = results_.servers[number - 1];
    const bool late = server.sink == nullptr;
    const bool absent = !late && server.outcome == Outcome::no_data;
    const bool up = !late && server.outcome == Outcome::ok;
    const std::string address(server.address);
    if (absent) {
      text_ += "  ";
      append_paragraph(text_, address + ": no such server here, and nobody named it", 4);
      return;
    }
    ++servers_;
    text_ += "  ";
    append_paragraph(text_, address + (up ? ": up, " + std::string(server.found) : ": down"), 4);
    if (!up) {
      ++down_;
      mend(std::string(to_text(server.module)) + ", " + address + ": " +
           (late ? "no answer before the deadline" : std::string(server.reason).append(remedy(server))));
    }
    if (!late) {
      add_problems(std::string(to_text(server.module)) + ", " + address,
                   {.spec = nullptr, .server = number, .sink = server.sink, .outcome = server.outcome, .seconds = 0});
    }
    if (up) {
      add_collectors(server.module, number, enabled);
    }
  }

  // As the log says it.
  void add_problems(const std::string& who, const CollectorResult& result) {
    const std::string begin = who + ": ";
    for (const auto& line : result.sink->remarks()) {
      mend(begin + line);
    }
    for (const auto& note : result.sink->notes()) {
      if (result.outcome == Outcome::no_data && note.kind != Problem::denied) {
        continue;  // there is nothing of the kind here
      }
      std::string line = begin;
      line.append(to_text(note.kind)).append(": ").append(note.where.data());
      line += note.error == 0 ? "" : ": " + std::generic_category().message(note.error);
      mend(line.append(remedy(result, note)));
      denied_ = denied_ || (note.kind == Problem::denied && result.server == 0);
    }
  }

  const Results& results_;
  std::string text_;
  std::string mend_;
  std::set<std::string> said_;
  unsigned on_ = 0;
  unsigned failed_ = 0;
  unsigned servers_ = 0;
  unsigned down_ = 0;
  bool denied_ = false;  // something of this machine
};

}  // namespace

CheckReport check_report(const Results& results, std::span<const CollectorSpec* const> all,
                         std::span<const CollectorSpec* const> enabled, const std::vector<std::string>& others) {
  Report report(results);
  for (std::size_t i = 0; i < kModules; ++i) {
    report.add_module(static_cast<Module>(i), all, enabled);
  }
  for (const auto& other : others) {
    report.mend(other);
  }
  return report.finish();
}

}  // namespace exporter
