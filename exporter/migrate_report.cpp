// Everything but settings is a comment, so that the whole of it may stand in the options file.
#include <algorithm>

#include "exporter/migrate.h"
#include "exporter/migrate_tables.h"
#include "exporter/migrate_words.h"
#include "exporter/paragraph.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

void comment(std::string& out, std::string_view text, std::size_t indent = 0) {
  std::string lines(indent, ' ');
  append_paragraph(lines, text, indent);
  for (std::string_view rest = lines; !rest.empty();) {
    out.append("# ").append(platform::take(rest, '\n')).append("\n");
  }
}

void heading(std::string& out, std::string_view text) { out.append("#\n# == ").append(text).append("\n"); }

// To be copied as it is: no line breaks are added.
void command(std::string& out, std::string_view text) {
  out += "#   ";
  for (const char c : text) {
    out += c >= '\0' && c < ' ' ? '?' : c;  // names may hold anything, and a line's end would end the comment
  }
  out += '\n';
}

std::string who(const Program& program) {
  std::string text(describe(program.original).name);
  text.append(", ").append(program.where);
  text.append(program.unit.empty() ? "" : ", " + program.unit);
  return text.append(program.container.empty() || program.container == "container" ? "" : ", " + program.container);
}

void append_arguments(std::string& out, const std::vector<std::string>& words) {
  out += "ARGS=\"";
  std::size_t count = 0;
  for (const auto& word : words) {
    std::string quoted = quote_value(quote_word(word));
    quoted = quoted.substr(1, quoted.size() - 2);
    out.append(count++ == 0 ? "" : " \\\n  ").append(quoted);
  }
  out += "\"\n";
}

void append_settings(std::string& out, const Plan& plan, bool secrets) {
  std::vector<std::string> words;
  for (const auto& address : plan.listen) {
    words.push_back("--web.listen-address=" + address);
  }
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  append_arguments(out, words);
  for (const auto& setting : plan.variables) {
    if (!secrets && setting.shown != setting.value) {
      comment(out, std::string(kPlaceholder) + " stands for the password that " + setting.where +
                       " has in its command line or environment; --output=FILE writes it");
    }
    out.append(setting.name).append("=").append(quote_value(secrets ? setting.value : setting.shown)).append("\n");
  }
}

void append_remarks(std::string& out, std::string_view title, const Plan& plan, const std::vector<Remark>& remarks) {
  if (!remarks.empty()) {
    heading(out, title);
  }
  for (std::size_t i = 0; i < plan.programs.size(); ++i) {
    bool named = false;
    for (const auto& remark : remarks) {
      if (remark.program != i) {
        continue;
      }
      if (!named) {
        comment(out, who(plan.programs[i]) + ":");
        named = true;
      }
      comment(out, (remark.option.empty() ? "" : remark.option + ": ") + remark.text, 2);
    }
  }
}

void append_prometheus(std::string& out, const Plan& plan) {
  heading(out, "prometheus.yml");
  comment(out,
          "It stays as it is: the old ports answer, so the labels job and instance stay, too. Or everything on one "
          "port: write --web.listen-address=:9100 in the place of the addresses above, and one job for each module:");
  for (const std::string_view module : {"node", "container", "postgres", "redis"}) {
    const auto found = std::find_if(plan.programs.begin(), plan.programs.end(), [module](const Program& program) {
      return describe(program.original).module == module;
    });
    if (found != plan.programs.end()) {
      const std::string name(module == "container" ? "cadvisor" : module);
      command(out, "- {job_name: " + name + ", metrics_path: /metrics/" + std::string(module) +
                       ", static_configs: [{targets: ['HOST:9100']}]}");
    }
  }
}

// How to stop a program and how to have it again.
std::pair<std::string, std::string> switch_of(const Program& program) {
  if (!program.unit.empty()) {
    const std::string unit = program.of_user ? "--user " + quote_word(program.unit) : quote_word(program.unit);
    return {"systemctl disable --now " + unit, "systemctl enable --now " + unit};
  }
  std::string_view id = program.container;
  const std::string runtime(platform::take(id, ' '));
  if ((runtime == "docker" || runtime == "podman") && !id.empty()) {
    const std::string name(id);
    return {runtime + " stop " + name + "   # its restart policy must not start it again", runtime + " start " + name};
  }
  const std::string name(describe(program.original).name);
  if (!program.container.empty()) {
    return {"stop the container of " + name + " (" + program.where + ") where it is described: compose, Kubernetes",
            "start the container of " + name + " again"};
  }
  if (program.where.starts_with("pid ")) {
    return {"kill " + program.where.substr(4) + "   # " + name + " is no service: see who starts it",
            "start " + name + " as it was started before"};
  }
  return {"stop " + name + " of " + program.where, "start " + name + " again"};
}

void append_switch(std::string& out, const Plan& plan) {
  heading(out, "Change over, as root");
  const bool running = !plan.programs.empty() && plan.programs[0].where.starts_with("pid ");
  command(out, "resource_exporter migrate --output=/etc/default/resource_exporter" +
                   std::string(running ? "" : " FILE...") + "   # with the passwords");
  command(
      out,
      "(set -a; . /etc/default/resource_exporter; eval \"resource_exporter acl systemd $ARGS\") | install -D -m 644 "
      "/dev/stdin /etc/systemd/system/resource_exporter.service.d/rights.conf; systemctl daemon-reload");
  for (const auto& program : plan.programs) {
    command(out, switch_of(program).first);
  }
  command(out, "systemctl enable resource_exporter; systemctl restart resource_exporter");
  heading(out, "And back");
  command(out, "systemctl disable --now resource_exporter");
  for (const auto& program : plan.programs) {
    command(out, switch_of(program).second);
  }
}

}  // namespace

std::string options_file(const Plan& plan, bool secrets) {
  std::string out = "# Made by resource_exporter migrate, in the place of\n";
  for (const auto& program : plan.programs) {
    comment(out, who(program), 2);
  }
  append_settings(out, plan, secrets);
  return out;
}

std::string report(const Plan& plan, const std::vector<std::string>& troubles) {
  std::string out = options_file(plan, false);
  if (!troubles.empty()) {
    heading(out, "What could not be read");
    for (const auto& trouble : troubles) {
      comment(out, trouble);
    }
  }
  append_remarks(out, "What wants a look", plan, plan.to_do);
  append_remarks(out, "Left out, nothing is to be done", plan, plan.left_out);
  append_prometheus(out, plan);
  append_switch(out, plan);
  return out;
}

}  // namespace exporter::migrate
