// The manual page: man(7), groff_man(7).
#include "exporter/help.h"
#include "exporter/subcommands.h"
#include "exporter/version.h"
#include "platform/text.h"

namespace exporter {
namespace {

// A text that roff shows as it is. Lines may break behind | and , in a long word.
std::string shown(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '|':
      case ',':
        out.append(1, c).append(i + 1 < text.size() && text[i + 1] != ' ' ? "\\:" : "");
        break;
      default:
        out += c;
    }
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

struct Part {
  std::string_view title;
  std::string_view lines;  // roff
};
constexpr Part kEnd[] = {
    {"FILES",
     ".TP\n.I /etc/default/resource_exporter\nOptions of the systemd service.\n"
     ".TP\n.I postgres_exporter.yml\nLogins for /probe, in the working directory, unless\n.B \\-\\-config.file\n"
     "names another file.\n"},
    {"SIGNALS",
     ".TP\n.B SIGHUP\nReads files of queries, logins, passwords and the web configuration again.\n"
     ".TP\n.BR SIGTERM \", \" SIGINT\nEnds the program within a second.\n"},
    {"EXIT STATUS",
     ".TP\n.B 0\nIt was told to end; of a command: all is well.\n"
     ".TP\n.B 1\nIt could not start or go on; of\n.BR check :\na collector that is on failed, or a server is down.\n"
     ".TP\n.B 2\nWrong options or words of a command.\n"},
    {"EXAMPLES",
     "Everything of this machine, and a Redis:\n.PP\n.EX\n"
     "resource_exporter \\-\\-redis.addr=rediss://cache.example.com:6380\n.EE\n.PP\n"
     "What is missing for this user and these options:\n.PP\n.EX\n"
     "resource_exporter check \\-\\-collector.stat_statements\n.EE\n.PP\n"
     "A user of Redis with no right too many:\n.PP\n.EX\n"
     "resource_exporter acl redis \\-\\-count\\-keys=\\(aqsession:*\\(aq | redis\\-cli\n.EE\n"},
    {"SEE ALSO", ".BR systemctl (1),\n.BR redis\\-cli (1),\n.BR psql (1)\n"},
};

std::string bold(std::string_view text) { return "\\fB" + shown(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + shown(text) + "\\fR"; }

void append_entry(std::string& out, const std::string& tag, std::string_view text) {
  out.append(".TP\n").append(tag).append("\n").append(shown(text)).append("\n");
}

std::string usage_of(const SubcommandDesc& command) {
  std::string usage = bold(command.name);
  std::string words;
  for (std::string_view rest = command.words; !rest.empty();) {
    words.append(words.empty() ? "" : "|").append(bold(platform::take(rest, ' ')));
  }
  if (!words.empty()) {
    usage.append(command.word_needed ? " " : " [").append(words).append(command.word_needed ? "" : "]");
  }
  return usage;
}

void append_options(std::string& out, const OptionTable& table) {
  out += ".SH OPTIONS\nEvery option is also an environment variable:\n.B \\-\\-log.level\nis\n" +
         bold(variable_of("log.level")) +
         ".\nThe command line wins. A line of\n.BI @ FILE\nis a word of the command line.\n";
  for (const auto& option : kPrintingOptions) {
    append_entry(out, (option.name == "help" ? bold("-h") + ", " : "") + bold("--" + std::string(option.name)),
                 option.help);
  }
  std::string_view group;
  for (const auto& row : table.rows()) {
    const OptionDesc& desc = row->desc;
    if (desc.hidden || desc.environment_only) {
      continue;
    }
    if (row->group != group) {
      group = row->group;
      out.append(".SS ").append(shown(group)).append("\n");
    }
    const std::string name(desc.name);
    append_entry(out,
                 desc.type == OptionType::flag ? bold("--" + name) + ", " + bold("--no-" + name)
                                               : bold("--" + name) + "=" + italic(value_of(desc)),
                 description_of(desc));
  }
}

}  // namespace

std::string manual_page(const OptionTable& table) {
  std::string out = ".TH RESOURCE_EXPORTER 8 \"\" \"resource_exporter " RESOURCE_EXPORTER_VERSION
                    "\" \"System Administration\"\n.ad l\n.nh\n.SH NAME\nresource_exporter \\- ";
  out.append(shown(kSummary)).append("\n.SH SYNOPSIS\n.nf\n\\fBresource_exporter\\fR [\\fIOPTION\\fR]...\n");
  for (const auto& command : all_subcommands()) {
    out.append("\\fBresource_exporter\\fR ")
        .append(usage_of(command))
        .append(" ")
        .append(shown(command.rest))
        .append("\n");
  }
  out +=
      ".fi\n.SH DESCRIPTION\nReads /proc, /sys, control groups, PostgreSQL and Redis, and serves what it finds under "
      "the\n"
      "metric names and labels of node_exporter, cAdvisor, postgres_exporter and redis_exporter:\n"
      ".I /metrics\nfor all,\n.I /metrics/node\nand so on for a module. Servers on this machine are found without\n"
      "configuration.\n.SH COMMANDS\nWith the options of the service, as its user; nothing listens meanwhile.\n";
  for (const auto& command : all_subcommands()) {
    append_entry(out, usage_of(command), std::string(command.help) + ".");
  }
  append_options(out, table);
  out += ".SH ENVIRONMENT\n";
  for (const auto& row : table.rows()) {
    if (row->desc.environment_only && !row->desc.hidden) {
      append_entry(out, bold(row->desc.name), description_of(row->desc));
    }
  }
  for (const auto& part : kEnd) {
    out.append(".SH ").append(part.title).append("\n").append(part.lines);
  }
  return out;
}

}  // namespace exporter
